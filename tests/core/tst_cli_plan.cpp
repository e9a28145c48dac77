// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier plan` beside `luthier tune`: the same numbers, the same refusals, the same rows of a project.
#include "core/base/files.h"
#include "core/store/database.h"
#include "core/store/project.h"
#include "tests/support/json_lines.h"
#include "tests/support/need.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace luthier;
using support::need;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
const std::string kModel = LUTHIER_SOURCE_DIR "/resources/models/luthier-tiny";
constexpr int kRows = 40;

using Outcome = support::JsonLines;

Outcome luthierRun(const QStringList& arguments)
{
    return support::jsonLinesOf(kProgram, arguments + QStringList{"--json", "--device", "cpu", "--threads", "2"}, 200'000);
}

} // namespace

class TestCliPlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        std::string rows = "frage,antwort\n";
        for (int i = 0; i < kRows; ++i) {
            rows += "What is " + std::to_string(i) + "?,It is a plank" + std::string(static_cast<std::size_t>(i % 7) * 3, '!') + "\n";
        }
        need(base::writeFileAtomically(at("rows.csv"), rows));
        const Json recipe = {{"version", 1},
                             {"model", {{"path", kModel}, {"from_scratch", true}}},
                             {"data", {{"train", {"rows.csv"}}, {"columns", {"prompt=frage", "completion=antwort"}}}},
                             {"method", {{"kind", "full"}}},
                             {"run", {{"epochs", 1}, {"batch_size", 2}, {"gradient_accumulation", 2}, {"eval_every", 1000}}}};
        need(base::writeFileAtomically(at("recipe.json"), base::dumpJson(recipe)));
    }

    // A rate that nobody names is the usual one of method and objective.
    void theRateFollows()
    {
        const auto rate = [&](const QStringList& settings) {
            const auto said = luthierRun(QStringList{"plan", path("recipe.json")} + settings);
            return said.code == 0 ? said.lines[0]["learning_rate"].toObject() : QJsonObject();
        };
        QCOMPARE(rate({})["value"].toDouble(), 2e-5);
        const QJsonObject ofLora = rate({"--set", "method.kind=lora", "--set", "model.from_scratch=off"});
        QCOMPARE(ofLora["value"].toDouble(), ofLora["usual"].toDouble());
        QVERIFY(ofLora["value"].toDouble() > 2e-5);
        const QJsonObject named = rate({"--set", "method.kind=lora", "--set", "model.from_scratch=off", "--set", "learning_rate=0.01"});
        QCOMPARE(named["value"].toDouble(), 0.01);
        QCOMPARE(named["usual"].toDouble(), ofLora["usual"].toDouble());
        const QJsonObject ofRewards = rate({"--set", "method.kind=lora", "--set", "model.from_scratch=off", "--set", "objective.kind=grpo", "--set", "run.batch_size=8"});
        QVERIFY(std::abs(ofRewards["value"].toDouble() - 0.05 * ofLora["value"].toDouble()) < 1e-12);
    }

    // The same list by plan and by tune, and what the setting makes of it.
    void whatIsNotLearnedIsSaid()
    {
        std::string rows;
        for (int i = 0; i < kRows; ++i) {
            rows += base::dumpJson(Json{{"id", i}, {"prompt", "Which is the tree of " + std::to_string(i) + "?"}, {"completion", "the oak"},
                                        {"choices", Json::array({"the oak", "the pike"})}}) + "\n";
        }
        need(base::writeFileAtomically(at("rows.jsonl"), rows));
        const QStringList plan{"plan", path("recipe.json"), "--set", "train=" + path("rows.jsonl"), "--set", "columns="};
        const auto said = luthierRun(plan);
        QVERIFY2(said.code == 0, said.err.constData());
        const auto unread = said.lines[0]["unread"].toArray();
        QCOMPARE(unread.size(), 2);
        QCOMPARE(unread[0].toObject()["column"].toString(), QString("choices"));
        QCOMPARE(unread[0].toObject()["rows"].toInt(), kRows);
        QCOMPARE(unread[0].toObject()["file"].toString(), path("rows.jsonl"));
        QCOMPARE(unread[1].toObject()["why"].toString(), QString("bookkeeping"));
        const auto warned = [](const Outcome& outcome) {
            return QJsonDocument(outcome.lines[0]["warnings"].toArray()).toJson().contains("choices");
        };
        QVERIFY(warned(said));
        const auto quiet = luthierRun(plan + QStringList{"--set", "data.unread=ignore"});
        QVERIFY(quiet.code == 0 && !warned(quiet));
        const auto refused = luthierRun(plan + QStringList{"--set", "data.unread=refuse"});
        QVERIFY(refused.code == 1 && refused.err.contains("choices") && refused.err.contains("--map input=choices"));
        const auto mapped = luthierRun(plan + QStringList{"--set", "data.unread=refuse", "--set", "columns=input=choices"});
        QVERIFY2(mapped.code == 0, mapped.err.constData()); // an id alone is nothing to refuse
    }

    void littleThatReadsIsAskedFor()
    {
        std::string rows;
        for (int i = 0; i < 100; ++i) {
            rows += i % 20 == 3 ? "{\"prompt\":\"Who?\",\"completion\":\"Odo " + std::to_string(i) + ".\"}\n" : std::string("{\"note\":7}\n");
        }
        need(base::writeFileAtomically(at("rows.jsonl"), rows));
        const QStringList plan{"plan", path("recipe.json"), "--set", "train=" + path("rows.jsonl"), "--set", "columns="};
        const auto asked = luthierRun(plan);
        QVERIFY2(asked.code == 1 && asked.err.contains("95 of 100 rows") && asked.err.contains("data.broken_share"), asked.err.constData());
        const auto told = luthierRun(plan + QStringList{"--set", "broken_share=1"});
        QVERIFY2(told.code == 0, told.err.constData());
        QCOMPARE(told.lines[0]["rows"].toObject()["broken"].toInt(), 95);
    }

    // Empty answers count as little as rows that cannot be read.
    void emptyAnswersAreAskedForAndCounted()
    {
        std::string rows;
        for (int i = 0; i < 40; ++i) {
            rows += i % 10 == 3 ? "{\"prompt\":\"Who?\",\"completion\":\"Odo " + std::to_string(i) + ".\"}\n" : std::string("{\"prompt\":\"Who?\",\"completion\":\"\"}\n");
        }
        need(base::writeFileAtomically(at("rows.jsonl"), rows));
        const QStringList plan{"plan", path("recipe.json"), "--set", "train=" + path("rows.jsonl"), "--set", "columns="};
        const auto asked = luthierRun(plan);
        QVERIFY2(asked.code == 1 && asked.err.contains("36 of 40 rows have an empty answer"), asked.err.constData());
        const auto told = luthierRun(plan + QStringList{"--set", "broken_share=1"});
        QVERIFY2(told.code == 0, told.err.constData());
        QCOMPARE(told.lines[0]["rows"].toObject()["broken"].toInt(), 0);
        QCOMPARE(told.lines[0]["rows"].toObject()["nothing_to_learn"].toInt(), 36);
        QVERIFY(QJsonDocument(told.lines[0]["warnings"].toArray()).toJson().contains("the answer is empty"));
    }

    // Marks of a template inside of texts may end an answer in its middle: every row is looked at, not those alone whose fields are
    // tried out.
    void marksInsideOfTextsAreSaid()
    {
        std::string rows;
        for (int i = 0; i < 40; ++i) {
            rows += "{\"prompt\":\"Who?\",\"completion\":\"Odo " + std::string(i >= 30 ? "<|end|> " : i == 20 ? "</s> " : "") + std::to_string(i) + ".\"}\n";
        }
        need(base::writeFileAtomically(at("rows.jsonl"), rows));
        const auto told = luthierRun({"plan", path("recipe.json"), "--set", "train=" + path("rows.jsonl"), "--set", "columns="});
        QVERIFY2(told.code == 0, told.err.constData());
        const QByteArray warnings = QJsonDocument(told.lines[0]["warnings"].toArray()).toJson();
        const QByteArray said = "stand inside of what is said in 10 rows (the first is row 31)";
        QVERIFY2(warnings.contains(said), warnings.constData());
        const QByteArray ended = "what ends a text for this model stands inside of what is said in 1 row (row 21)";
        QVERIFY2(warnings.contains(ended), warnings.constData());
        const auto shown = luthierRun({"render", "--model", QString::fromStdString(kModel), "--data", path("rows.jsonl")});
        QVERIFY2(shown.err.contains(said) && shown.err.contains(ended), shown.err.constData());
    }

    // Whatever a command wants of the folder first, it says what lies there.
    void aFolderThatIsNoModelIsNamed_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("said");
        QTest::newRow("shards") << "model-00001-of-00002.safetensors" << "there are shards (model-00001-of-00002.safetensors) without their index";
        QTest::newRow("a cache") << "snapshots/0a1b/config.json" << "this is the hub's cache of one model; choose a folder inside snapshots";
        QTest::newRow("to run alone") << "model.onnx" << "this is a model in ONNX (model.onnx)";
        QTest::newRow("an adapter") << "adapter_model.safetensors" << "this is an adapter; open its base model";
        QTest::newRow("nothing") << "" << "the folder is empty";
    }

    void aFolderThatIsNoModelIsNamed()
    {
        QFETCH(QString, file);
        QFETCH(QString, said);
        QDir other(path("other"));
        QVERIFY(other.mkpath(QStringLiteral(".")) && other.mkpath(QFileInfo(other.filePath(file)).path()));
        if (!file.isEmpty()) {
            need(base::writeFileAtomically(other.filePath(file).toStdString(), ""));
        }
        const QString rows = path("rows.jsonl");
        need(base::writeFileAtomically(rows.toStdString(), "{\"prompt\":\"Who?\",\"completion\":\"Odo.\"}\n"));
        const QStringList model{"--model", other.path()};
        const QStringList changed{path("recipe.json"), "--set", "train=" + rows, "--set", "columns=", "--set", "model.path=" + other.path()};
        for (const QStringList& command : {QStringList{"plan"} + changed, QStringList{"tune"} + changed + QStringList{"--out", path("no")},
                                           QStringList{"plan"} + changed + QStringList{"--set", "model.from_scratch=true"}, QStringList{"render", "--data", rows} + model,
                                           QStringList{"tokenize", "--text", "Who?"} + model, QStringList{"generate", "--prompt", "Who?"} + model}) {
            const auto told = luthierRun(command);
            QCOMPARE(told.code, 1);
            QVERIFY2(QString::fromUtf8(told.err).contains(said), qPrintable(command.join(u' ') + ": " + told.err));
        }
        QVERIFY(other.removeRecursively());
    }

    // A template that takes no system: the sentence says what helps, and it does.
    void systemTurnsCanBeFolded()
    {
        QDir folder(m_folder->path());
        QVERIFY(folder.mkpath("model"));
        for (const QFileInfo& file : QDir(QString::fromStdString(kModel)).entryInfoList(QDir::Files)) {
            QVERIFY(QFile::link(file.filePath(), m_folder->filePath("model/" + file.fileName())));
        }
        QFile::remove(path("model/chat_template.jinja"));
        const std::string known = need(base::readFile(kModel + "/chat_template.jinja"));
        need(base::writeFileAtomically(at("model/chat_template.jinja"),
                                       "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + known));
        std::string rows;
        for (int i = 0; i < kRows; ++i) {
            rows += base::dumpJson(Json{{"system", "Be brief."}, {"prompt", "Who bakes " + std::to_string(i) + "?"}, {"completion", "Odo."}}) + "\n";
        }
        need(base::writeFileAtomically(at("rows.jsonl"), rows));
        const QStringList plan{"plan", path("recipe.json"), "--set", "train=" + path("rows.jsonl"), "--set", "columns=", "--set", "model.path=" + path("model")};
        const auto refused = luthierRun(plan);
        QVERIFY2(refused.code == 1 && refused.err.contains("system_turns"), refused.err.constData());
        const auto folded = luthierRun(plan + QStringList{"--set", "system_turns=first_question"});
        QVERIFY2(folded.code == 0, folded.err.constData());
        QCOMPARE(folded.lines[0]["rows"].toObject()["skipped"].toInt(), 0);
        QCOMPARE(folded.lines[0]["unread"].toArray().size(), 0);
        const QStringList render{"render", "--model", path("model"), "--data", path("rows.jsonl"), "--row", "3"};
        QCOMPARE(luthierRun(render).code, 1);
        const auto shown = luthierRun(render + QStringList{"--fold-system"});
        QVERIFY(shown.code == 0 && shown.lines[0]["text"].toString().contains("Be brief.\n\nWho bakes 2?"));
        const QStringList check{"data", "check", path("rows.jsonl"), "--model", path("model")};
        const auto trained = [](const Outcome& outcome) { return outcome.lines.isEmpty() ? -1 : outcome.lines[0]["trained_tokens"].toInt(); };
        QCOMPARE(trained(luthierRun(check)), 0);
        QVERIFY(trained(luthierRun(check + QStringList{"--fold-system"})) > kRows);

        // Who asks the model is told, and an adapter that learned so speaks so.
        const QStringList ask{"generate", "--model", path("model"), "--prompt", "Who bakes?", "--system", "Be brief.", "--max-new", "2"};
        const auto alone = luthierRun(ask);
        QVERIFY2(alone.code == 1 && alone.err.contains("--fold-system"), alone.err.constData());
        const auto withFlag = luthierRun(ask + QStringList{"--fold-system"});
        QVERIFY2(withFlag.code == 0, withFlag.err.constData());
        const auto tuned = luthierRun({"tune", path("recipe.json"), "--set", "train=" + path("rows.jsonl"), "--set", "columns=", "--set", "model.path=" + path("model"),
                                       "--set", "model.from_scratch=false", "--set", "method.kind=lora", "--set", "max_steps=2", "--set",
                                       "system_turns=first_question", "--out", path("run")});
        QVERIFY2(tuned.code == 0, tuned.err.constData());
        const auto taught = luthierRun(ask + QStringList{"--adapter", tuned.lines.last()["adapter"].toString()});
        QVERIFY2(taught.code == 0, taught.err.constData());
        QCOMPARE(taught.lines[0]["prompt_ids"].toArray(), withFlag.lines[0]["prompt_ids"].toArray());
    }

    void saysWhatTuneDoes_data()
    {
        QTest::addColumn<QStringList>("settings");
        QTest::newRow("as it is") << QStringList{};
        QTest::newRow("packed") << QStringList{"padding=packed", "max_length=64", "epochs=1.5"};
        QTest::newRow("some steps") << QStringList{"max_steps=2", "padding=longest"};
        QTest::newRow("cut, many held out") << QStringList{"max_length=24", "held_out_share=0.4", "limit=30"};
        QTest::newRow("frozen") << QStringList{"frozen_layers=1", "freeze_embeddings=true", "max_steps=1"};
    }

    void saysWhatTuneDoes()
    {
        QFETCH(QStringList, settings);
        QStringList flags;
        for (const QString& setting : settings) {
            flags << "--set" << setting;
        }
        const auto plan = luthierRun(QStringList{"plan", path("recipe.json")} + flags);
        QVERIFY2(plan.code == 0, plan.err.constData());
        QCOMPARE(plan.lines.size(), 1);
        const QJsonObject planned = plan.lines[0];
        const auto tuned = luthierRun(QStringList{"tune", path("recipe.json"), "--out", path("run")} + flags);
        QVERIFY2(tuned.code == 0, tuned.err.constData());
        const QJsonObject started = tuned.lines[0];
        QCOMPARE(started["event"].toString(), "start"); // others wait for it: what was measured before stands behind it
        QCOMPARE(tuned.lines[1]["event"].toString(), "measured");
        const QJsonObject rows = planned["rows"].toObject();
        QVERIFY(rows["train"].toInt() > 0);
        QCOMPARE(rows["train"], started["train_rows"]);
        QCOMPARE(rows["held_out"], started["held_out_rows"]);
        QCOMPARE(rows["skipped"], started["skipped_rows"]);
        QCOMPARE(rows["cut"], started["truncated_rows"]);
        QCOMPARE(planned["steps"], started["total_steps"]);
        QCOMPARE(planned["trained"].toObject()["parameters"], started["trainable_parameters"]);
        QCOMPARE(planned["trained"].toObject()["total"], started["total_parameters"]);
        int steps = 0;
        for (const QJsonObject& line : tuned.lines) {
            steps += line["event"].toString() == "step" ? 1 : 0;
        }
        QCOMPARE(planned["steps"].toInt(), steps);
        QVERIFY(planned["longest"].toInt() > 0 && planned["longest"].toInt() <= planned["max_length"].toInt());
        QVERIFY(!planned["longest_batches"].toArray().isEmpty());
    }

    void asTheProjectHasThem()
    {
        const auto project = need(store::Project::open(at("project")));
        need(project->setExcluded(at("rows.csv"), {1, 2, 3, 4}, true));
        need(project->saveEdit(at("rows.csv"), 5, Json{{"prompt", 7}}));
        const auto plan = luthierRun({"plan", path("recipe.json"), "--project", path("project")});
        QVERIFY2(plan.code == 0, plan.err.constData());
        const QJsonObject rows = plan.lines[0]["rows"].toObject();
        QCOMPARE(rows["excluded"].toInt(), 4);
        QCOMPARE(rows["broken"].toInt(), 1);
        QCOMPARE(rows["train"].toInt() + rows["held_out"].toInt(), kRows - 5);
    }

    // Rows that were left out are never trained because a note about them was overlooked.
    void whatCannotBeReadIsNotTrained_data()
    {
        QTest::addColumn<QByteArray>("damage");
        QTest::newRow("left-out rows") << QByteArray("DROP TABLE exclusions");
        QTest::newRow("an edit") << QByteArray("UPDATE edits SET body = '{'");
    }

    void whatCannotBeReadIsNotTrained()
    {
        QFETCH(QByteArray, damage);
        {
            const auto project = need(store::Project::open(at("project")));
            need(project->setExcluded(at("rows.csv"), {1, 2}, true));
            need(project->saveEdit(at("rows.csv"), 5, Json{{"prompt", "Edited?"}, {"completion", "Yes."}}));
        }
        {
            auto database = need(store::Database::open(at("project") + "/luthier.db", store::Database::Mode::ReadWrite));
            need(database.execute(damage.constData()));
        }
        for (const QStringList& command : {QStringList{"plan"}, QStringList{"tune", "--out", path("run")},
                                           QStringList{"shootout", "--methods", "full", "--out", path("shootout")}}) {
            const auto outcome = luthierRun(command + QStringList{path("recipe.json"), "--project", path("project")});
            QVERIFY2(outcome.code == 1, command[0].toLatin1());
            for (const QJsonObject& line : outcome.lines) {
                QVERIFY(line["event"].toString() != "step");
            }
        }
        QVERIFY(!QDir(path("run")).exists());
        const auto project = need(store::Project::open(at("project"), true));
        QVERIFY(need(project->runs()).empty()); // nothing was begun
    }

    void whatIsWrongIsSaid_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("no recipe") << QStringList{"nowhere.json"} << 1 << QByteArray("nowhere.json");
        QTest::newRow("a broken rule") << QStringList{"RECIPE", "--set", "method.kind=lora"} << 1 << QByteArray("Random weights");
        QTest::newRow("no such project") << QStringList{"RECIPE", "--project", "/nowhere"} << 1 << QByteArray("no project lies there");
        QTest::newRow("no row") << QStringList{"RECIPE", "--set", "data.columns=prompt=antwort,completion=nichts"} << 1 << QByteArray("row");
        QTest::newRow("no such flag") << QStringList{"RECIPE", "--maesure"} << 2 << QByteArray("maesure");
    }

    void whatIsWrongIsSaid()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QByteArray, said);
        arguments.replaceInStrings("RECIPE", path("recipe.json"));
        const auto outcome = luthierRun(QStringList{"plan"} + arguments);
        QVERIFY2(outcome.code == code, outcome.err.constData());
        QVERIFY2(outcome.err.contains(said), outcome.err.constData());
    }

private:
    QString path(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)); }
    std::string at(const char* name) const { return path(name).toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestCliPlan)
#include "tst_cli_plan.moc"
