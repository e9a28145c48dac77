// SPDX-License-Identifier: GPL-3.0-or-later
// Generation and scoring: equal to transformers on its own outputs, with the cache and without; ends, limits,
// cancel.
#include "core/base/json.h"
#include "core/inference/generate.h"
#include "core/inference/stops.h"
#include "core/inference/token_choices.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/weights/load.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>

using namespace luthier;
namespace fs = std::filesystem;
using inference::GenerateOptions;
using text::TokenId;

namespace {

// One letter a token; ids from 26 on are special.
class Letters : public text::Tokenizer {
public:
    std::vector<text::Token> encode(std::string_view text, text::EncodeOptions) const override
    {
        std::vector<text::Token> tokens;
        for (std::size_t i = 0; i < text.size(); ++i) {
            tokens.push_back({text[i] - 'a', static_cast<std::int64_t>(i), static_cast<std::int64_t>(i + 1)});
        }
        return tokens;
    }
    std::string decode(std::span<const TokenId> ids, bool skipSpecial) const override
    {
        std::string text;
        for (const TokenId id : ids) {
            text += id < 26 || !skipSpecial ? piece(id) : std::string();
        }
        return text;
    }
    std::int64_t vocabSize() const override { return 30; }
    std::string piece(TokenId id) const override { return std::string(1, static_cast<char>('a' + id)); }
    bool isSpecial(TokenId id) const override { return id >= 26; }
    std::optional<TokenId> idOf(std::string_view piece) const override { return piece[0] - 'a'; }
    std::optional<TokenId> bos() const override { return std::nullopt; }
    std::optional<TokenId> eos() const override { return 29; }
    std::optional<TokenId> pad() const override { return std::nullopt; }
    std::string kind() const override { return "letters"; }
};

std::shared_ptr<nn::Decoder> tinyDecoder(std::int64_t positions = 2048)
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 30;
    config.hidden = 16;
    config.intermediate = 24;
    config.layers = 2;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 4;
    config.maxPositions = positions;
    config.initializerRange = 0.4;
    auto decoder = std::make_shared<nn::Decoder>(config, at::kCPU, at::kFloat);
    decoder->initialise(11);
    return decoder;
}

at::Tensor logitsOf(nn::Decoder& decoder, const std::vector<TokenId>& ids)
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::kLong).unsqueeze(0);
    return decoder.logits(decoder.hidden(input)).squeeze(0);
}

// The slow way: everything is read anew for each token.
std::vector<TokenId> greedyWithoutCache(nn::Decoder& decoder, std::vector<TokenId> ids, int count)
{
    const std::size_t start = ids.size();
    for (int i = 0; i < count; ++i) {
        ids.push_back(static_cast<TokenId>(logitsOf(decoder, ids)[-1].argmax().item<std::int64_t>()));
    }
    return {ids.begin() + static_cast<std::ptrdiff_t>(start), ids.end()};
}

// What transformers gave for a small model; see tests/reference.
struct Expected {
    std::vector<TokenId> ids;
    at::Tensor logits; // [T, V]
    std::vector<TokenId> greedy;
    std::vector<double> logProbs; // [T], the first is NaN
};

at::Tensor matrixOf(const Json& rows)
{
    std::vector<float> values;
    for (const Json& row : rows) {
        for (const Json& value : row) {
            values.push_back(value.get<float>());
        }
    }
    return at::tensor(values).view({static_cast<std::int64_t>(rows.size()), -1});
}

Expected readExpected(const fs::path& path)
{
    const auto json = base::readJson(path);
    if (!json) {
        qFatal("%s", json.message().c_str());
    }
    Expected expected;
    expected.ids = json->at("ids").get<std::vector<TokenId>>();
    expected.logits = matrixOf(json->at("logits"));
    expected.greedy = json->at("greedy").get<std::vector<TokenId>>();
    for (const Json& value : json->at("logprobs")) {
        expected.logProbs.push_back(value.is_null() ? std::nan("") : value.get<double>());
    }
    return expected;
}

std::vector<fs::path> variants()
{
    std::vector<fs::path> folders;
    std::error_code none;
    const fs::path root = fs::path(LUTHIER_SOURCE_DIR) / "tests/reference/llama";
    for (const auto& entry : fs::directory_iterator(root, none)) {
        if (fs::exists(entry.path() / "expected.json")) {
            folders.push_back(entry.path());
        }
    }
    return folders;
}

std::shared_ptr<nn::Decoder> load(const fs::path& folder)
{
    const auto model = weights::ModelFolder::open(folder);
    if (!model) {
        qFatal("%s", model.message().c_str());
    }
    const auto decoder = weights::loadDecoder(*model, at::kCPU, at::kFloat);
    if (!decoder) {
        qFatal("%s", decoder.message().c_str());
    }
    return *decoder;
}

double distance(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

const std::vector<TokenId> kPrompt = {3, 1, 4, 1, 5};

GenerateOptions newTokens(std::int64_t count)
{
    GenerateOptions options;
    options.sampling.maxNew = count;
    return options;
}

} // namespace

