// SPDX-License-Identifier: GPL-3.0-or-later
// Intervals, tests and ratings: against statsmodels, krippendorff and arena-rank (tests/reference/metrics.json), published examples, and
// by simulation: an interval of 95 % holds the truth in 95 of 100 worlds, also where rows come in clusters.
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/statistics/histogram.h"
#include "core/statistics/agreement.h"
#include "core/statistics/bootstrap.h"
#include "core/statistics/bradley_terry.h"
#include "core/statistics/distributions.h"
#include "core/statistics/proportions.h"
#include "tests/support/coverage.h"
#include "tests/support/need.h"

#include <QtTest>

#include <cmath>
#include <numeric>

using namespace luthier;
using namespace luthier::statistics;
using support::holds;
using support::isAsPromised;
using support::need;
using support::shareHeld;

namespace {

bool isNear(double got, double wanted, double tolerance = 1e-9)
{
    return std::abs(got - wanted) <= tolerance * std::max(1.0, std::abs(wanted));
}

double normalDraw(base::Random& random)
{
    return normalQuantile(std::max(random.uniform(), 1e-12));
}

// One world: rows whose mean is 0 in truth, in clusters that share half of their scatter.
struct World {
    std::vector<double> values;
    std::vector<std::uint32_t> clusters;
};

World worldOf(base::Random& random, std::size_t clusters, std::size_t rowsOfEach, double shared)
{
    World world;
    for (std::uint32_t cluster = 0; cluster < clusters; ++cluster) {
        const double common = std::sqrt(shared) * normalDraw(random);
        for (std::size_t i = 0; i < rowsOfEach; ++i) {
            world.values.push_back(common + std::sqrt(1 - shared) * normalDraw(random));
            world.clusters.push_back(cluster);
        }
    }
    return world;
}

ValueOfCounts meanOf(const std::vector<double>& values)
{
    return [&values](std::span<const std::uint32_t> counts) {
        double sum = 0;
        double n = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            sum += counts[i] * values[i];
            n += counts[i];
        }
        return sum / n;
    };
}

// The share of worlds whose interval holds the truth.
double coverage(std::size_t clusters, std::size_t rowsOfEach, double shared, bool areRespected)
{
    return shareHeld(2000, 2026, [&](base::Random& random) {
        const World rows = worldOf(random, clusters, rowsOfEach, shared);
        const auto drawnTogether = areRespected ? rows.clusters : eachItsOwn(rows.values.size());
        const std::vector<ValueOfCounts> values{meanOf(rows.values)};
        const auto drawn = need(resample(values, drawnTogether, {.draws = 1000, .seed = random.next()}));
        return holds(percentileInterval(drawn[0], numClusters(drawnTogether), 0.95), 0);
    });
}

// Draw by draw.
std::vector<double> differencesOf(const std::vector<double>& drawn, const std::vector<double>& other)
{
    std::vector<double> differences;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        differences.push_back(drawn[i] - other[i]);
    }
    return differences;
}

} // namespace

