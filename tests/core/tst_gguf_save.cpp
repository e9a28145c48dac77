// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF files that are written here: blocks beside other programs' (tests/reference/make_gguf_quantised.py), every family
// and every vocabulary written and opened again, and what has no place in such a file.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/gguf/blocks.h"
#include "core/gguf/file.h"
#include "core/gguf/quantise.h"
#include "core/nn/decoder.h"
#include "core/text/tokenizers/gguf/gguf_tokens.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/weights/gguf/save.h"
#include "core/weights/load.h"
#include "tests/support/need.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;

namespace {

const gguf::TensorType& typeNamed(const std::string& name)
{
    for (const auto& type : gguf::tensorTypes()) {
        if (name == type.name) {
            return type;
        }
    }
    qFatal("no type %s", name.c_str());
}

std::string quantised(const std::string& format, const std::vector<float>& numbers)
{
    const auto& type = typeNamed(format);
    std::string bytes(numbers.size() / type.elements * type.bytes, '\0');
    auto* out = reinterpret_cast<std::uint8_t*>(bytes.data());
    for (std::size_t i = 0; i * type.elements < numbers.size(); ++i) {
        gguf::findQuantiser(format)->quantise(numbers.data() + i * type.elements, out + i * type.bytes);
    }
    return bytes;
}

std::vector<float> numbersOf(const std::string& format, const std::string& bytes)
{
    const auto& type = typeNamed(format);
    std::vector<float> numbers(bytes.size() / type.bytes * type.elements);
    const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::size_t i = 0; i * type.elements < numbers.size(); ++i) {
        gguf::findBlockFormat(format)->dequantise(in + i * type.bytes, numbers.data() + i * type.elements);
    }
    return numbers;
}

double errorOf(const std::string& format, const std::vector<float>& numbers)
{
    const auto back = numbersOf(format, quantised(format, numbers));
    double sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        sum += std::pow(static_cast<double>(back[i]) - numbers[i], 2);
    }
    return std::sqrt(sum / static_cast<double>(numbers.size()));
}

// Byte-level, a letter a token.
void writeSmallTokenizer(const fs::path& folder)
{
    Json vocab = Json::object();
    for (int i = 0; i < 60; ++i) {
        vocab[std::string(1, static_cast<char>('A' + i))] = i;
    }
    const Json file = {{"version", "1.0"},
                       {"added_tokens", Json::array()},
                       {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
                       {"decoder", {{"type", "ByteLevel"}}},
                       {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}}}};
    need(base::writeFileAtomically(folder / "tokenizer.json", base::dumpJson(file)));
}

at::Tensor logitsOf(const fs::path& model, std::int64_t tokens)
{
    const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(model)), at::kCPU, at::kFloat));
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::arange(2, 2 + tokens).unsqueeze(0);
    return decoder->logits(decoder->hidden(input));
}

// Added tokens that swallow spaces or stand for whole words only: a GGUF file cannot say so.
std::vector<std::string> tokensThatTakeSpaces(const fs::path& tokenizer)
{
    std::vector<std::string> texts;
    for (const Json& token : need(base::readJson(tokenizer)).value("added_tokens", Json::array())) {
        if (token.value("lstrip", false) || token.value("rstrip", false) || token.value("single_word", false)) {
            texts.push_back(token.at("content").get<std::string>());
        }
    }
    return texts;
}

bool holdsOneOf(const std::string& text, const std::vector<std::string>& parts)
{
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return text.find(part) != std::string::npos; });
}

} // namespace