class InferenceTest : public QObject {
    Q_OBJECT

    std::shared_ptr<const Letters> m_letters = std::make_shared<Letters>();

    inference::Generation run(nn::Decoder& decoder, const GenerateOptions& options,
                              std::vector<TokenId> stops = {}, const std::vector<TokenId>& prompt = kPrompt)
    {
        auto result = inference::generate(decoder, m_letters, prompt, stops, options);
        if (!result) {
            qFatal("%s", result.message().c_str());
        }
        return *result;
    }

private Q_SLOTS:
    void referencesAreThere() { QVERIFY(variants().size() >= 3); }

    void equalsTransformers_data()
    {
        QTest::addColumn<QString>("folder");
        for (const fs::path& folder : variants()) {
            QTest::newRow(folder.filename().c_str()) << QString::fromStdString(folder.string());
        }
    }

    void equalsTransformers()
    {
        QFETCH(QString, folder);
        const Expected expected = readExpected(fs::path(folder.toStdString()) / "expected.json");
        const auto decoder = load(folder.toStdString());
        const double error = distance(logitsOf(*decoder, expected.ids), expected.logits);
        QVERIFY2(error <= 1e-4, std::to_string(error).c_str());

        const auto count = static_cast<std::int64_t>(expected.greedy.size());
        QVERIFY(count > 0);
        QCOMPARE(run(*decoder, newTokens(count), {}, expected.ids).ids, expected.greedy);
        QCOMPARE(greedyWithoutCache(*decoder, expected.ids, static_cast<int>(count)), expected.greedy);

        const auto scores = inference::score(*decoder, expected.ids);
        QVERIFY(scores.ok());
        QCOMPARE(scores->size(), expected.logProbs.size());
        for (std::size_t i = 1; i < scores->size(); ++i) {
            QVERIFY(std::abs((*scores)[i] - expected.logProbs[i]) <= 1e-4);
        }
    }

    void cacheChangesNothing()
    {
        const auto decoder = tinyDecoder();
        const auto slow = greedyWithoutCache(*decoder, kPrompt, 40);
        const auto fast = run(*decoder, newTokens(40));
        QCOMPARE(fast.ids, slow);
        QCOMPARE(fast.finish, std::string("length"));
        QCOMPARE(fast.promptIds, kPrompt);
        QCOMPARE(fast.text, m_letters->decode(slow, true));
        QVERIFY(fast.tokensPerSecond > 0);
    }

    void cacheGrows()
    {
        // 600 tokens need the cache to grow twice.
        const auto decoder = tinyDecoder();
        const auto all = run(*decoder, newTokens(600)).ids;
        QCOMPARE(all.size(), std::size_t{600});
        std::vector<TokenId> text = kPrompt;
        text.insert(text.end(), all.begin(), all.end() - 1);
        const at::Tensor best = logitsOf(*decoder, text).argmax(-1);
        for (std::size_t i = 0; i < all.size(); i += 7) {
            QCOMPARE(all[i],
                     static_cast<TokenId>(
                         best[static_cast<std::int64_t>(kPrompt.size() - 1 + i)].item<std::int64_t>()));
        }
    }

    void stopTokenEndsAndIsLeftOut()
    {
        const auto decoder = tinyDecoder();
        const auto free = run(*decoder, newTokens(40)).ids;
        const TokenId stop = free[20];
        const auto first = static_cast<std::size_t>(std::find(free.begin(), free.end(), stop) - free.begin());
        const auto result = run(*decoder, newTokens(40), {stop});
        QCOMPARE(result.finish, std::string("stop"));
        QCOMPARE(result.ids,
                 std::vector<TokenId>(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(first)));
    }

    void stopTextEndsAndIsLeftOut()
    {
        const auto decoder = tinyDecoder();
        const auto free = run(*decoder, newTokens(40));
        GenerateOptions options = newTokens(40);
        options.sampling.stop = {free.text.substr(10, 3)};
        std::string shown;
        options.onPiece = [&](const std::string& piece) { shown += piece; };
        const auto result = run(*decoder, options);
        QCOMPARE(result.finish, std::string("stop"));
        QCOMPARE(result.text, free.text.substr(0, free.text.find(options.sampling.stop[0])));
        QCOMPARE(shown, result.text);
    }

    void cancelKeepsWhatIsThere()
    {
        const auto decoder = tinyDecoder();
        GenerateOptions options = newTokens(1000);
        int pieces = 0;
        options.onPiece = [&](const std::string&) {
            if (++pieces == 3) {
                options.cancel.cancel();
            }
        };
        const auto result = run(*decoder, options);
        QCOMPARE(result.finish, std::string("cancel"));
        QVERIFY(result.ids.size() >= 3 && result.ids.size() < 10);
    }

    void positionsEndTheAnswer()
    {
        const auto decoder = tinyDecoder(12);
        const auto result = run(*decoder, newTokens(100));
        QCOMPARE(result.finish, std::string("length"));
        QCOMPARE(result.ids.size(), std::size_t{8}); // the twelfth position still gives one
        QVERIFY(
            !inference::generate(*decoder, m_letters, std::vector<TokenId>(13, 1), {}, newTokens(1)).ok());
    }

