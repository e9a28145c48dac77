// SPDX-License-Identifier: GPL-3.0-or-later
// Sampler and stop texts: order and borders of each rule, one seed one answer, frequencies as the
// probabilities say.
#include "core/inference/sampler.h"
#include "core/inference/stop_texts.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <set>

using namespace luthier;
using inference::Sampler;
using inference::Sampling;
using inference::StopTexts;

namespace {

std::vector<float> logsOf(std::initializer_list<double> probabilities)
{
    std::vector<float> logits;
    for (const double p : probabilities) {
        logits.push_back(static_cast<float>(std::log(p)));
    }
    return logits;
}

// Share of each token in many draws.
std::vector<double> shares(const Sampling& sampling, const std::vector<float>& logits,
                           const std::vector<text::TokenId>& context = {})
{
    constexpr int kDraws = 20000;
    Sampler sampler(sampling);
    std::vector<double> counts(logits.size(), 0);
    for (int i = 0; i < kDraws; ++i) {
        std::vector<float> scratch = logits;
        counts[static_cast<std::size_t>(*sampler.pick(scratch, context))] += 1.0 / kDraws;
    }
    return counts;
}

struct ShareCase {
    const char* name;
    Sampling sampling;
    std::vector<text::TokenId> context;
    std::vector<double> expected; // for 0.5, 0.3, 0.15, 0.05
};

const std::vector<ShareCase>& shareCases()
{
    static const std::vector<ShareCase> rows = {
        {"plain", {.temperature = 1}, {}, {0.5, 0.3, 0.15, 0.05}},
        {"half the temperature squares", {.temperature = 0.5}, {}, {0.6849, 0.2466, 0.0616, 0.0068}},
        {"two likeliest", {.temperature = 1, .topK = 2}, {}, {0.625, 0.375, 0, 0}},
        {"top-k above the vocabulary", {.temperature = 1, .topK = 99}, {}, {0.5, 0.3, 0.15, 0.05}},
        {"top-p takes the one that crosses", {.temperature = 1, .topP = 0.6}, {}, {0.625, 0.375, 0, 0}},
        {"top-p below the best keeps it", {.temperature = 1, .topP = 0.1}, {}, {1, 0, 0, 0}},
        // Of the two left by top-k, the best has 0.625 and reaches 0.6 alone.
        {"top-p after top-k", {.temperature = 1, .topK = 2, .topP = 0.6}, {}, {1, 0, 0, 0}},
        // ln 0.5 * 2 = ln 0.25; said twice counts once.
        {"penalty", {.temperature = 1, .repetitionPenalty = 2}, {0, 0}, {0.3333, 0.4, 0.2, 0.0667}},
        // The penalty comes before the temperature: 0.25^2, 0.3^2, ...
        {"penalty then temperature",
         {.temperature = 0.5, .repetitionPenalty = 2},
         {0},
         {0.3571, 0.5143, 0.1286, 0.0143}},
        {"foreign context", {.temperature = 1, .repetitionPenalty = 2}, {-1, 77}, {0.5, 0.3, 0.15, 0.05}},
    };
    return rows;
}

} // namespace

class SamplerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sharesFollowTheRules()
    {
        const auto logits = logsOf({0.5, 0.3, 0.15, 0.05});
        for (const ShareCase& item : shareCases()) {
            const auto got = shares(item.sampling, logits, item.context);
            for (std::size_t i = 0; i < got.size(); ++i) {
                // Five standard deviations of 20,000 draws; what must never come must never come.
                QVERIFY2(std::abs(got[i] - item.expected[i]) < 0.018, item.name);
                QVERIFY2(item.expected[i] > 0 || got[i] == 0, item.name);
            }
        }
    }

    void greedyTakesTheFirstOfEquals()
    {
        Sampler sampler({});
        std::vector<float> logits = {1, 3, 3, 2};
        QCOMPARE(*sampler.pick(logits, {}), 1);
        Sampler penalised({.repetitionPenalty = 1.5});
        const std::vector<text::TokenId> context = {1, 2};
        logits = {-1, 2, 2, 1.9F};
        QCOMPARE(*penalised.pick(logits, context), 3);
    }

    void equalsOfTheLastStay()
    {
        const auto got = shares({.temperature = 1, .topK = 2}, {2, 1, 1, 0});
        QVERIFY(got[1] > 0 && got[2] > 0);
        QCOMPARE(got[3], 0.0);
    }

    void seedDecides()
    {
        const std::vector<float> logits(50, 0.0F);
        const auto run = [&](std::int64_t seed) {
            Sampler sampler({.temperature = 1, .seed = seed});
            std::vector<text::TokenId> ids;
            for (int i = 0; i < 20; ++i) {
                std::vector<float> scratch = logits;
                ids.push_back(*sampler.pick(scratch, {}));
            }
            return ids;
        };
        QCOMPARE(run(1), run(1));
        QVERIFY(run(1) != run(2));
    }

    void brokenNumbersAreAnError()
    {
        const float nan = std::nanf("");
        const float infinity = std::numeric_limits<float>::infinity();
        for (std::vector<float> logits :
             {std::vector<float>{nan, nan}, {infinity, 0}, {-infinity, -infinity}, {}}) {
            for (const double temperature : {0.0, 1.0}) {
                Sampler sampler({.temperature = temperature});
                std::vector<float> scratch = logits;
                QVERIFY(!sampler.pick(scratch, {}).ok());
            }
        }
        Sampler sampler({.temperature = 1});
        std::vector<float> mixed = {nan, 0, -infinity};
        QCOMPARE(*sampler.pick(mixed, {}), 1);
    }

    void stopTextsHoldBack()
    {
        struct Row {
            std::vector<std::string> stops;
            std::vector<std::string> pieces;
            std::vector<std::string> shown; // after each push, then after finish
            bool stopped;
        };
        const std::vector<Row> rows = {
            {{}, {"ab", "c"}, {"ab", "c", ""}, false},
            {{""}, {"ab"}, {"ab", ""}, false},
            {{"###"}, {"a#", "#b", "##", "#c"}, {"a", "##b", "", "", ""}, true},
            {{"###"}, {"a##"}, {"a", "##"}, false},
            {{"END", "N"}, {"xE", "N", "D"}, {"x", "E", "", ""}, true},
            {{"aab"}, {"aa", "ab"}, {"", "a", ""}, true},
            {{"stop"}, {"one stop two"}, {"one ", ""}, true},
        };
        for (const Row& row : rows) {
            StopTexts texts(row.stops);
            std::vector<std::string> shown;
            for (const std::string& piece : row.pieces) {
                shown.push_back(texts.push(piece));
            }
            shown.push_back(texts.finish());
            QCOMPARE(shown, row.shown);
            QCOMPARE(texts.isStopped(), row.stopped);
        }
    }

    void fieldsCoverTheirDefaults()
    {
        const Sampling sampling;
        std::set<std::string> keys;
        for (const fields::Field& field : inference::samplingFields()) {
            QVERIFY2(keys.insert(field.key).second, field.key.c_str());
            QVERIFY2(!field.label.empty() && !field.help.empty(), field.key.c_str());
            const fields::Value value = field.get(&sampling);
            if (const auto* number = std::get_if<double>(&value)) {
                QVERIFY2(*number >= field.range.low && *number <= field.range.high, field.key.c_str());
            }
        }
        QCOMPARE(keys.size(), std::size_t{7});
    }
};

QTEST_GUILESS_MAIN(SamplerTest)
#include "tst_sampler.moc"