class TestGgufSave : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void blocksAsOthersMakeThem()
    {
        const Json file = need(base::readJson(kReference / "gguf_quantised.json"));
        const auto numbers = file.at("numbers").get<std::vector<float>>();
        for (const auto& [format, hex] : file.at("blocks").items()) {
            const auto wanted = QByteArray::fromHex(QByteArray::fromStdString(hex.get<std::string>()));
            QVERIFY2(QByteArray::fromStdString(quantised(format, numbers)) == wanted, format.c_str());
        }
        for (const auto& [format, error] : file.at("errors").items()) {
            const double own = errorOf(format, numbers);
            QVERIFY2(own <= 1.05 * error.get<double>(), (format + ": " + std::to_string(own) + " against " + error.dump()).c_str());
        }
    }

    void halvesOfFloats()
    {
        for (std::uint32_t bits = 0; bits < 65536; ++bits) {
            const float value = gguf::floatOfHalf(static_cast<std::uint16_t>(bits));
            if (!std::isnan(value)) {
                QCOMPARE(gguf::halfOfFloat(value), static_cast<std::uint16_t>(bits));
            }
        }
        QCOMPARE(gguf::halfOfFloat(65519.0f), 0x7bff);
        QCOMPARE(gguf::halfOfFloat(65520.0f), 0x7c00);
        QCOMPARE(gguf::halfOfFloat(1 + 0x1p-11f), 0x3c00); // half way: to the even one
        QCOMPARE(gguf::halfOfFloat(1 + 3 * 0x1p-11f), 0x3c02);
    }

    void extremesOfBlocks()
    {
        for (const char* format : {"Q8_0", "Q4_0", "Q5_0", "Q4_K", "Q5_K", "Q6_K"}) {
            const std::vector<float> zeros(256, 0.0f);
            QVERIFY2(numbersOf(format, quantised(format, zeros)) == zeros, format);
            std::vector<float> one = zeros;
            one[200] = -3;
            const auto back = numbersOf(format, quantised(format, one));
            QVERIFY2(std::abs(back[200] + 3) < 0.05, format);
            QVERIFY2(std::abs(back[0]) < 1e-6, format);
            const std::vector<float> same(256, 0.5f);
            QVERIFY2(std::abs(numbersOf(format, quantised(format, same))[77] - 0.5) < 0.02, format);
        }
    }

    void formatsOfTensors()
    {
        const auto format = [](const char* kind, const char* name, std::uint64_t width, bool hasHead) {
            return std::string(weights::ggufFormatOf(*weights::findGgufFileKind(kind), name, {width, 64}, 16, hasHead)->name);
        };
        QCOMPARE(format("q4_k_m", "blk.5.attn_q.weight", 512, true), "Q4_K");
        QCOMPARE(format("q4_k_m", "blk.0.attn_v.weight", 512, true), "Q6_K");
        QCOMPARE(format("q4_k_m", "blk.2.ffn_down.weight", 512, true), "Q4_K");
        QCOMPARE(format("q4_k_m", "blk.4.ffn_down.weight", 512, true), "Q6_K");
        QCOMPARE(format("q4_k_m", "blk.15.ffn_down.weight", 512, true), "Q6_K");
        QCOMPARE(format("q4_k_m", "output.weight", 512, true), "Q6_K");
        QCOMPARE(format("q4_k_m", "token_embd.weight", 512, true), "Q4_K");
        QCOMPARE(format("q4_k_m", "token_embd.weight", 512, false), "Q6_K");
        QCOMPARE(format("q4_k_m", "blk.5.attn_q.weight", 96, true), "Q5_0");
        QCOMPARE(format("q6_k", "blk.5.attn_q.weight", 96, true), "Q8_0");
        QCOMPARE(format("q8_0", "output.weight", 512, true), "Q8_0");
        QCOMPARE(format("q4_0", "output.weight", 512, true), "Q6_K");
        QCOMPARE(format("q4_0", "blk.5.attn_q.weight", 20, true), "F16");
        QCOMPARE(format("q4_0", "blk.5.attn_norm.weight", 512, true), "F32");
    }

    void everyFamily_data()
    {
        QTest::addColumn<QString>("variant");
        for (const auto& entry : fs::directory_iterator(kReference / "families")) {
            QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path().filename().string());
        }
    }

    void everyFamily()
    {
        QFETCH(QString, variant);
        QTemporaryDir folder;
        const fs::path source = fs::path(folder.path().toStdString()) / "model";
        fs::create_directory(source);
        for (const char* name : {"config.json", "model.safetensors"}) {
            fs::copy_file(kReference / "families" / variant.toStdString() / name, source / name);
        }
        writeSmallTokenizer(source);
        if (variant.startsWith("gemma")) { // the reference has another scale of scores than such a file can say
            Json config = need(base::readJson(source / "config.json"));
            config["query_pre_attn_scalar"] = config["head_dim"];
            need(base::writeFileAtomically(source / "config.json", base::dumpJson(config)));
        }
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(source)), at::kCPU, at::kFloat));
        std::vector<std::string> notes;
        const fs::path target = fs::path(folder.path().toStdString()) / "model.gguf";
        constexpr weights::GgufFileKind exact{"f32", "nothing is rounded", 0, "F32"};
        const auto saved = weights::saveGguf(*decoder, source, target, exact, notes);
        if (variant == "llama_dynamic") {
            QVERIFY(QString::fromStdString(saved.message()).contains("\"dynamic\""));
            QVERIFY(!fs::exists(target));
            return;
        }
        if (variant == "gpt2_by_layer" || variant == "gpt2_unscaled") { // such a file can say neither
            QVERIFY(QString::fromStdString(saved.message()).contains("scale_attn_"));
            QVERIFY(!fs::exists(target));
            return;
        }
        need(saved);
        // What a window cuts off is not written for every family; the note says so, and texts within it are the same.
        std::int64_t tokens = 24;
        const auto isNoted = [&notes](const char* part) {
            return std::any_of(notes.begin(), notes.end(), [part](const auto& note) { return note.find(part) != std::string::npos; });
        };
        QCOMPARE(isNoted("(longrope) by the size of its context"), variant == "phi3_longrope");
        if (isNoted(" tokens back") || isNoted("th layer of this model")) {
            tokens = std::min(tokens, *std::max_element(decoder->config().windows.begin(), decoder->config().windows.end()));
        }
        const at::Tensor live = logitsOf(source, tokens);
        const double difference = (logitsOf(target, tokens) - live).abs().max().item<double>();
        QVERIFY2(difference <= 1e-4, std::to_string(difference).c_str());
    }

    void scalesThatCannotBeWritten()
    {
        for (const char* variant : {"gemma2", "gemma3_text"}) {
            const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(kReference / "families" / variant)), at::kCPU, at::kFloat));
            std::vector<std::string> notes;
            const auto saved = weights::saveGguf(*decoder, kReference / "families" / variant, "/nowhere.gguf",
                                                 *weights::findGgufFileKind("f16"), notes);
            QVERIFY(QString::fromStdString(saved.message()).contains("query_pre_attn_scalar"));
        }
    }

    void everyKind()
    {
        QTemporaryDir folder;
        const fs::path source = fs::path(LUTHIER_SOURCE_DIR) / "resources/models/luthier-tiny";
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(source)), at::kCPU, at::kFloat));
        const at::Tensor live = logitsOf(source, 40);
        double before = 0;
        for (const char* kind : {"bf16", "f16", "q8_0", "q6_k", "q4_k_m", "q4_0"}) { // coarser and coarser
            const fs::path target = fs::path(folder.path().toStdString()) / (std::string(kind) + ".gguf");
            std::vector<std::string> notes;
            need(weights::saveGguf(*decoder, source, target, *weights::findGgufFileKind(kind), notes));
            // What is said before anything is written.
            const auto about = static_cast<double>(weights::ggufFileBytes(*weights::findGgufFileKind(kind), decoder->config()));
            const auto size = static_cast<double>(fs::file_size(target));
            QVERIFY2(std::abs(about - size) < 0.1 * size, (std::string(kind) + ": about " + std::to_string(about) + ", " + std::to_string(size)).c_str());
            const double difference = (logitsOf(target, 40) - live).square().mean().sqrt().item<double>();
            // The model is stored in bf16: what is written in it is exact, f16 nearly so.
            QVERIFY2(difference >= before && difference < (std::string(kind).starts_with("q4") ? 1.0 : 0.2),
                     (std::string(kind) + ": " + std::to_string(difference)).c_str());
            before = difference;
        }
        QVERIFY(before > 0.01);
    }

    void everyVocabulary_data()
    {
        QTest::addColumn<QString>("shape");
        QTest::addColumn<QString>("outcome"); // name of the splitting, "" for scores, or a part of the refusal
        QTest::newRow("gpt2") << "gpt2" << "gpt-2";
        QTest::newRow("llama3") << "llama3" << "llama-bpe";
        QTest::newRow("qwen2") << "qwen2" << "qwen2";
        QTest::newRow("qwen35") << "qwen35" << "qwen35";
        QTest::newRow("smollm2") << "smollm2" << "smollm";
        QTest::newRow("tekken") << "tekken" << "tekken";
        QTest::newRow("gpt4o") << "gpt4o" << "gpt-4o";
        QTest::newRow("deepseek") << "deepseek" << "deepseek-v3";
        QTest::newRow("llama2") << "llama2" << "";
        QTest::newRow("gemma") << "gemma" << "";
        QTest::newRow("bert") << "bert" << "a GGUF file can hold";
        QTest::newRow("t5") << "t5" << "a GGUF file can hold";
        QTest::newRow("roberta") << "roberta" << "has no name in GGUF";
    }

    void everyVocabulary()
    {
        QFETCH(QString, shape);
        QFETCH(QString, outcome);
        QTemporaryDir folder;
        const fs::path source = folder.path().toStdString();
        fs::copy_file(kReference / "tokenizers" / (shape.toStdString() + ".json"), source / "tokenizer.json");
        const auto tokenizer = need(text::loadTokenizer(source));
        auto tokens = text::ggufTokens(source, tokenizer->vocabSize() + 3, {});
        if (!tokens) {
            QVERIFY2(QString::fromStdString(tokens.message()).contains(outcome), tokens.message().c_str());
            return;
        }
        QCOMPARE(tokens->model, outcome.isEmpty() ? "llama" : "gpt2");
        QCOMPARE(tokens->tokens.back(), "[PAD" + std::to_string(tokenizer->vocabSize() + 2) + "]");
        if (!outcome.isEmpty()) {
            QCOMPARE(QString::fromStdString(tokens->pre), outcome);
        }
        gguf::Content content;
        content.text("general.architecture", "llama");
        text::addTokens(*tokens, content);
        need(content.write(source / "vocabulary.gguf"));
        const auto again = need(text::loadTokenizer(source / "vocabulary.gguf"));
        const Json strings = need(base::readJson(kReference / "tokenizer_json.json")).at("strings");
        const auto odd = tokensThatTakeSpaces(source / "tokenizer.json");
        int different = 0;
        for (const Json& string : strings) {
            if (!string.is_string()) {
                continue;
            }
            const auto text = string.get<std::string>();
            if (!holdsOneOf(text, odd)) {
                different += again->ids(text, {false, true}) != tokenizer->ids(text, {false, true});
            }
        }
        QVERIFY2(different == 0, std::to_string(different).c_str());
    }
};

QTEST_APPLESS_MAIN(TestGgufSave)
#include "tst_gguf_save.moc"
