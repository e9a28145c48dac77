// SPDX-License-Identifier: GPL-3.0-or-later
// kill -9 at random moments of every stage of the pipeline: examples, pairs that a judge makes, the reward model, PPO over it, and GRPO and DPO
// in its place. Begun again by the same command each time, it ends with the same pairs and the same weights as one that nobody disturbed,
// to the bit. LUTHIER_KILLS says how often a stage is killed (2; a long test takes 20).
#include "core/base/files.h"
#include "core/pipeline/collection.h"
#include "core/pipeline/pipeline.h"
#include "core/store/judgings.h"
#include "tests/support/file_bytes.h"
#include "tests/support/json_lines.h"
#include "tests/support/tiny_run.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QDir>
#include <QtTest>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace luthier;
using support::bytesOf;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
constexpr int kLongest = 200'000; // ms

// A pipeline, which is made twice: undisturbed, and killed.
struct Way {
    const char* route;
    std::vector<std::string> stages; // to be done, in their order
    bool isJudged;                   // its pairs are made by a judge

    QString whole() const { return QString::fromLatin1(route) + QStringLiteral("-whole"); }
    QString killed() const { return QString::fromLatin1(route) + QStringLiteral("-killed"); }
};
const Way kWays[] = {{"ppo", {"examples", "preferences", "reward", "tuning"}, true}, {"grpo", {"reward", "tuning"}, false}, {"dpo", {"examples", "tuning"}, false}};

int kills()
{
    const int asked = qEnvironmentVariableIntValue("LUTHIER_KILLS");
    return asked > 0 ? asked : 2;
}

struct Ending {
    int code = -1; // -1: killed
    std::string said;
};

// Killed after so many milliseconds, unless it is done before; 0: never.
Ending sit(const QStringList& arguments, int killAfter)
{
    QProcess process;
    process.start(kProgram, arguments + QStringList{"--json", "--device", "cpu", "--threads", "1"});
    if (killAfter > 0 && !process.waitForFinished(killAfter)) {
        process.kill(); // SIGKILL
    }
    process.waitForFinished(kLongest);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardError().right(600).toStdString()};
}

} // namespace

