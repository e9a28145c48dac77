// SPDX-License-Identifier: GPL-3.0-or-later
// Sweeps and the search for a learning rate: which trials there are, which go on, and what a curve suggests.
#include "tests/support/tiny_run.h"

#include "core/train/event_measures.h"
#include "core/train/trials/rate_finder.h"
#include "core/train/trials/sweep.h"
#include "tests/support/need.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace luthier;
using support::need;

class TestSweep : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void variantsAreText()
    {
        const train::Variant variant{"lora", {{"method.rank", "8"}, {"optimizer.learning_rate", "1e-4"}}};
        QCOMPARE(train::toText(variant), std::string("lora;method.rank=8;optimizer.learning_rate=1e-4"));
        const train::Variant back = train::variantOf(train::toText(variant));
        QCOMPARE(back.method, variant.method);
        QVERIFY(back.settings == variant.settings);
        QVERIFY(train::variantOf("full").settings.empty());
        const auto changed = need(train::withMethod({}, train::toText(variant)));
        QCOMPARE(changed.optimizer.learningRate, 1e-4);
        QCOMPARE(changed.method.of<peft::LoraSettings>().rank, std::int64_t{8});
        QVERIFY(!train::withMethod({}, "lora;method.none=1").ok() && !train::withMethod({}, "none").ok());
    }

    void axes()
    {
        const auto list = need(train::parseAxis("learning_rate=1e-4,2e-4"));
        QCOMPARE(list.key, std::string("optimizer.learning_rate"));
        QCOMPARE(list.values.size(), std::size_t{2});
        const auto range = need(train::parseAxis("optimizer.learning_rate=1e-5..1e-3"));
        QVERIFY(range.values.empty() && range.low == 1e-5 && range.high == 1e-3);
        for (const char* bad : {"none=1", "learning_rate", "learning_rate=", "learning_rate=2..1", "learning_rate=a..b", "kind=lora,full"}) {
            QVERIFY2(!train::parseAxis(bad).ok(), bad);
        }
    }

    void trials()
    {
        config::RunConfig config;
        config.model.path = "m";
        config.data.train = {"d"};
        train::SweepSpec grid;
        grid.axes = {need(train::parseAxis("learning_rate=1e-4,2e-4,5e-4")), need(train::parseAxis("method.rank=8,16"))};
        QCOMPARE(need(train::sweepVariants(config, grid, 100)).size(), std::size_t{6});
        train::SweepSpec random = grid;
        random.kind = train::SweepKind::Random;
        random.trials = 12;
        random.axes = {need(train::parseAxis("learning_rate=1e-5..1e-3")), need(train::parseAxis("method.rank=4..64"))};
        const auto drawn = need(train::sweepVariants(config, random, 100));
        QCOMPARE(drawn.size(), std::size_t{12});
        std::set<std::string> different;
        int low = 0;
        for (const train::Variant& variant : drawn) {
            different.insert(train::toText(variant));
            const double rate = std::stod(variant.settings[0].second);
            QVERIFY(rate >= 1e-5 && rate <= 1e-3);
            low += rate < 1e-4; // by the logarithm about half lie below the middle
            QCOMPARE(variant.settings[1].second.find('.'), std::string::npos); // a whole number
        }
        QCOMPARE(different.size(), drawn.size());
        QVERIFY2(low >= 2 && low <= 10, qPrintable(QString::number(low)));
        QVERIFY(train::sweepVariants(config, random, 100)->front().settings == drawn.front().settings); // the same seed
        train::SweepSpec broken = grid;
        broken.axes = {need(train::parseAxis("method.rank=0"))};
        QVERIFY(!train::sweepVariants(config, broken, 100).ok());
        QVERIFY(!train::sweepVariants(config, {}, 100).ok());
        broken.axes = random.axes;
        QVERIFY(!train::sweepVariants(config, broken, 100).ok()); // a range in a grid
    }

    // Nine for a ninth of the steps, three for a third, one for all.
    void halving()
    {
        config::RunConfig config;
        config.model.path = "m";
        config.data.train = {"d"};
        train::SweepSpec spec;
        spec.kind = train::SweepKind::Halving;
        spec.trials = 9;
        spec.axes = {need(train::parseAxis("learning_rate=1e-5..1e-3"))};
        auto round = need(train::sweepVariants(config, spec, 90));
        std::vector<std::size_t> sizes;
        std::vector<std::string> steps;
        std::string best;
        while (!round.empty()) {
            sizes.push_back(round.size());
            steps.push_back(round.front().settings.back().second);
            std::vector<train::ShootoutRow> rows;
            for (std::size_t i = 0; i < round.size(); ++i) {
                train::ShootoutRow row;
                row.method = round[i].method;
                row.settings = round[i].settings;
                row.ended.outcome = train::Outcome::Finished;
                train::EvalDone eval{.step = 1, .loss = std::abs(std::log10(std::stod(round[i].settings[0].second)) + 4)}; // best near 1e-4
                train::take(row.measures, eval);
                rows.push_back(row);
            }
            best = round.front().settings.front().second;
            round = train::nextRound(spec, rows, 90);
        }
        QCOMPARE(sizes, (std::vector<std::size_t>{9, 3, 1}));
        QCOMPARE(steps, (std::vector<std::string>{"10", "30", "90"}));
        QVERIFY2(std::abs(std::log10(std::stod(best)) + 4) < 0.4, best.c_str());
    }

    void suggestions()
    {
        train::RateCurve curve; // flat, then down, then up: falls fastest at 1e-3, lowest at 1e-2
        for (int i = 0; i < 60; ++i) {
            const double at = -6 + i * 0.1; // log10 of the rate
            const double loss = at < -4 ? 4 : at < -2 ? 2 + 2 * 0.5 * (1 + std::cos((at + 4) / 2 * 3.14159)) : 2 + 3 * (at + 2) * (at + 2);
            curve.points.push_back({i + 1, std::pow(10, at), loss, loss});
        }
        train::suggest(curve);
        QVERIFY(curve.suggestion && curve.lowest);
        QVERIFY2(std::abs(std::log10(*curve.suggestion) + 3) < 0.25, curve.why.c_str());
        QVERIFY2(std::abs(std::log10(*curve.lowest) + 2) < 0.15, curve.why.c_str());
        for (auto& point : curve.points) {
            point.smoothed = 2 + static_cast<double>(point.step);
        }
        train::suggest(curve);
        QVERIFY(!curve.suggestion && !curve.why.empty());
    }

    // On a run of a moment: it grows by the same factor, and a rate within the tried ones is suggested.
    void findsOne()
    {
        support::TinyRun tiny;
        train::StopControl control;
        int told = 0;
        const auto curve = need(train::findRate(tiny.config, train::runRows(tiny.config.data), {1e-5, 10, 60, 4}, control, [&](const train::RatePoint&) { ++told; }));
        QCOMPARE(told, static_cast<int>(curve.points.size()));
        QVERIFY(curve.points.size() > 20);
        QCOMPARE(curve.points.front().rate, 1e-5);
        const double growth = curve.points[1].rate / curve.points[0].rate;
        QVERIFY(std::abs(curve.points[10].rate / curve.points[9].rate / growth - 1) < 1e-9);
        QVERIFY2(curve.suggestion && *curve.suggestion > 1e-5 && *curve.suggestion < 10, curve.why.c_str());
        config::RunConfig alone = tiny.config; // rates that change nothing: rows differ, the curve does not
        alone.run.batchSize = 1;
        alone.run.gradientAccumulation = 1;
        const auto flat = need(train::findRate(alone, train::runRows(alone.data), {1e-9, 1e-8, 20, 1000}, control));
        const auto spread = [&](double train::RatePoint::*value) {
            const auto [low, high] = std::minmax_element(flat.points.begin(), flat.points.end(), [&](const auto& a, const auto& b) { return a.*value < b.*value; });
            return (*high).*value - (*low).*value;
        };
        QCOMPARE(flat.points.size(), std::size_t(20));
        QVERIFY2(spread(&train::RatePoint::smoothed) < 0.1 * spread(&train::RatePoint::loss),
                 qPrintable(QStringLiteral("%1 of %2").arg(spread(&train::RatePoint::smoothed)).arg(spread(&train::RatePoint::loss))));
        config::RunConfig smoothed = tiny.config; // the loss is the run's
        smoothed.run.labelSmoothing = 0.5;
        const auto other = need(train::findRate(smoothed, train::runRows(smoothed.data), {1e-5, 10, 2, 4}, control));
        QVERIFY2(std::abs(other.points.front().loss - curve.points.front().loss) > 1e-4, std::to_string(other.points.front().loss).c_str());
        control.requestStop();
        QVERIFY(!train::findRate(tiny.config, train::runRows(tiny.config.data), {}, control).ok());
    }
};

QTEST_GUILESS_MAIN(TestSweep)
#include "tst_sweep.moc"
