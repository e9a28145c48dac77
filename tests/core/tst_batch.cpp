// SPDX-License-Identifier: GPL-3.0-or-later
// Many answers at once: what each gets alone, whatever stands beside it, on a checkpoint of every family; ends, limits,
// callbacks and cancelling for each of them.
#include "core/inference/batch_generate.h"
#include "core/base/json.h"
#include "core/inference/generate.h"
#include "core/nn/batch/slot_cache.h"
#include "core/nn/kernels/kernels.h"
#include "core/weights/load.h"
#include "tests/core/batch_answers.h"
#include "tests/core/letters.h"
#include "tests/core/reference_models.h"
#include "tests/support/need.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace luthier;
namespace fs = std::filesystem;
using inference::BatchOptions;
using inference::BatchRequest;
using inference::Generation;
using support::answer;
using support::familyNames;
using support::need;
using support::together;
using support::tokensOf;
using text::TokenId;

namespace {

const auto kLetters = support::letters();

std::shared_ptr<nn::Decoder> family(const std::string& name)
{
    auto decoder = support::decoderOf(support::kFamilies / name);
    return decoder;
}

// Prompts and limits of many lengths, one kind of sampling each.
std::vector<BatchRequest> requests(bool sampled)
{
    std::vector<BatchRequest> all;
    for (int i = 0; i < 20; ++i) {
        BatchRequest request{tokensOf(1 + i * 11 % 31, i + 1), {}};
        request.sampling.maxNew = i % 7 == 3 ? 1 : 4 + i * 5 % 13;
        if (sampled) {
            request.sampling.temperature = 0.6 + 0.1 * (i % 6);
            request.sampling.topK = i % 3 == 0 ? 12 : 0;
            request.sampling.topP = i % 4 == 1 ? 0.8 : 1;
            request.sampling.seed = 100 + i;
        }
        request.sampling.repetitionPenalty = i % 5 == 2 ? 1.3 : 1;
        all.push_back(request);
    }
    return all;
}

at::Tensor rowOf(const std::vector<TokenId>& ids)
{
    return at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::kLong).unsqueeze(0);
}

} // namespace

class BatchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { nn::kernels::setFused(true); }

    void passEqualsEachAlone_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("fused");
        for (const std::string& name : familyNames()) {
            QTest::newRow(name.c_str()) << QString::fromStdString(name) << true;
            QTest::newRow((name + ", plain").c_str()) << QString::fromStdString(name) << false;
        }
    }
    // Texts of four lengths side by side, over borders of windows, longrope (32) and dynamic (40).
    void passEqualsEachAlone()
    {
        QFETCH(QString, name);
        QFETCH(bool, fused);
        const c10::NoGradGuard noGrad;
        nn::kernels::setFused(fused);
        const auto decoder = family(name.toStdString());
        const std::vector<int> sizes{3, 17, 28, 38};
        constexpr int kSteps = 9;
        nn::SlotCache slots = nn::makeSlots(*decoder, 6, 64);
        const std::vector<std::int64_t> places{4, 0, 5, 2}; // neither in order nor all
        std::vector<nn::KvCache> alone;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            alone.push_back(decoder->makeCache(1, 64));
            decoder->hidden({rowOf(tokensOf(sizes[i], 5)), {}, &alone[i]});
            nn::takeIn(slots, alone[i], at::tensor({places[i]}));
        }
        slots.slots = at::tensor(places);
        for (int step = 0; step < kSteps; ++step) {
            std::vector<std::int64_t> fresh;
            std::vector<std::int64_t> lengths;
            std::vector<at::Tensor> expected;
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                fresh.push_back((step * 13 + static_cast<int>(i) * 5) % 64);
                lengths.push_back(sizes[i] + step);
                expected.push_back(decoder->hidden({at::tensor(fresh).slice(0, -1).unsqueeze(0), {}, &alone[i]})[0]);
            }
            slots.lengths = at::tensor(lengths);
            slots.longest = lengths.back();
            nn::ForwardInput input;
            input.ids = at::tensor(fresh).unsqueeze(0);
            input.cache = &slots;
            const at::Tensor got = decoder->hidden(input)[0];
            const double gap = (got - at::cat(expected)).abs().max().item<double>();
            QVERIFY2(gap < 2e-5, std::to_string(gap).c_str());
        }
    }

    void answersDoNotDependOnNeighbours_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("sampled");
        for (const std::string& name : familyNames()) {
            QTest::newRow((name + ", greedy").c_str()) << QString::fromStdString(name) << false;
            QTest::newRow((name + ", sampled").c_str()) << QString::fromStdString(name) << true;
        }
    }
    void answersDoNotDependOnNeighbours()
    {
        QFETCH(QString, name);
        QFETCH(bool, sampled);
        const auto decoder = family(name.toStdString());
        const auto asked = requests(sampled);
        const auto alone = answer(*decoder, asked, together(1));
        std::size_t differing = 0;
        for (const std::int64_t rows : {16, 3}) {
            const auto batch = answer(*decoder, asked, together(rows));
            QCOMPARE(batch.size(), alone.size());
            for (std::size_t i = 0; i < asked.size(); ++i) {
                QCOMPARE(batch[i].ids, alone[i].ids);
                QCOMPARE(batch[i].text, alone[i].text);
                QCOMPARE(batch[i].finish, alone[i].finish);
                QCOMPARE(batch[i].promptIds, asked[i].promptIds);
                QCOMPARE(batch[i].logProbs.size(), alone[i].ids.size());
                for (std::size_t j = 0; j < alone[i].ids.size(); ++j) {
                    QVERIFY(std::abs(batch[i].logProbs[j] - alone[i].logProbs[j]) < 1e-4);
                }
                differing += i > 0 && batch[i].ids != batch[i - 1].ids ? 1 : 0;
            }
        }
        QVERIFY(differing > 30); // they are answers of their own
    }

    // In another order, with other neighbours.
    void answersDoNotDependOnOrder()
    {
        const auto decoder = family("gemma2");
        auto asked = requests(true);
        const auto one = answer(*decoder, asked, together(5));
        std::reverse(asked.begin(), asked.end());
        auto other = answer(*decoder, asked, together(7));
        std::reverse(other.begin(), other.end());
        for (std::size_t i = 0; i < one.size(); ++i) {
            QCOMPARE(other[i].ids, one[i].ids);
        }
    }

    void bf16AnswersInBatches()
    {
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(support::kFamilies / "qwen3")), at::kCPU, at::kBFloat16));
        const auto asked = requests(false);
        const auto alone = answer(*decoder, asked, together(1));
        const auto batch = answer(*decoder, asked, together(16));
        std::size_t equal = 0;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            QCOMPARE(batch[i].ids.size(), alone[i].ids.size());
            equal += batch[i].ids.front() == alone[i].ids.front() ? 1 : 0;
        }
        QVERIFY2(equal >= 18, std::to_string(equal).c_str()); // sums are rounded in another order
    }

    void logProbsAreThoseOfTheModel()
    {
        const c10::NoGradGuard noGrad;
        const auto decoder = family("gemma2");
        auto asked = requests(true);
        for (BatchRequest& request : asked) {
            request.sampling.temperature = 1.7;
        }
        const auto batch = answer(*decoder, asked, together(8));
        for (std::size_t i = 0; i < asked.size(); ++i) {
            std::vector<TokenId> text = asked[i].promptIds;
            text.insert(text.end(), batch[i].ids.begin(), batch[i].ids.end());
            const at::Tensor logProbs = (decoder->logits(decoder->hidden({rowOf(text), {}, nullptr})[0]) / 1.7).log_softmax(-1);
            for (std::size_t j = 0; j < batch[i].ids.size(); ++j) {
                const auto place = static_cast<std::int64_t>(asked[i].promptIds.size() + j) - 1;
                QVERIFY(std::abs(logProbs[place][batch[i].ids[j]].item<double>() - batch[i].logProbs[j]) < 1e-4);
            }
        }
    }

    void endsAreOfEachRow()
    {
        const auto decoder = family("qwen2");
        auto asked = requests(false);
        for (BatchRequest& request : asked) {
            request.sampling.maxNew = 12;
        }
        const auto free = answer(*decoder, asked, together(6));
        const TokenId stopId = free[4].ids[5];
        asked[2].sampling.stop = {free[2].text.substr(3, 2)};
        std::vector<std::string> shown(asked.size());
        for (std::size_t i = 0; i < asked.size(); ++i) {
            asked[i].onPiece = [&shown, i](const std::string& piece) { shown[i] += piece; };
        }
        BatchOptions options = together(6);
        std::vector<std::size_t> ended;
        options.onAnswer = [&](std::size_t request, const Generation& done) {
            ended.push_back(request);
            QVERIFY(!done.finish.empty());
        };
        const auto got = answer(*decoder, asked, options, {stopId});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto stop = std::find(free[i].ids.begin(), free[i].ids.end(), stopId);
            QCOMPARE(shown[i], got[i].text);
            if (i == 2) {
                QCOMPARE(got[i].finish, std::string("stop"));
                QCOMPARE(got[i].text, free[i].text.substr(0, std::min(free[i].text.find(asked[2].sampling.stop[0]),
                                                                     static_cast<std::size_t>(stop - free[i].ids.begin()))));
                continue;
            }
            QCOMPARE(got[i].ids, std::vector<TokenId>(free[i].ids.begin(), stop));
            QCOMPARE(got[i].finish, std::string(stop == free[i].ids.end() ? "length" : "stop"));
        }
        std::sort(ended.begin(), ended.end());
        QCOMPARE(ended.size(), asked.size());
        QVERIFY(std::adjacent_find(ended.begin(), ended.end()) == ended.end());
    }

    void positionsEndAnswers()
    {
        const auto decoder = family("llama_dynamic"); // 40 positions, and a rope that goes to twice as many
        std::vector<BatchRequest> asked{{tokensOf(30, 2), {}}, {tokensOf(40, 3), {}}, {tokensOf(5, 4), {}}};
        for (BatchRequest& request : asked) {
            request.sampling.maxNew = 1000;
        }
        const auto got = answer(*decoder, asked, together(3));
        QCOMPARE(got[0].ids.size(), std::size_t{51}); // the last position still gives one
        QCOMPARE(got[1].ids.size(), std::size_t{41});
        QCOMPARE(got[2].ids.size(), std::size_t{76});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            QCOMPARE(got[i].ids, answer(*decoder, {asked[i]}, together(1))[0].ids);
            QCOMPARE(got[i].finish, std::string("length"));
        }
    }

    // Over the border of longrope and dynamic, as transformers' generate() goes; alone, and beside others.
    void borderTexts()
    {
        const Json reference = need(base::readJson(fs::path(LUTHIER_SOURCE_DIR) / "tests/reference/border_texts.json"));
        std::map<std::string, std::vector<std::pair<BatchRequest, std::vector<TokenId>>>> cases;
        for (const Json& row : reference["cases"]) {
            BatchRequest request{row["ids"].get<std::vector<TokenId>>(), {}};
            const auto tokens = row["tokens"].get<std::vector<TokenId>>();
            request.sampling.maxNew = static_cast<std::int64_t>(tokens.size());
            cases[row["checkpoint"].get<std::string>()].emplace_back(request, tokens);
        }
        QCOMPARE(cases.size(), std::size_t{2});
        for (const auto& [name, rows] : cases) {
            const auto decoder = family(name);
            std::vector<BatchRequest> asked;
            for (const auto& [request, tokens] : rows) {
                asked.push_back(request);
                inference::GenerateOptions options;
                options.sampling = request.sampling;
                QCOMPARE(need(inference::generate(*decoder, kLetters, request.promptIds, {}, options)).ids, tokens);
            }
            const auto got = answer(*decoder, asked, together(3));
            for (std::size_t i = 0; i < rows.size(); ++i) {
                QCOMPARE(got[i].ids, rows[i].second);
            }
        }
    }

    void cacheGrows()
    {
        nn::DecoderConfig config = family("qwen2")->config();
        config.maxPositions = 2048;
        nn::Decoder decoder(config, at::kCPU, at::kFloat);
        decoder.initialise(5);
        std::vector<BatchRequest> asked{{tokensOf(9, 2), {}}, {tokensOf(2, 3), {}}, {tokensOf(300, 4), {}}};
        asked[0].sampling.maxNew = 700;
        asked[1].sampling.maxNew = 20;
        asked[2].sampling.maxNew = 40; // enters when the second leaves, longer than there is room for
        const auto got = answer(decoder, asked, together(2));
        for (std::size_t i = 0; i < asked.size(); ++i) {
            QCOMPARE(got[i].ids, answer(decoder, {asked[i]}, together(1))[0].ids);
        }
    }

    void cancelEndsOneOrAll()
    {
        const auto decoder = family("qwen2");
        std::vector<BatchRequest> asked;
        for (int i = 0; i < 6; ++i) {
            asked.push_back({tokensOf(4 + i, i + 1), {}, {}, {}});
            asked.back().sampling.maxNew = 60;
        }
        const auto free = answer(*decoder, asked, together(3));
        int pieces = 0;
        asked[1].onPiece = [&](const std::string&) {
            if (++pieces == 5) {
                asked[1].cancel.cancel();
                asked[4].cancel.cancel(); // still waits
            }
        };
        auto got = answer(*decoder, asked, together(3));
        QCOMPARE(got[1].finish, std::string("cancel"));
        QCOMPARE(got[1].ids, std::vector<TokenId>(free[1].ids.begin(), free[1].ids.begin() + 5));
        QCOMPARE(got[4].finish, std::string("cancel"));
        QVERIFY(got[4].ids.empty());
        for (const std::size_t i : {0, 2, 3, 5}) {
            QCOMPARE(got[i].ids, free[i].ids);
        }
        BatchOptions options = together(3);
        pieces = 0;
        asked[1].onPiece = {};
        asked[1].cancel = {};
        asked[0].onPiece = [&](const std::string&) {
            if (++pieces == 7) {
                options.cancel.cancel();
            }
        };
        got = answer(*decoder, asked, options);
        for (std::size_t i = 0; i < got.size(); ++i) {
            QCOMPARE(got[i].finish, std::string("cancel"));
            QVERIFY(got[i].ids.size() < 10 && (i >= 3) == got[i].ids.empty());
        }
    }

    void badInputIsASentence()
    {
        const auto decoder = family("qwen2");
        auto asked = requests(false);
        asked[6].promptIds = {1, 64};
        const auto got = inference::generateAll(*decoder, kLetters, asked, {}, together(4));
        QVERIFY(!got.ok());
        QVERIFY2(got.message().starts_with("request 7: Token 64"), got.message().c_str());
        QVERIFY(!inference::generateAll(*decoder, kLetters, requests(false), {}, together(0)).ok());
        QVERIFY(answer(*decoder, {}, together(4)).empty());
        for (nn::NamedTensor& item : decoder->tensors()) {
            item.tensor.fill_(std::nan(""));
        }
        const auto broken = inference::generateAll(*decoder, kLetters, requests(false), {}, together(4));
        QVERIFY(!broken.ok());
        QVERIFY2(broken.message().find("NaN") != std::string::npos, broken.message().c_str());
    }
};

QTEST_GUILESS_MAIN(BatchTest)
#include "tst_batch.moc"
