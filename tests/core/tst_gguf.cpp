// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF: blocks against the reference, names and orders of rows against a folder, vocabularies, saving, and a sentence,
// fast, for each file that lies.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/gguf/blocks.h"
#include "core/gguf/file.h"
#include "core/nn/decoder.h"
#include "core/text/templates/chat_template.h"
#include "core/text/tokenizers/gguf/bpe_parts.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/weights/load.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/patience.h"

#include <ATen/core/Tensor.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <functional>

using namespace luthier;
using support::GgufWriter;
namespace fs = std::filesystem;

namespace {

const fs::path kReference = fs::path(LUTHIER_SOURCE_DIR) / "tests/reference";
constexpr std::uint64_t kHidden = 8, kInner = 12, kHeads = 2, kKeyHeads = 1, kHeadDim = 4, kLayers = 2;
const std::vector<std::string> kTokens = {"<|end|>", "a", "b", "\xC4\xA0", "c", "ab", "\xC4\xA0" "c", "1", "<pad>", "<pad>"};

// Numbers that differ from one another.
std::vector<float> numbered(std::uint64_t count, float first)
{
    std::vector<float> numbers(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        numbers[i] = first + 0.001f * static_cast<float>(i);
    }
    return numbers;
}

GgufWriter vocabulary(const std::string& arch = "llama")
{
    GgufWriter file;
    file.set("general.architecture", arch).set(arch + ".embedding_length", std::uint32_t{kHidden});
    file.set(arch + ".block_count", std::uint32_t{kLayers}).set(arch + ".feed_forward_length", std::uint32_t{kInner});
    file.set(arch + ".attention.head_count", std::uint32_t{kHeads}).set(arch + ".attention.head_count_kv", std::uint32_t{kKeyHeads});
    file.set(arch + ".context_length", std::uint32_t{64}).set(arch + ".attention.layer_norm_rms_epsilon", 1e-5f);
    file.set(arch + ".rope.freq_base", 50000.0f);
    file.set("tokenizer.ggml.model", "gpt2").set("tokenizer.ggml.pre", "smollm").set("tokenizer.ggml.tokens", kTokens);
    file.set("tokenizer.ggml.merges", std::vector<std::string>{"a b", "\xC4\xA0 c"});
    file.list<std::int32_t>("tokenizer.ggml.token_type", GgufWriter::I32, {3, 1, 1, 1, 1, 1, 1, 1, 5, 5});
    file.set("tokenizer.ggml.eos_token_id", std::uint32_t{0}).set("tokenizer.ggml.bos_token_id", std::uint32_t{0});
    file.set("tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}");
    return file;
}

void addWeights(GgufWriter& file)
{
    file.tensor("token_embd.weight", {kHidden, kTokens.size()}, numbered(kHidden * kTokens.size(), 0));
    file.tensor("output_norm.weight", {kHidden}, numbered(kHidden, 1));
    for (std::uint64_t i = 0; i < kLayers; ++i) {
        const std::string at = "blk." + std::to_string(i) + ".";
        file.tensor(at + "attn_norm.weight", {kHidden}, numbered(kHidden, 2));
        file.tensor(at + "ffn_norm.weight", {kHidden}, numbered(kHidden, 3));
        file.tensor(at + "attn_q.weight", {kHidden, kHeads * kHeadDim}, numbered(kHidden * kHeads * kHeadDim, 4));
        file.tensor(at + "attn_k.weight", {kHidden, kKeyHeads * kHeadDim}, numbered(kHidden * kKeyHeads * kHeadDim, 5));
        file.tensor(at + "attn_v.weight", {kHidden, kKeyHeads * kHeadDim}, numbered(kHidden * kKeyHeads * kHeadDim, 6));
        file.tensor(at + "attn_output.weight", {kHeads * kHeadDim, kHidden}, numbered(kHidden * kHeads * kHeadDim, 7));
        file.tensor(at + "ffn_gate.weight", {kHidden, kInner}, numbered(kHidden * kInner, 8));
        file.tensor(at + "ffn_up.weight", {kHidden, kInner}, numbered(kHidden * kInner, 9));
        file.tensor(at + "ffn_down.weight", {kInner, kHidden}, numbered(kHidden * kInner, 10));
    }
}

struct Lie {
    const char* name;
    std::function<std::string()> bytes;
    const char* fragment; // of the sentence
};

std::string cut(std::string bytes, std::size_t size)
{
    bytes.resize(size);
    return bytes;
}

template <class T>
std::string raw(T value)
{
    return GgufWriter::bytesOf(value);
}

const std::vector<Lie>& lies()
{
    constexpr std::uint64_t huge = ~std::uint64_t{0};
    static const std::vector<Lie> rows = {
        {"empty", [] { return std::string(); }, "too short"},
        {"no GGUF", [] { return std::string(64, 'x'); }, "not a GGUF file"},
        {"version 1", [] { GgufWriter w; w.version = 1; return w.bytes(); }, "version 1"},
        {"big-endian", [] { GgufWriter w; w.version = 3u << 24; return w.bytes(); }, "big-endian"},
        {"pairs that wrap", [=] { GgufWriter w; w.extraPairs = huge; return w.bytes(); }, "settings"},
        {"more pairs than bytes", [] { GgufWriter w; w.extraPairs = 60000; return w.bytes(); }, "more than fit"},
        {"tensors that wrap", [=] { GgufWriter w; w.extraTensors = huge / 24 + 2; return w.bytes(); }, "tensors"},
        {"a pair too many", [] { auto w = vocabulary(); w.extraPairs = 1; return w.bytes(); }, ""},
        {"key as long as everything", [=] { GgufWriter w; w.extraPairs = 1; w.tensor("a", {8}, numbered(8, 0)); auto b = w.bytes();
             std::memcpy(b.data() + 24, &huge, 8); return b; }, "is said to have"},
        {"text beyond the file", [] { GgufWriter w; w.raw("a", GgufWriter::Text, raw<std::uint64_t>(1 << 20)); return w.bytes(); }, "the file has only"},
        {"text above the limit", [=] { GgufWriter w; w.raw("a", GgufWriter::Text, raw(huge)); return w.bytes(); }, "at most"},
        {"list that wraps", [=] { GgufWriter w; w.raw("a", GgufWriter::List, raw<std::uint32_t>(GgufWriter::U32) + raw(huge / 2)); return w.bytes(); }, "elements"},
        {"list of unknown things", [] { GgufWriter w; w.raw("a", GgufWriter::List, raw<std::uint32_t>(99) + raw<std::uint64_t>(1)); return w.bytes(); }, "does not know"},
        {"lists in lists", [] { GgufWriter w; std::string v; for (int i = 0; i < 20; ++i) v += raw<std::uint32_t>(GgufWriter::List) + raw<std::uint64_t>(1);
             w.raw("a", GgufWriter::List, v); return w.bytes(); }, "too deep"},
        {"unknown value", [] { GgufWriter w; w.raw("a", 13, raw(huge)); return w.bytes(); }, "type 13"},
        {"neither true nor false", [] { GgufWriter w; w.raw("a", GgufWriter::Bool, "\2"); return w.bytes(); }, "neither true nor false"},
        {"key twice", [] { GgufWriter w; w.set("a", 1u).set("a", 2u); return w.bytes(); }, "twice"},
        {"tensor twice", [] { GgufWriter w; w.tensor("a", {8}, numbered(8, 0)).tensor("a", {8}, numbered(8, 0)); return w.bytes(); }, "twice"},
        {"unknown format", [] { GgufWriter w; w.tensor("a", {8}, 99, std::string(32, '\0')); return w.bytes(); }, "format 99"},
        {"five dimensions", [] { GgufWriter w; w.tensor("a", {1, 1, 1, 1, 8}, numbered(8, 0)); return w.bytes(); }, "dimensions"},
        {"no extent", [] { GgufWriter w; w.tensor("a", {0}, 0, ""); return w.bytes(); }, "dimension of 0"},
        {"shape that wraps", [] { GgufWriter w; w.tensor("a", {std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 0, ""); return w.bytes(); }, "multiplies"},
        {"half a block", [] { GgufWriter w; w.tensor("a", {40}, 2, std::string(64, '\0')); return w.bytes(); }, "no multiple of the 32"},
        {"outside the file", [] { GgufWriter w; w.tensor("a", {1024}, 0, std::string(32, '\0')); return w.bytes(); }, "outside the file"},
        {"offset that wraps", [=] { GgufWriter w; w.tensorAt("a", {8}, 0, huge - 31, std::string(32, '\0')); return w.bytes(); }, "outside the file"},
        {"offset between", [] { GgufWriter w; w.tensorAt("a", {8}, 0, 4, std::string(64, '\0')); return w.bytes(); }, "no multiple of 32"},
        {"one over another", [] { GgufWriter w; w.tensor("a", {16}, numbered(16, 0)); w.tensorAt("b", {8}, 0, 32, ""); return w.bytes(); }, "overlaps"},
        {"alignment of nothing", [] { GgufWriter w; w.set("general.alignment", 0u).tensor("a", {8}, numbered(8, 0)); return w.bytes(); }, "general.alignment"},
    };
    return rows;
}

} // namespace

class GgufTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path write(const std::string& bytes)
    {
        const fs::path path = m_folder.filePath("model.gguf").toStdString();
        const auto done = base::writeFileAtomically(path, bytes);
        return done ? path : fs::path();
    }

private Q_SLOTS:
    void blocksAreTheReferences()
    {
        const auto rows = base::readJson(kReference / "gguf_blocks.json");
        QVERIFY2(rows.ok(), rows.ok() ? "" : rows.message().c_str());
        QCOMPARE(rows->size(), gguf::blockFormats().size());
        for (const Json& row : *rows) {
            const auto name = row["format"].get<std::string>();
            const auto* format = gguf::findBlockFormat(name);
            QVERIFY2(format, name.c_str());
            const gguf::TensorType* type = nullptr;
            for (const auto& known : gguf::tensorTypes()) {
                type = name == known.name ? &known : type;
            }
            const QByteArray bytes = QByteArray::fromHex(QByteArray::fromStdString(row["bytes"].get<std::string>()));
            const auto numbers = row["numbers"].get<std::vector<float>>();
            QCOMPARE(bytes.size() / type->bytes * type->elements, numbers.size());
            std::vector<float> made(numbers.size());
            for (std::size_t b = 0; b < numbers.size() / type->elements; ++b) {
                format->dequantise(reinterpret_cast<const std::uint8_t*>(bytes.data()) + b * type->bytes, made.data() + b * type->elements);
            }
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                QVERIFY2(std::abs(made[i] - numbers[i]) <= 1e-6f * std::max(1e-3f, std::abs(numbers[i])),
                         (name + "[" + std::to_string(i) + "] " + std::to_string(made[i]) + " " + std::to_string(numbers[i])).c_str());
            }
        }
    }

    void liesGetASentence()
    {
        for (const Lie& lie : lies()) {
            QElapsedTimer timer;
            timer.start();
            const auto path = write(lie.bytes());
            const auto opened = weights::ModelFolder::open(path);
            QVERIFY2(!opened.ok(), lie.name);
            QVERIFY2(opened.message().find(lie.fragment) != std::string::npos, (lie.name + (": " + opened.message())).c_str());
            QVERIFY2(opened.message().find("model.gguf") != std::string::npos, opened.message().c_str());
            QVERIFY2(timer.elapsed() < 2000 * support::kPatience, lie.name);
        }
    }

    // Every length of a good file but its own is refused, or lacks weights: never a crash.
    void cutFilesGetASentence()
    {
        GgufWriter writer = vocabulary();
        addWeights(writer);
        const std::string whole = writer.bytes();
        for (std::size_t size = 0; size < whole.size() - 32; size += 37) {
            const auto opened = gguf::File::open(write(cut(whole, size)));
            QVERIFY2(!opened.ok(), std::to_string(size).c_str());
        }
    }

    // What a usual value or a shifted start would turn into other numbers without a word.
    void damageIsNoOtherModel()
    {
        const auto refusal = [&](const GgufWriter& writer) {
            const auto opened = weights::ModelFolder::open(write(writer.bytes()));
            return opened ? std::string("opened") : opened.message();
        };
        const auto whole = [](const std::string& without = {}) {
            GgufWriter writer = vocabulary();
            if (!without.empty()) {
                writer.rename("llama." + without, "llama.not_" + without.substr(1));
            }
            addWeights(writer);
            return writer;
        };
        QCOMPARE(refusal(whole()), std::string("opened"));
        const std::string noEpsilon = refusal(whole("attention.layer_norm_rms_epsilon"));
        QVERIFY2(noEpsilon.find("layer_norm_rms_epsilon is missing") != std::string::npos, noEpsilon.c_str());
        GgufWriter fewer = whole();
        fewer.extraTensors = ~std::uint64_t{0}; // one less than there are
        const std::string short1 = refusal(fewer);
        QVERIFY2(short1.find("fewer tensors than there are") != std::string::npos || short1.find("does not fit the data") != std::string::npos,
                 short1.c_str());
        GgufWriter more = whole();
        more.extraTensors = 1;
        QVERIFY2(refusal(more) != "opened", "one tensor more than there are");
        GgufWriter deeper = whole(); // of a third layer, which block_count does not name
        deeper.tensor("blk.2.attn_norm.weight", {kHidden}, numbered(kHidden, 2));
        const std::string deep = refusal(deeper);
        QVERIFY2(deep.find("has no place in a model of 2 layers") != std::string::npos, deep.c_str());
        // A vocabulary alone is no model, and needs none of it.
        GgufWriter words = vocabulary();
        words.rename("llama.attention.layer_norm_rms_epsilon", "llama.nothing");
        QVERIFY(text::loadTokenizer(write(words.bytes())).ok());
    }

    void settingsThatAreNotKnownAreNamed()
    {
        const std::vector<std::pair<std::function<void(GgufWriter&)>, std::string>> rows = {
            {[](GgufWriter& w) { w.set("llama.expert_count", 8u); }, "experts"},
            {[](GgufWriter& w) { w.set("general.type", "adapter"); }, "adapter"},
            {[](GgufWriter& w) { w.set("split.count", 3u); }, "3 parts"},
            {[](GgufWriter& w) { w.set("llama.rope.scaling.type", "yarn"); }, "yarn"},
            {[](GgufWriter& w) { w.tensor("blk.0.more.weight", {256}, 10, std::string(84, '\0')); }, "Q2_K"},
        };
        for (const auto& [change, fragment] : rows) {
            GgufWriter writer = vocabulary();
            addWeights(writer);
            change(writer);
            const auto opened = weights::ModelFolder::open(write(writer.bytes()));
            QVERIFY2(!opened.ok() && opened.message().find(fragment) != std::string::npos, opened.ok() ? "opened" : opened.message().c_str());
        }
        const auto other = nn::readDecoderConfig(write(vocabulary("mamba").bytes()));
        QVERIFY2(!other.ok() && other.message().find("\"mamba\" is not known here; known are llama, ") != std::string::npos, other.message().c_str());
    }

    void weightsStandAsInAFolder()
    {
        GgufWriter writer = vocabulary();
        addWeights(writer);
        const auto model = weights::ModelFolder::open(write(writer.bytes()));
        QVERIFY2(model.ok(), model.ok() ? "" : model.message().c_str());
        QVERIFY(model->config().tiedHead && model->quantisation().empty());
        QCOMPARE(model->config().rope.theta, 50000.0);
        QCOMPARE(model->config().normEps, 1e-5);
        QCOMPARE(model->config().eosIds, std::vector<std::int64_t>{0});
        const auto query = weights::readTensor(model->tensors().at("model.layers.0.self_attn.q_proj.weight"));
        QVERIFY(query.ok());
        // Of each head with four rows the file has 0, 2, 1, 3 of the folder's.
        const std::vector<std::int64_t> fileRows = {0, 2, 1, 3, 4, 6, 5, 7};
        for (std::size_t row = 0; row < fileRows.size(); ++row) {
            const auto wanted = 4 + 0.001f * static_cast<float>(fileRows[row] * static_cast<std::int64_t>(kHidden));
            QCOMPARE((*query)[static_cast<std::int64_t>(row)][0].item<float>(), wanted);
        }
        std::vector<std::string> unused;
        nn::Decoder decoder(model->config(), at::kCPU, at::kFloat);
        const auto loaded = weights::loadWeights(decoder, *model, &unused);
        QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.message().c_str());
        QVERIFY(unused.empty());
    }

    void savedFolderIsTheSameModel()
    {
        GgufWriter writer = vocabulary();
        addWeights(writer);
        const auto path = write(writer.bytes());
        const auto model = weights::ModelFolder::open(path);
        const auto decoder = weights::loadDecoder(*model, at::kCPU, at::kFloat);
        QVERIFY2(decoder.ok(), decoder.ok() ? "" : decoder.message().c_str());
        const fs::path target = m_folder.filePath("saved").toStdString();
        const auto saved = weights::saveModelFolder(**decoder, path, target, at::kFloat);
        QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
        const auto folder = weights::ModelFolder::open(target);
        QVERIFY2(folder.ok(), folder.ok() ? "" : folder.message().c_str());
        QCOMPARE(*folder->fingerprint(), *model->fingerprint());
        QCOMPARE(folder->config().rope.theta, 50000.0);
        const auto ours = text::loadTokenizer(path);
        const auto theirs = text::loadTokenizer(target);
        QVERIFY2(ours.ok(), ours.ok() ? "" : ours.message().c_str());
        QVERIFY2(theirs.ok(), theirs.ok() ? "" : theirs.message().c_str());
        for (const char* sample : {"ab c11<|end|>a", " c", "abab", ""}) {
            QCOMPARE((*ours)->ids(sample), (*theirs)->ids(sample));
        }
        QVERIFY(text::ChatTemplate::load(target).ok());
    }

    // A vocabulary alone makes tokens, and says what it cannot do.
    void vocabularyAlone()
    {
        const auto path = write(vocabulary().bytes());
        const auto tokenizer = text::loadTokenizer(path);
        QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : tokenizer.message().c_str());
        text::BpeParts parts;
        parts.tokens = kTokens;
        parts.merges = {"a b", "\xC4\xA0 c"};
        parts.types = {text::BpeTokenType::Control};
        parts.types.resize(8, text::BpeTokenType::Normal);
        parts.types.resize(10, text::BpeTokenType::Unused);
        parts.preTokenizer = "smollm";
        const auto wanted = *text::makeBpeTokenizer(parts);
        for (const char* sample : {"ab c11<|end|>a", " c 1", "abab", "", "xyz"}) {
            QCOMPARE((*tokenizer)->ids(sample), wanted->ids(sample));
        }
        QCOMPARE((*tokenizer)->ids("ab c"), (std::vector<text::TokenId>{5, 6}));
        QCOMPARE((*tokenizer)->eos().value_or(-1), 0);
        const auto chat = text::ChatTemplate::load(path);
        QVERIFY(chat.ok());
        QCOMPARE(chat->render(Json::array({{{"role", "user"}, {"content", "ab"}}}))->text, std::string("ab<|end|>"));
        const auto opened = weights::ModelFolder::open(path);
        QVERIFY(!opened.ok() && opened.message().find("only a vocabulary") != std::string::npos);
    }

    // Pieces with scores: the best pair merges first, bytes stand in for what is not there, a space goes in front.
    void scoredVocabulary()
    {
        std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
        std::vector<std::int32_t> types = {2, 3, 3};
        for (int i = 0; i < 256; ++i) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(i));
            tokens.emplace_back(name);
            types.push_back(6);
        }
        std::vector<float> scores(tokens.size(), 0);
        for (const auto& [piece, score] : std::vector<std::pair<const char*, float>>{
                 {"\xE2\x96\x81", -10.f}, {"a", -11.f}, {"b", -12.f}, {"c", -13.f}, {"ab", -2.f}, {"bc", -1.f}, {"\xE2\x96\x81" "a", -3.f}}) {
            tokens.emplace_back(piece);
            scores.push_back(score);
            types.push_back(1);
        }
        GgufWriter file;
        file.set("general.architecture", "llama").set("tokenizer.ggml.model", "llama").set("tokenizer.ggml.tokens", tokens);
        file.list("tokenizer.ggml.scores", GgufWriter::F32, scores).list("tokenizer.ggml.token_type", GgufWriter::I32, types);
        file.set("tokenizer.ggml.bos_token_id", 1u).set("tokenizer.ggml.eos_token_id", 2u);
        const auto tokenizer = text::loadTokenizer(write(file.bytes()));
        QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : tokenizer.message().c_str());
        // <s>, then "bc" (-1) before "ab" (-2), then the space with "a" (-3).
        QCOMPARE((*tokenizer)->ids("abc"), (std::vector<text::TokenId>{1, 265, 264}));
        QCOMPARE((*tokenizer)->ids("\xC3\xA9", {.addSpecial = false}), (std::vector<text::TokenId>{259, 3 + 0xC3, 3 + 0xA9}));
        QCOMPARE((*tokenizer)->decode((*tokenizer)->ids("abc \xC3\xA9"), true), std::string("abc \xC3\xA9"));
    }
};

QTEST_APPLESS_MAIN(GgufTest)
#include "tst_gguf.moc"