    void sampledTokensAreAmongTheLikeliest()
    {
        const auto decoder = tinyDecoder();
        GenerateOptions options = newTokens(30);
        options.sampling.temperature = 1.5;
        options.sampling.topK = 3;
        const auto one = run(*decoder, options);
        QCOMPARE(run(*decoder, options).ids, one.ids);
        options.sampling.seed = 7;
        QVERIFY(run(*decoder, options).ids != one.ids);
        std::vector<TokenId> context = kPrompt;
        for (const TokenId id : one.ids) {
            const at::Tensor last = logitsOf(*decoder, context)[-1];
            QVERIFY((last > last[id]).sum().item<std::int64_t>() < 3);
            context.push_back(id);
        }
    }

    void badInputIsASentence()
    {
        const auto decoder = tinyDecoder();
        QVERIFY(!inference::generate(*decoder, m_letters, {}, {}, newTokens(1)).ok());
        QVERIFY(!inference::generate(*decoder, m_letters, {30}, {}, newTokens(1)).ok());
        QVERIFY(!inference::generate(*decoder, m_letters, {-1}, {}, newTokens(1)).ok());
        GenerateOptions options = newTokens(1);
        options.sampling.temperature = -1;
        const auto result = inference::generate(*decoder, m_letters, kPrompt, {}, options);
        QVERIFY(!result.ok());
        QVERIFY2(result.message().find("temperature") != std::string::npos, result.message().c_str());
        QVERIFY(!inference::score(*decoder, {}).ok());
        QVERIFY(!inference::score(*decoder, std::vector<TokenId>(2049, 1)).ok());
    }

    void damagedModelIsASentence()
    {
        const auto decoder = tinyDecoder();
        for (nn::NamedTensor& item : decoder->tensors()) {
            item.tensor.fill_(std::nan(""));
        }
        const auto result = inference::generate(*decoder, m_letters, kPrompt, {}, newTokens(3));
        QVERIFY(!result.ok());
        QVERIFY2(result.message().find("NaN") != std::string::npos, result.message().c_str());
    }

    // What a token is worth is what scoring gives it, and its alternatives stand in their order.
    void choicesAgreeWithScores()
    {
        const auto decoder = tinyDecoder();
        std::vector<TokenId> ids;
        for (int i = 0; i < 150; ++i) { // more than are weighed at once
            ids.push_back((i * 7 + 3) % 26);
        }
        const auto scores = inference::score(*decoder, ids);
        const auto choices = inference::tokenChoices(*decoder, ids, 5, 4, true);
        QVERIFY(scores.ok() && choices.ok());
        QCOMPARE(choices->size(), ids.size() - 5);
        for (std::size_t i = 0; i < choices->size(); ++i) {
            const auto& choice = (*choices)[i];
            QVERIFY(std::abs(choice.logProb - (*scores)[i + 5]) < 1e-5);
            QCOMPARE(choice.likeliest.size(), std::size_t{4});
            QVERIFY(choice.likeliest[0].second >= choice.logProb - 1e-9);
            for (std::size_t k = 1; k < 4; ++k) {
                QVERIFY(choice.likeliest[k - 1].second >= choice.likeliest[k].second);
            }
        }
        QVERIFY(!inference::tokenChoices(*decoder, ids, 0, 4, true).ok() && !inference::tokenChoices(*decoder, ids, ids.size(), 4, true).ok());
        QVERIFY(!inference::tokenChoices(*decoder, {3, 4000}, 1, 4, true).ok());
    }

    void scoresEveryToken()
    {
        const auto decoder = tinyDecoder();
        std::vector<TokenId> ids;
        for (int i = 0; i < 600; ++i) { // more than two blocks of rows
            ids.push_back(i * i % 30);
        }
        const auto scores = inference::score(*decoder, ids);
        QVERIFY(scores.ok());
        QCOMPARE(scores->size(), ids.size());
        QVERIFY(std::isnan((*scores)[0]));
        const at::Tensor logProbs = at::log_softmax(logitsOf(*decoder, ids), -1);
        for (std::size_t i = 1; i < ids.size(); ++i) {
            const double expected = logProbs[static_cast<std::int64_t>(i - 1)][ids[i]].item<double>();
            QVERIFY(std::abs((*scores)[i] - expected) < 1e-5);
        }
        QCOMPARE(inference::score(*decoder, {3})->size(), std::size_t{1});
    }

    void stopIdsComeFromEverywhere()
    {
        nn::DecoderConfig config;
        config.eosIds = {2, 6};
        data::Encoder encoder;
        encoder.tokenizer = m_letters;
        QCOMPARE(inference::stopsOf(config, encoder).ids, (std::vector<TokenId>{2, 6, 29}));
        config.eosIds = {29};
        QCOMPARE(inference::stopsOf(config, encoder).ids, (std::vector<TokenId>{29}));
    }
};

QTEST_GUILESS_MAIN(InferenceTest)
#include "tst_inference.moc"