class TestIntervals : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_expected = need(base::readJson(support::kReference / "metrics.json")).at("statistics"); }

    void histograms()
    {
        const std::vector<std::vector<double>> lists{{0, 1, 2, 10}, {5, std::nan(""), 10}};
        const Range range = rangeOf(lists);
        QCOMPARE(range.low, 0.0);
        QCOMPARE(range.high, 10.0);
        QVERIFY((histogram(lists[0], range, 5) == std::vector<std::int64_t>{2, 1, 0, 0, 1})); // the upper end is in the last
        QVERIFY((histogram(lists[1], range, 5) == std::vector<std::int64_t>{0, 0, 1, 0, 1}));
        QVERIFY((histogram(std::vector<double>{3, 3}, Range{3, 3}, 2) == std::vector<std::int64_t>{2, 0}));
        QVERIFY(rangeOf({}).high == 0 && histogram({}, {}, 3) == std::vector<std::int64_t>(3, 0));
    }

    void proportions()
    {
        for (const Json& row : m_expected.at("wilson")) {
            const Interval got = wilsonInterval(row.at(0).get<double>(), row.at(1).get<double>());
            QVERIFY(isNear(got.low, row.at(2).get<double>()) && isNear(got.high, row.at(3).get<double>()));
        }
        for (const Json& row : m_expected.at("exact")) {
            const Interval got = exactInterval(row.at(0).get<int>(), row.at(1).get<int>());
            QVERIFY(isNear(got.low, row.at(2).get<double>()) && isNear(got.high, row.at(3).get<double>()));
        }
    }

    // As a script finds them that searches for the likeliest shares; the first two are -0.517 to -0.026 and -0.124 to -0.005 in the paper that
    // recommends them (Fagerland, Lydersen and Laake 2014).
    void differencesOfShares()
    {
        for (const Json& row : m_expected.at("paired")) {
            const Interval got = pairedInterval(row.at(0).get<double>(), row.at(1).get<double>(), row.at(2).get<double>());
            QVERIFY(isNear(got.low, row.at(3).get<double>(), 1e-7) && isNear(got.high, row.at(4).get<double>(), 1e-7));
        }
        for (int n = 1; n < 60; ++n) { // the ends are the ends, not a rounding beside them
            QVERIFY(wilsonInterval(0, n).low == 0 && wilsonInterval(n, n).high == 1);
        }
        const double z = normalQuantile(0.975);
        const Interval none = pairedInterval(0, 0, 50); // nothing differs: known of 50 rows, not of all
        QVERIFY(isNear(none.high, z * z / (50 + z * z)) && isNear(none.low, -none.high));
        QVERIFY(pairedInterval(50, 0, 50).low == -1 && pairedInterval(0, 50, 50).high == 1);
        const Interval wins = pairedInterval(13, 37, 50); // each row is won by one of them: a share
        const Interval share = wilsonInterval(37, 50);
        QVERIFY(isNear((1 + wins.low) / 2, share.low) && isNear((1 + wins.high) / 2, share.high));
    }

    // Over every outcome that can be, weighed by how likely it is: nothing is drawn here.
    void differencesOfSharesHoldWhatTheyPromise_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<double>("firstAlone");
        QTest::addColumn<double>("secondAlone");
        QTest::newRow("as good, many differ") << 200 << 0.135 << 0.135;
        QTest::newRow("as good, few differ") << 200 << 0.03 << 0.03;
        QTest::newRow("better") << 200 << 0.1 << 0.2;
        QTest::newRow("sixty rows, few differ") << 60 << 0.02 << 0.05;
        QTest::newRow("sixty rows, better") << 60 << 0.1 << 0.2;
    }

    void differencesOfSharesHoldWhatTheyPromise()
    {
        QFETCH(int, rows);
        QFETCH(double, firstAlone);
        QFETCH(double, secondAlone);
        double held = 0;
        for (int first = 0; first <= rows; ++first) {
            for (int second = 0; second + first <= rows; ++second) {
                const int same = rows - first - second;
                const double likely = std::exp(std::lgamma(rows + 1.0) - std::lgamma(first + 1.0) - std::lgamma(second + 1.0) - std::lgamma(same + 1.0)
                                               + first * std::log(firstAlone) + second * std::log(secondAlone) + same * std::log(1 - firstAlone - secondAlone));
                if (likely > 1e-9) {
                    held += holds(pairedInterval(first, second, rows), secondAlone - firstAlone) ? likely : 0;
                }
            }
        }
        QVERIFY(isAsPromised(held));
    }

    // Draws that are alike count half on each side: an interval of 95 % of a hundred throws of a coin ends between two numbers of heads.
    void drawsThatAreAlikeCountHalf()
    {
        const std::vector<double> drawn{0, 1, 1, 1, 1, 1, 1, 1, 1, 2};
        const Interval interval = percentileInterval(drawn, 1000000, 0.8); // a tenth lies below 1/2 of the way: 0.05 at 0, 0.5 at 1, 0.95 at 2
        QVERIFY(isNear(interval.low, 0.05 / 0.45, 1e-4) && isNear(interval.high, 2 - 0.05 / 0.45, 1e-4));
        std::vector<double> rounded{0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2, 1, 1}; // 0.1 + 0.2 is 0.3 and a little
        QVERIFY(std::abs(percentileInterval(rounded, 1000000, 0.01).low - percentileInterval({0.3, 0.3, 0.3, 0.3, 1, 1}, 1000000, 0.01).low) < 1e-12);
        QVERIFY(isNear(bootstrapP(std::vector<double>{0, 0, 0, 0}, 300), 1));
        const std::vector<double> oneWay(999, 1);
        QVERIFY(isNear(bootstrapP(oneWay, 300), 0.002));
        // Two rows that changed alike tell nothing, however often they are drawn.
        QVERIFY(isNear(bootstrapP(oneWay, 1), 1));
        QVERIFY(isNear(bootstrapP(oneWay, 2), 0.5));
        QVERIFY(isNear(bootstrapP(oneWay, 5), 0.0625));
        QVERIFY(isNear(bootstrapP(oneWay, 6), 0.03125));
    }

    void mcnemarIsExact()
    {
        for (const Json& row : m_expected.at("mcnemar")) {
            QVERIFY(isNear(mcnemar(row.at(0).get<int>(), row.at(1).get<int>()), row.at(2).get<double>()));
        }
    }

    // Cohen's by scikit-learn; Krippendorff's on the example of his paper of 2011: nominal 0.743, ordinal 0.815, interval 0.849.
    void agreement()
    {
        const Json& kappa = m_expected.at("kappa");
        QVERIFY(isNear(cohenKappa(kappa.at("first").get<std::vector<int>>(), kappa.at("second").get<std::vector<int>>()), kappa.at("value").get<double>()));
        std::vector<std::vector<std::optional<double>>> judgements;
        for (const Json& judge : m_expected.at("krippendorff").at("judgements")) {
            auto& row = judgements.emplace_back();
            for (const Json& judgement : judge) {
                row.push_back(judgement.is_null() ? std::nullopt : std::optional<double>(judgement.get<double>()));
            }
        }
        const Json& alpha = m_expected.at("krippendorff").at("alpha");
        QVERIFY(isNear(krippendorffAlpha(judgements, Scale::Nominal), alpha.at("nominal").get<double>()));
        QVERIFY(isNear(krippendorffAlpha(judgements, Scale::Ordinal), alpha.at("ordinal").get<double>()));
        QVERIFY(isNear(krippendorffAlpha(judgements, Scale::Interval), alpha.at("interval").get<double>()));
        QCOMPARE(std::round(1000 * krippendorffAlpha(judgements, Scale::Nominal)), 743.0);
        QCOMPARE(std::round(1000 * krippendorffAlpha(judgements, Scale::Interval)), 849.0);
    }

    // arena-rank stops its search at a gradient of 1e-9 of the mean loss.
    void ratingsAreArenas()
    {
        const Json expected = need(base::readJson(support::kReference / "metrics.json")).at("ratings");
        std::vector<Battle> battles;
        for (const Json& battle : expected.at("battles")) {
            battles.push_back({battle.at(0).get<std::uint32_t>(), battle.at(1).get<std::uint32_t>(), battle.at(2).get<double>()});
        }
        const auto ratings = bradleyTerry(battles, expected.at("names").size());
        for (std::size_t i = 0; i < ratings.size(); ++i) {
            QVERIFY(isNear(ratings[i].value, expected.at("ratings").at(i).get<double>(), 1e-5));
            QVERIFY(isNear(ratings[i].interval.low, expected.at("low").at(i).get<double>(), 1e-5));
            QVERIFY(isNear(ratings[i].interval.high, expected.at("high").at(i).get<double>(), 1e-5));
            QVERIFY(ratings[i].isBounded);
        }
    }

    // Three systems, each pair of them 60 times, with ties: every interval holds where its system stands when nothing is left to chance.
    void ratingsHoldWhatTheyPromise()
    {
        constexpr int kBattles = 60;
        const std::vector<Battle> meetings{{0, 1, 0.6}, {1, 2, 0.5}, {0, 2, 0.6}}; // outcome: what is expected
        const auto truth = bradleyTerry(meetings, 3);
        const double share = shareHeld(2000, 3, [&](base::Random& random) {
            std::vector<Battle> battles;
            for (const Battle& meeting : meetings) {
                for (int i = 0; i < kBattles; ++i) {
                    constexpr double kTie = 0.3;
                    const double draw = random.uniform();
                    const double outcome = draw < kTie ? 0.5 : draw < kTie / 2 + meeting.outcome ? 1.0 : 0.0;
                    battles.push_back({meeting.first, meeting.second, outcome});
                }
            }
            const auto ratings = bradleyTerry(battles, 3);
            int held = 0;
            for (std::size_t i = 0; i < ratings.size(); ++i) {
                held += holds(ratings[i].interval, truth[i].value) ? 1 : 0;
            }
            return held / 3.0;
        });
        QVERIFY(isAsPromised(share));
    }

    void allWonHasNoBound()
    {
        const auto ratings = bradleyTerry(std::vector<Battle>(20, {0, 1, 1.0}), 3);
        QVERIFY(!ratings[0].isBounded && !ratings[1].isBounded);
        QVERIFY(ratings[0].value > ratings[1].value && std::isfinite(ratings[0].value));
        QCOMPARE(ratings[2].battles, 0);
    }

    void intervalsHoldWhatTheyPromise_data()
    {
        QTest::addColumn<int>("clusters");
        QTest::addColumn<int>("rowsOfEach");
        QTest::addColumn<double>("shared");
        QTest::newRow("rows of their own") << 60 << 1 << 0.0;
        QTest::newRow("few rows") << 12 << 1 << 0.0;
        QTest::newRow("clusters of six") << 30 << 6 << 0.5;
    }

    void intervalsHoldWhatTheyPromise()
    {
        QFETCH(int, clusters);
        QFETCH(int, rowsOfEach);
        QFETCH(double, shared);
        QVERIFY(isAsPromised(coverage(static_cast<std::size_t>(clusters), static_cast<std::size_t>(rowsOfEach), shared, true)));
    }

    // What an evaluation asks: shares of right answers, and their difference between two systems that answered the same rows; rows alone and
    // in clusters. Where both are as good in truth, a difference is found in 5 of 100 worlds, or fewer.
    void sharesAndDifferences_data()
    {
        QTest::addColumn<int>("clusters");
        QTest::addColumn<int>("rowsOfEach");
        QTest::addColumn<double>("shared");
        QTest::newRow("rows of their own") << 200 << 1 << 0.0;
        QTest::newRow("clusters of four") << 40 << 4 << 0.5;
    }

    void sharesAndDifferences()
    {
        QFETCH(int, clusters);
        QFETCH(int, rowsOfEach);
        QFETCH(double, shared);
        constexpr int kWorlds = 2000;
        constexpr double kRight = 0.7;
        constexpr double kOther = 0.5;
        base::Random random(2026);
        int share = 0;
        int difference = 0;
        int none = 0;
        int found = 0;
        int drawnNone = 0; // by drawing, of rows that stand alone too
        for (int world = 0; world < kWorlds; ++world) {
            std::vector<double> first;
            std::vector<double> second;
            std::vector<double> equal; // another system as good as the first
            std::vector<std::uint32_t> groups;
            for (int cluster = 0; cluster < clusters; ++cluster) {
                const double common = std::sqrt(shared) * normalDraw(random);
                for (int i = 0; i < rowsOfEach; ++i) {
                    const double row = std::sqrt(0.5) * normalDraw(random); // what makes a row hard for all
                    const auto isRight = [&](double of) { return common + std::sqrt(1 - shared) * (row + std::sqrt(0.5) * normalDraw(random)) < normalQuantile(of) ? 1.0 : 0.0; };
                    first.push_back(isRight(kRight));
                    second.push_back(isRight(kOther));
                    equal.push_back(isRight(kRight));
                    groups.push_back(static_cast<std::uint32_t>(cluster));
                }
            }
            const std::vector<ValueOfCounts> values{meanOf(first), meanOf(second), meanOf(equal)};
            const auto drawn = need(resample(values, groups, {.draws = 500, .seed = random.next()}));
            const auto numGroups = static_cast<std::size_t>(clusters);
            const auto minus = [&](std::size_t other) { return differencesOf(drawn[0], drawn[other]); };
            // As an evaluation has them: rows that stand alone by their scores, clusters by drawing.
            const auto n = static_cast<double>(first.size());
            const auto against = [&](std::size_t place, const std::vector<double>& other) {
                double only = 0;
                double onlyOther = 0;
                for (std::size_t i = 0; i < first.size(); ++i) {
                    only += first[i] > other[i] ? 1 : 0;
                    onlyOther += first[i] < other[i] ? 1 : 0;
                }
                return rowsOfEach == 1 ? pairedInterval(onlyOther, only, n) : percentileInterval(minus(place), numGroups, 0.95);
            };
            const double right = std::accumulate(first.begin(), first.end(), 0.0);
            share += holds(rowsOfEach == 1 ? wilsonInterval(right, n) : percentileInterval(drawn[0], numGroups, 0.95), kRight) ? 1 : 0;
            difference += holds(against(1, second), kRight - kOther) ? 1 : 0;
            const bool isNone = holds(against(2, equal), 0);
            none += isNone ? 1 : 0;
            drawnNone += holds(percentileInterval(minus(2), numGroups, 0.95), 0) ? 1 : 0;
            found += bootstrapP(minus(2), numGroups) < 0.05 && !isNone ? 1 : 0;
        }
        const auto of = [](int count) { return static_cast<double>(count) / kWorlds; };
        qInfo("shares held %.4f, differences %.4f, no difference %.4f (by drawing %.4f), found where there is none %.4f", of(share), of(difference), of(none),
              of(drawnNone), of(found));
        QVERIFY(of(share) >= 0.94 && of(share) <= 0.96);
        QVERIFY(of(difference) >= 0.94 && of(difference) <= 0.96);
        QVERIFY(of(none) >= 0.94 && of(none) <= 0.96);
        QVERIFY(of(drawnNone) >= 0.94 && of(drawnNone) <= 0.96); // 0.9635 when draws that are alike counted whole on both sides
        QVERIFY(of(found) <= 0.06);
    }

    // A share of rows that stand alone: of all shares from one to nine in ten, the score interval holds 95 of 100.
    void sharesAloneByWilson()
    {
        const double share = shareHeld(2000, 7, [](base::Random& random) {
            const double truth = 0.1 + 0.8 * random.uniform();
            int right = 0;
            for (int i = 0; i < 60; ++i) {
                right += random.uniform() < truth ? 1 : 0;
            }
            return holds(wilsonInterval(right, 60), truth);
        });
        QVERIFY(isAsPromised(share));
    }

    // The fault that clusters are there for: taken for independent, rows of one source promise 95 % and hold far less.
    void rowsTakenForIndependentDeceive()
    {
        const double held = coverage(30, 6, 0.5, false);
        QVERIFY2(held < 0.80, qPrintable(QString::number(held)));
    }

    void sameSeedSameDraws()
    {
        const std::vector<double> numbers{1, 2, 3, 5, 8, 13};
        const std::vector<ValueOfCounts> values{meanOf(numbers)};
        const auto once = need(resample(values, eachItsOwn(6), {}));
        const auto again = need(resample(values, eachItsOwn(6), {}));
        const auto other = need(resample(values, eachItsOwn(6), {.seed = 43}));
        QVERIFY(once == again && once != other);
    }

    // Two systems that fail on the same rows differ far more surely than their own intervals say.
    void differencesArePaired()
    {
        base::Random random(9);
        std::vector<double> first;
        std::vector<double> second;
        for (int i = 0; i < 200; ++i) {
            first.push_back(random.uniform());
            second.push_back(first.back() + 0.02 + 0.02 * normalDraw(random));
        }
        const std::vector<ValueOfCounts> values{meanOf(first), meanOf(second)};
        const auto drawn = need(resample(values, eachItsOwn(200), {}));
        const auto differences = differencesOf(drawn[1], drawn[0]);
        QVERIFY(bootstrapP(differences, 200) < 0.01);
        QVERIFY(standardDeviation(differences) < 0.1 * standardDeviation(drawn[0]));
    }

    // n = (1.96 + 0.84)^2 times the variance of a row over the squared difference.
    void rowsThatWouldShowIt()
    {
        QVERIFY(isNear(rowsToShow(0.05, 0.05, 100), 100 * 7.848879734349088, 1e-6));
        QVERIFY(std::isnan(rowsToShow(0, 0.05, 100)));
        QVERIFY(isNear(rowsToShow(smallestShown(0.05), 0.05, 100), 100));
    }

    void oneClusterSaysNothing()
    {
        const std::vector<double> numbers{1, 2, 3};
        const std::vector<ValueOfCounts> values{meanOf(numbers)};
        const std::vector<std::uint32_t> one{0, 0, 0};
        const auto drawn = need(resample(values, one, {}));
        QVERIFY(std::isnan(percentileInterval(drawn[0], 1, 0.95).low));
    }

    void distributions()
    {
        QVERIFY(isNear(normalQuantile(0.975), 1.959963984540054));
        QVERIFY(isNear(studentQuantile(0.975, 11), 2.200985160082949));
        QVERIFY(isNear(studentQuantile(0.025, 1), -12.706204736432095));
        QVERIFY(isNear(binomialCdf(3, 10, 0.5), 0.171875));
        QVERIFY(isNear(betaCdf(0.3, 2, 5), 0.579825));
    }

private:
    Json m_expected;
};

QTEST_APPLESS_MAIN(TestIntervals)
#include "tst_intervals.moc"
