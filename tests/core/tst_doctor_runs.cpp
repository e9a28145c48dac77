// SPDX-License-Identifier: GPL-3.0-or-later
// The run doctor over real runs that go wrong: recipes for the bundled model that bring about what learning from preferences and
// from answers of its own is known for. The doctor names it with a remedy that the recipe takes, while the run goes on, and
// --quiet does not hide it.
#include "core/base/files.h"
#include "core/config/run_config.h"
#include "core/doctor/doctor.h"
#include "tests/support/json_lines.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <map>

using namespace luthier;

namespace {

constexpr int kPatience = 400'000; // ms
const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
const QString kRecipes = QStringLiteral(LUTHIER_SOURCE_DIR "/resources/recipes/");

const QStringList kPairs = {"first_tune_preferences.json", "objective.nll_weight=0", "run.batch_size=4"};
const QStringList kAnswers = {"first_tune_grpo.json", "objective.kl_in_loss=0", "objective.first_answers=0", "objective.group=4", "run.batch_size=8", "data.held_out_share=0"};

} // namespace

class TestDoctorRuns : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void names_data();
    void names();

private:
    support::JsonLines tuned(const QStringList& settings, int seed) const;

    QTemporaryDir m_folder;
};

// Pairs whose answers differ in one word: what makes it less likely makes the whole answer less likely.
void TestDoctorRuns::initTestCase()
{
    std::string rows;
    for (const char* thing : {"saw", "plane", "lute", "net", "drum", "lamp", "rope", "bell", "cart", "oven", "loom", "sail"}) {
        for (const char* place : {"bench", "wall", "shelf", "floor"}) {
            const std::string answer = std::string("The ") + thing + " lies on the " + place;
            rows += base::dumpJson(Json{{"prompt", std::string("Where is the ") + thing + " that belongs to the " + place + "?"}, {"chosen", answer + "."}, {"rejected", answer + "!"}}) + "\n";
        }
    }
    QVERIFY(base::writeFileAtomically(m_folder.filePath("near.jsonl").toStdString(), rows).ok());
}

void TestDoctorRuns::names_data()
{
    QTest::addColumn<QStringList>("settings");
    QTest::addColumn<QStringList>("ids");
    QTest::addColumn<QString>("remedy"); // of the first of them
    QTest::newRow("a rate that moves nothing") << kPairs + QStringList{"optimizer.learning_rate=1e-7", "run.batch_size=2", "run.max_steps=42", "data.held_out_share=0"}
                                               << QStringList{"stuck_at_chance"} << QStringLiteral("optimizer.learning_rate");
    QTest::newRow("the end comes too early") << kPairs + QStringList{"optimizer.learning_rate=2e-5", "run.max_steps=30", "data.held_out_share=0.05"}
                                             << QStringList{"barely_learned"} << QStringLiteral("optimizer.learning_rate");
    QTest::newRow("pairs that hardly differ") << kPairs + QStringList{"optimizer.learning_rate=5e-3", "objective.beta=0.005", "run.max_steps=24", "run.eval_every=12", "data.held_out_share=0.2", "data.train=" + m_folder.filePath("near.jsonl")}
                                              << QStringList{"chosen_falls"} << QStringLiteral("objective.nll_weight");
    QTest::newRow("length earns the reward") << kAnswers + QStringList{"optimizer.learning_rate=2e-3", "run.max_steps=42", "run.batch_size=16", "objective.group=8", "objective.temperature=1.4", "objective.max_new=40", "objective.rewards=length least=60 slack=60"}
                                             << QStringList{"kl_runs_away", "bought_reward"} << QStringLiteral("objective.kl_in_loss");
    QTest::newRow("one answer is left") << kAnswers + QStringList{"optimizer.learning_rate=3e-3", "run.max_steps=56", "objective.max_new=16", "objective.rewards=length most=1 slack=20"}
                                        << QStringList{"entropy_gone"} << QStringLiteral("optimizer.learning_rate");
    QTest::newRow("answers are cut") << kAnswers + QStringList{"run.max_steps=11", "objective.max_new=4"} << QStringList{"cut_answers"} << QStringLiteral("objective.max_new");
    QTest::newRow("a rule that never fires") << kAnswers + QStringList{"run.max_steps=17", "objective.max_new=12", "objective.rewards=contains texts=xylophone"}
                                             << QStringList{"no_spread", "zero_gradient", "unmoved"} << QStringLiteral("objective.rewards");
}

support::JsonLines TestDoctorRuns::tuned(const QStringList& settings, int seed) const
{
    QTemporaryDir folder;
    QStringList arguments = {"tune", kRecipes + settings.front(), "--out", folder.filePath("run"), "--json", "--quiet", "--device", "cpu"};
    for (const QString& setting : QStringList{"run.probe_prompts=", "run.threads=1", "run.gradient_accumulation=1", "run.eval_share=1", "run.seed=" + QString::number(seed)} + settings.mid(1)) {
        arguments << "--set" << setting;
    }
    return support::jsonLinesOf(kProgram, arguments, kPatience);
}

void TestDoctorRuns::names()
{
    QFETCH(QStringList, settings);
    QFETCH(QStringList, ids);
    QFETCH(QString, remedy);
    support::JsonLines said;
    std::map<QString, QJsonObject> found;
    const auto isNamed = [&](const QString& id) { return found.count(id) > 0; };
    for (const int seed : {42, 7, 3, 5, 11, 13}) { // answers that are drawn are others on another processor, and may go well
        said = tuned(settings, seed);
        QVERIFY2(said.code == 0, said.err.constData());
        QVERIFY2(!said.err.contains("step 1/"), said.err.constData());
        found.clear();
        for (const QJsonObject& line : said.lines) {
            if (line["event"] == QLatin1String("warning")) {
                found.emplace(line["cause"].toString(), line);
            }
        }
        if (std::all_of(ids.begin(), ids.end(), isNamed) || !settings.front().contains("grpo")) {
            break;
        }
    }
    for (const QString& id : ids) {
        QVERIFY2(isNamed(id), said.err.constData());
        QVERIFY2(doctor::findRow(id.toStdString()), qPrintable(id));
        QVERIFY2(said.err.contains(found[id]["sentence"].toString().left(60).toUtf8()), said.err.constData());
    }
    QStringList keys;
    for (const auto& one : found[ids.front()]["remedies"].toArray()) {
        const auto offered = one.toObject();
        keys += offered["key"].toString();
        QVERIFY2(config::findSetting(offered["key"].toString().toStdString()), qPrintable(keys.last()));
    }
    QVERIFY2(keys.contains(remedy), qPrintable(keys.join(' ')));
}

QTEST_GUILESS_MAIN(TestDoctorRuns)
#include "tst_doctor_runs.moc"
