// SPDX-License-Identifier: GPL-3.0-or-later
// Every schedule: its warm-up, its ends, and values by hand; the config's choices are the table's rows.
#include "core/base/json.h"
#include "core/base/files.h"
#include "core/config/run_config.h"
#include "core/optim/schedules.h"

#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace luthier;

namespace {

optim::ScheduleSettings settingsOf(const std::string& kind, double warmup)
{
    return {{}, kind, warmup};
}

} // namespace

class TestSchedules : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRow_data();
    void everyRow();
    void knownValues_data();
    void knownValues();
    void everyStepAsTransformers_data();
    void everyStepAsTransformers();
    void choicesAreRows();
    void noWarmup();
};

void TestSchedules::everyRow_data()
{
    QTest::addColumn<QString>("id");
    for (const auto& row : optim::schedules()) {
        QTest::newRow(row.id.c_str()) << QString::fromStdString(row.id);
    }
}

void TestSchedules::everyRow()
{
    QFETCH(QString, id);
    const std::string name = id.toStdString();
    QVERIFY(optim::findSchedule(name));
    QVERIFY(!optim::findSchedule(name)->label.empty());
    for (const std::int64_t total : {1, 2, 7, 100, 1001}) {
        // A single step is a real one.
        const auto warmup = total > 1 ? static_cast<std::int64_t>(std::ceil(static_cast<double>(total) * 0.1)) : std::int64_t{0};
        for (std::int64_t taken = 0; taken < total; ++taken) {
            const double rate = optim::learningRateAt(settingsOf(name, 0.1), taken, total);
            QVERIFY(rate >= 0 && rate <= 1);
            if (taken < warmup) {
                QCOMPARE(rate, static_cast<double>(taken) / static_cast<double>(warmup));
            }
        }
        if (warmup < total) {
            QCOMPARE(optim::learningRateAt(settingsOf(name, 0.1), warmup, total), 1.0);
        }
    }
}

void TestSchedules::knownValues_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("taken");
    QTest::addColumn<double>("expected");
    // 20 steps, warm-up 0.1: what transformers' schedulers give.
    QTest::newRow("first") << "linear" << 0 << 0.0;
    QTest::newRow("warming up") << "linear" << 1 << 0.5;
    QTest::newRow("linear 3") << "linear" << 3 << 17.0 / 18.0;
    QTest::newRow("linear 19") << "linear" << 19 << 1.0 / 18.0;
    QTest::newRow("cosine middle") << "cosine" << 11 << 0.5;
    QTest::newRow("cosine 5") << "cosine" << 5 << 0.5 * (1 + std::cos(3.14159265358979323846 * 3 / 18));
    QTest::newRow("constant") << "constant" << 19 << 1.0;
}

void TestSchedules::knownValues()
{
    QFETCH(QString, id);
    QFETCH(int, taken);
    QFETCH(double, expected);
    const double rate = optim::learningRateAt(settingsOf(id.toStdString(), 0.1), taken, 20);
    QVERIFY2(std::abs(rate - expected) < 1e-12, qPrintable(QString::number(rate, 'g', 17)));
}

// Committed values of transformers; every row has some.
void TestSchedules::everyStepAsTransformers_data()
{
    QTest::addColumn<int>("index");
    const auto read = base::readJson(LUTHIER_SOURCE_DIR "/tests/reference/schedules.json");
    QVERIFY(read.ok());
    int index = 0;
    for (const Json& known : read->at("cases")) {
        QTest::addRow("%s %d", known.at("kind").get<std::string>().c_str(), index) << index;
        ++index;
    }
    for (const auto& row : optim::schedules()) {
        const auto& cases = read->at("cases");
        QVERIFY2(std::any_of(cases.begin(), cases.end(), [&](const Json& known) { return known.at("kind") == row.id; }), row.id.c_str());
    }
}

void TestSchedules::everyStepAsTransformers()
{
    QFETCH(int, index);
    const auto read = base::readJson(LUTHIER_SOURCE_DIR "/tests/reference/schedules.json");
    const Json known = read->at("cases").at(static_cast<std::size_t>(index));
    config::RunConfig config;
    config.schedule.kind = known.at("kind");
    for (const auto& [key, value] : known.at("settings").items()) {
        const auto set = config::setByKey(config, "schedule." + key, value.is_string() ? value.get<std::string>() : value.dump());
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
    }
    const auto total = known.at("total").get<std::int64_t>();
    for (std::int64_t taken = 0; taken <= total; ++taken) {
        const double rate = optim::learningRateAt(config.schedule, taken, total);
        const double wanted = known.at("factors").at(static_cast<std::size_t>(taken));
        QVERIFY2(std::abs(rate - wanted) < 1e-12, qPrintable(QStringLiteral("step %1: %2, transformers %3").arg(taken).arg(rate, 0, 'g', 17).arg(wanted, 0, 'g', 17)));
    }
}

void TestSchedules::choicesAreRows()
{
    for (const auto& part : config::parts()) {
        for (const auto& field : part.fields) {
            if (part.key == "schedule" && field.key == "kind") {
                QCOMPARE(field.choices.size(), optim::schedules().size());
                for (std::size_t i = 0; i < field.choices.size(); ++i) {
                    QCOMPARE(field.choices[i].id, optim::schedules()[i].id);
                }
                return;
            }
        }
    }
    QFAIL("there is no setting schedule.kind");
}

void TestSchedules::noWarmup()
{
    QCOMPARE(optim::learningRateAt(settingsOf("linear", 0), 0, 10), 1.0);
    QCOMPARE(optim::learningRateAt(settingsOf("linear", 0), 9, 10), 0.1);
    QCOMPARE(optim::learningRateAt(settingsOf("linear", 0), 10, 10), 0.0);
    QCOMPARE(optim::learningRateAt(settingsOf("linear", 1), 9, 10), 0.9);
}

QTEST_APPLESS_MAIN(TestSchedules)
#include "tst_schedules.moc"