class TestPipelineKills : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // A judge, and questions that the model answers twice.
    void initTestCase()
    {
        std::string rows;
        std::string questions;
        for (int i = 0; i < 24; ++i) {
            const std::string prompt = "What lies on bench " + std::to_string(i) + "?";
            rows += base::dumpJson(Json{{"prompt", prompt}, {"chosen", "A saw."}, {"rejected", "Planes, planes and planes."}}) + "\n";
            questions += base::dumpJson(Json{{"prompt", prompt}, {"response", "A saw."}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(m_tiny.path("pairs.jsonl"), rows) && base::writeFileAtomically(m_tiny.path("questions.jsonl"), questions));
        const config::RunConfig kept = m_tiny.config;
        m_tiny.config.objective.kind = "reward";
        m_tiny.config.data.train = {m_tiny.path("pairs.jsonl")};
        m_tiny.config.run.maxSteps = 4;
        support::EventLog log;
        const auto ended = m_tiny.run("judge", log);
        QVERIFY2(ended.outcome == train::Outcome::Finished, ended.sentence.c_str());
        m_tiny.config = kept;
    }

    // What cannot be begun says why.
    void badChoices()
    {
        const auto choose = [&](QStringList more) {
            return support::jsonLinesOf(kProgram, QStringList{"pipeline", "choose", "--project", path("bad"), "--model", path("model")} + more + QStringList{"--json"}, kLongest);
        };
        QVERIFY(base::writeFileAtomically(m_tiny.path("rubric.txt"), std::string("Which is better?")));
        const auto rubric = choose({"--rubric", path("rubric.txt")});
        QVERIFY2(rubric.code == 1 && rubric.err.contains("{first}"), rubric.err.constData());
        QVERIFY(base::writeFileAtomically(m_tiny.path("texts.jsonl"), std::string("{\"text\":\"A saw.\"}\n")));
        QCOMPARE(choose({"--questions", path("texts.jsonl"), "--judge", path("judge")}).code, 0);
        const Ending none = sit(run(QStringLiteral("bad")), 0);
        QVERIFY2(none.code == 1 && none.said.find("no row asks anything") != std::string::npos, none.said.c_str());
        const auto nowhere = choose({"--questions", path("questions.jsonl"), "--judge", path("nowhere")});
        QVERIFY2(nowhere.code == 1 && nowhere.err.contains("nowhere"), nowhere.err.constData());
        // One that was there when it was chosen.
        QCOMPARE(choose({"--questions", path("questions.jsonl"), "--judge", path("judge")}).code, 0);
        QVERIFY(QDir().rename(path("judge"), path("elsewhere")));
        const Ending nobody = sit(run(QStringLiteral("bad")), 0);
        QVERIFY(QDir().rename(path("elsewhere"), path("judge")));
        QVERIFY2(nobody.code == 1 && nobody.said.find("The judge") != std::string::npos, nobody.said.c_str());
    }

    void killedAtRandom_data()
    {
        QTest::addColumn<int>("way");
        QTest::addColumn<QString>("stage");
        for (int way = 0; way < static_cast<int>(std::size(kWays)); ++way) {
            for (const std::string& stage : kWays[way].stages) {
                QTest::addRow("%s, %s", kWays[way].route, stage.c_str()) << way << QString::fromStdString(stage);
            }
        }
    }

    // In the order of the stages: each goes on where the one before it ended.
    void killedAtRandom()
    {
        QFETCH(int, way);
        QFETCH(QString, stage);
        const Way& own = kWays[way];
        const std::string name = stage.toStdString();
        if (name == own.stages.front()) {
            begin(own, own.whole());
            begin(own, own.killed());
        }
        QElapsedTimer clock;
        clock.start();
        const Ending undisturbed = sit(run(own.whole()), 0);
        QVERIFY2(undisturbed.code == 0, undisturbed.said.c_str());
        const auto longest = static_cast<int>(std::max<qint64>(clock.elapsed() * 9 / 10, 101)); // within the stage, however fast the machine
        std::mt19937 random(std::random_device{}());
        int killed = 0;
        for (int i = 0; i <= kills(); ++i) {
            const int after = i < kills() ? static_cast<int>(std::uniform_int_distribution<>(100, longest)(random)) : 0;
            const Ending ended = sit(run(own.killed()), after);
            if (ended.said.find("Every stage is done") != std::string::npos) { // the kill came behind the last result
                break;
            }
            QVERIFY2(ended.code <= 0, ("killed after " + std::to_string(after) + " ms: " + ended.said).c_str());
            killed += ended.code < 0 ? 1 : 0;
            if (ended.code == 0) {
                break;
            }
        }
        m_killed += killed;
        const auto whole = resultsOf(own.whole(), own, name);
        const auto again = resultsOf(own.killed(), own, name);
        QVERIFY(!whole.empty() && whole.size() == again.size());
        for (std::size_t i = 0; i < whole.size(); ++i) {
            QVERIFY2(!bytesOf(whole[i]).empty(), whole[i].c_str());
            QVERIFY2(bytesOf(whole[i]) == bytesOf(again[i]), again[i].c_str());
        }
        qInfo("killed %d times, %zu files equal", killed, whole.size());
    }

    void pairsThatAJudgeMade()
    {
        const auto project = store::Project::open(path(kWays[0].whole()).toStdString());
        QVERIFY(project.ok());
        const auto choices = **pipeline::readChoices(**project);
        QVERIFY2(choices.collected.find("24 questions answered twice") != std::string::npos, choices.collected.c_str());
        const auto dataset = data::Dataset::open(choices.preferences, {"auto", {}, {}, {}});
        QVERIFY2(dataset, dataset ? "" : dataset.message().c_str());
        QVERIFY((*dataset)->rowCount() > 0);
        for (std::int64_t row = 0; row < (*dataset)->rowCount(); ++row) {
            const auto example = (*dataset)->example(row);
            QVERIFY(example && example->kind == data::ExampleKind::Preference);
            QVERIFY(example->chosen.back().content != example->rejected.back().content);
        }
        const auto look = pipeline::look(**project, choices);
        QVERIFY(look && look->next.empty());
        const auto judgings = (*project)->judgings().all();
        QVERIFY(judgings && judgings->size() == 1 && judgings->front().votes == judgings->front().pairs); // people can look at it
    }

    void someWereKilled() { QVERIFY(m_killed > 0); }

private:
    QString path(const QString& name) const { return QString::fromStdString(m_tiny.path(name.toStdString())); }
    QString path(const char* name) const { return path(QString::fromLatin1(name)); }
    QStringList run(const QString& project) const { return {"pipeline", "run", "--project", path(project)}; }

    void begin(const Way& way, const QString& project)
    {
        const auto choose = [&](QStringList more) {
            const auto outcome = support::jsonLinesOf(kProgram, QStringList{"pipeline", "choose"} + more + QStringList{"--project", path(project), "--json"}, kLongest);
            QVERIFY2(outcome.code == 0, outcome.err.constData());
        };
        choose({"--route", QString::fromLatin1(way.route), "--model", path("model")});
        way.isJudged ? choose({"--questions", path("questions.jsonl"), "--judge", path("judge"), "--max-new", "12"}) : choose({"--preferences", path("pairs.jsonl")});
        if (way.stages.front() == "examples") {
            choose({"--examples", path("rows.jsonl")});
        }
        for (const std::string& stage : way.stages) {
            if (stage != "preferences") {
                choose({QString::fromStdString(stage), "--set", "run.max_steps=8", "--set", "run.epochs=50", "--set", "run.checkpoint_every=2", "--set", "run.batch_size=2", "--set",
                        "data.max_length=96", "--set", "method.rank=4"});
            }
        }
        if (std::string_view(way.route) != "dpo") {
            choose({"tuning", "--set", "objective.max_new=8", "--set", "objective.first_answers=0", "--set", "run.batch_size=4"});
        }
    }

    // The files that a stage made.
    std::vector<std::string> resultsOf(const QString& name, const Way& way, const std::string& stage)
    {
        const auto project = store::Project::open(path(name).toStdString());
        const auto choices = project ? pipeline::readChoices(**project) : Result<std::optional<pipeline::Choices>>(project.error());
        if (!choices || !*choices) {
            return {};
        }
        if (stage == "preferences") {
            return {(*choices)->preferences};
        }
        const auto known = (*choices)->runs.find(pipeline::keyOf(**choices, stage));
        const auto run = known == (*choices)->runs.end() ? Result<store::RunRow>(Error{}) : (*project)->run(known->second);
        if (!run) {
            return {};
        }
        std::vector<std::string> files{run->result + "/adapter_model.safetensors"};
        if (stage == "tuning" && std::string_view(way.route) == "ppo") {
            files.push_back(run->result + "/value/adapter_model.safetensors");
        }
        return files;
    }

    support::TinyRun m_tiny;
    int m_killed = 0;
};

QTEST_GUILESS_MAIN(TestPipelineKills)
#include "tst_pipeline_kills.moc"
