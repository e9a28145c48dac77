// SPDX-License-Identifier: GPL-3.0-or-later
// Shoot-out: one row a method with what it cost; one that fails does not stop the others; from the command line, as runs
// of a project.
#include "core/peft/methods/ia3_settings.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/store/shootout_record.h"
#include "core/train/plan/method_size.h"
#include "core/train/trials/shootout.h"
#include "tests/support/method_variants.h"
#include "tests/support/tiny_run.h"

#include <QProcess>
#include <QtTest>

#include <algorithm>
#include <csignal>

using namespace luthier;

namespace {

using Names = std::vector<std::string>;

// The command line, not started yet, with the recipe of `tiny`.
void prepare(QProcess& process, const support::TinyRun& tiny, const QStringList& arguments)
{
    const std::string recipe = tiny.path("recipe.json");
    QVERIFY(base::writeFileAtomically(recipe, base::dumpJson(config::toJson(tiny.config))).ok());
    process.setProgram(QStringLiteral(LUTHIER_BIN_DIR "/luthier"));
    process.setArguments(QStringList{"shootout", QString::fromStdString(recipe)} + arguments);
}

int codeOf(QProcess& process)
{
    return process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
}

// The only shoot-out of the project, and what its runs are; nothing when it is not so.
struct Recorded {
    std::vector<store::ShootoutEntry> entries;
    std::vector<store::MeasuredRun> runs; // of the entries that have one
    std::size_t runsInProject = 0;
    std::vector<std::size_t> steps; // recorded as events, of each run
};

Recorded recordedIn(const std::string& folder)
{
    Recorded found;
    const auto project = store::Project::open(folder);
    const auto records = project ? store::shootouts(**project) : Result<std::vector<store::ShootoutRecord>>(project.error());
    if (!records || records->size() != 1) {
        return found;
    }
    found.runsInProject = (*project)->runs()->size();
    found.entries = records->front().entries;
    for (const store::ShootoutEntry& entry : found.entries) {
        if (entry.run != 0) {
            found.runs.push_back(*store::measuredRun(**project, entry.run));
            const auto events = *(*project)->events(entry.run);
            found.steps.push_back(static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const auto& event) {
                return std::holds_alternative<train::StepDone>(event);
            })));
        }
    }
    return found;
}

} // namespace

class TestShootout : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneTable()
    {
        support::TinyRun tiny;
        tiny.config.method.of<peft::Ia3Settings>().modules = {"absent"}; // that one must fail by itself
        train::StopControl control;
        std::vector<std::string> told;
        const auto rows = train::shootout(tiny.config, {"lora", "ia3", "full"}, tiny.path("out"), control, nullptr,
                                          [&](const train::ShootoutRow& row) { told.push_back(row.method); });
        QVERIFY2(rows.ok(), rows.ok() ? "" : rows.message().c_str());
        QCOMPARE(rows->size(), std::size_t(3));
        QCOMPARE(told, std::vector<std::string>({"lora", "ia3", "full"}));
        const auto& lora = (*rows)[0];
        const auto& ia3 = (*rows)[1];
        const auto& full = (*rows)[2];
        QVERIFY(ia3.ended.outcome == train::Outcome::Failed && !ia3.ended.sentence.empty());
        for (const auto* row : {&lora, &full}) {
            QVERIFY2(row->ended.outcome == train::Outcome::Finished, row->ended.sentence.c_str());
            QVERIFY(row->measures.heldOut() && row->measures.heldOutBefore() && *row->measures.heldOut() < *row->measures.heldOutBefore());
            QVERIFY(row->peakMemoryBytes > 0 && row->resultBytes > 0 && row->ended.seconds > 0);
        }
        QCOMPARE(*lora.measures.heldOutBefore(), *full.measures.heldOutBefore()); // the same base on the same rows
        QVERIFY(lora.trainedShare() > 0 && lora.trainedShare() < 0.5);
        QCOMPARE(full.trainedShare(), 1.0);
        QVERIFY(lora.resultBytes < full.resultBytes);
        QCOMPARE(lora.learningRate, tiny.config.optimizer.learningRate);
        QVERIFY(full.learningRate != lora.learningRate);

        const QStringList lines = QString::fromStdString(train::toCsv(*rows)).split(u'\n');
        QCOMPARE(lines.size(), 5); // names, three rows, nothing
        QVERIFY(lines[0].startsWith(QStringLiteral("method,outcome,sentence,held_out_before,held_out,")));
        QVERIFY(lines[1].startsWith(QStringLiteral("lora,finished,,")));
        QVERIFY2(lines[2].startsWith(QStringLiteral("ia3,failed,") + QString::fromStdString(ia3.ended.sentence)), qPrintable(lines[2]));
        train::ShootoutRow quoted;
        quoted.ended.sentence = "a \"b\", c";
        QVERIFY(train::toCsv({quoted}).find(",failed,\"a \"\"b\"\", c\",") != std::string::npos);
        const Json json = train::toJson(lora);
        QCOMPARE(json.at("held_out").get<double>(), *lora.measures.heldOut());
        QCOMPARE(lines[3].split(u',')[4].toDouble(), *full.measures.heldOut());
    }

    // Counted before anything is loaded, and what the run then says.
    void sizesAreTheRuns()
    {
        support::TinyRun tiny;
        tiny.config.run.maxSteps = 1;
        train::StopControl control;
        std::vector<std::string> all;
        for (const peft::Method& method : peft::methods()) {
            all.push_back(method.id);
        }
        const auto rows = train::shootout(tiny.config, all, tiny.path("out"), control, nullptr, {});
        QVERIFY(rows.ok());
        for (const train::ShootoutRow& row : *rows) {
            QVERIFY2(row.ended.outcome == train::Outcome::Finished, row.ended.sentence.c_str());
            const auto size = train::methodSize(*train::withMethod(tiny.config, row.method));
            QVERIFY2(size.ok(), size.ok() ? "" : size.message().c_str());
            QCOMPARE(size->trainedParameters, row.trainedParameters);
            QCOMPARE(size->totalParameters, row.totalParameters);
            QVERIFY(size->leastMemoryBytes > 0 && size->leastMemoryBytes < row.peakMemoryBytes);
        }
        const auto held = [&](const char* method) { return train::methodSize(*train::withMethod(tiny.config, method))->leastMemoryBytes; };
        QVERIFY(held("qlora") < held("lora") && held("lora") < held("full"));
        tiny.config.method.of<peft::LoraSettings>().targetModules = {"absent"};
        const auto refused = train::methodSize(tiny.config);
        QVERIFY(!refused && refused.message().find("absent") != std::string::npos);
    }

    // However a method is set, it is measured without a weight.
    void everyVariantIsMeasured()
    {
        for (const support::MethodVariant& variant : support::kVariants) {
            support::TinyRun tiny;
            tiny.config.method.kind = variant.method;
            variant.change(tiny.config.method);
            const auto size = train::methodSize(tiny.config);
            QVERIFY2(size.ok(), size.ok() ? "" : (std::string(variant.name) + ": " + size.message()).c_str());
            QVERIFY2(size->trainedParameters > 0, variant.name);
        }
    }

    void unknownMethodsAndStops()
    {
        support::TinyRun tiny;
        train::StopControl control;
        const auto none = train::shootout(tiny.config, {"lora", "magic"}, tiny.path("out"), control, nullptr, {});
        QVERIFY(!none && none.message().find("\"magic\" is no method; there are lora") == 0);
        QVERIFY(!std::filesystem::exists(tiny.path("out")));
        const auto stopped = train::shootout(tiny.config, {"lora", "full"}, tiny.path("stopped"), control, nullptr,
                                             [&](const train::ShootoutRow&) { control.requestStop(); });
        QVERIFY(stopped.ok());
        QCOMPARE(stopped->size(), std::size_t(1));
    }

    // Each method a run of the project with its events, and the record that the window lists.
    void isRecordedInAProject()
    {
        support::TinyRun tiny;
        tiny.config.method.of<peft::Ia3Settings>().modules = {"absent"}; // that one must fail by itself
        const QString folder = QString::fromStdString(tiny.path("project"));
        QProcess process;
        prepare(process, tiny, {"--methods", "lora,ia3,full", "--project", folder, "--json"});
        process.start();
        QCOMPARE(codeOf(process), 0);
        const QList<QByteArray> lines = process.readAllStandardOutput().trimmed().split('\n');
        QCOMPARE(lines.size(), 3);

        const Recorded found = recordedIn(tiny.path("project"));
        QCOMPARE(found.entries.size(), std::size_t(3));
        QCOMPARE(found.runs.size(), std::size_t(3));
        QCOMPARE(found.runsInProject, std::size_t(3));
        const Names methods = {"lora", "ia3", "full"};
        const Names states = {"finished", "failed", "finished"};
        for (std::size_t i = 0; i < 3; ++i) {
            const store::MeasuredRun& measured = found.runs[i];
            QCOMPARE(found.entries[i].method, methods[i]);
            QCOMPARE(measured.row.method, methods[i]);
            QCOMPARE(measured.run.state, states[i]);
            QCOMPARE(measured.run.name, peft::findMethod(methods[i])->label + ", shoot-out");
            const auto json = base::parseJson(lines[static_cast<qsizetype>(i)].toStdString());
            QVERIFY(json.ok());
            QCOMPARE(json->at("run").get<store::RunId>(), found.entries[i].run);
            QCOMPARE(json->at("outcome").get<std::string>(), states[i]);
            QCOMPARE(json->at("trained_parameters").get<std::int64_t>(), measured.row.trainedParameters);
            if (states[i] == "finished") {
                QCOMPARE(found.steps[i], static_cast<std::size_t>(measured.run.totalSteps));
                QCOMPARE(json->at("held_out").get<double>(), measured.row.measures.heldOut().value_or(0));
                QVERIFY(measured.run.result.find(tiny.path("project") + "/runs/") == 0 && measured.row.resultBytes > 0);
            }
        }

        QProcess runs;
        runs.start(process.program(), {"runs", "list", "--project", folder, "--json"});
        QCOMPARE(codeOf(runs), 0);
        const QByteArray listed = runs.readAllStandardOutput();
        QCOMPARE(listed.count(", shoot-out\""), 3);
    }

    // Ctrl-C: what was done stays, what was not begun is still in the queue.
    void stoppedKeepsWhatWasDone()
    {
        support::TinyRun tiny;
        tiny.config.run.epochs = 10000;
        QProcess process;
        prepare(process, tiny, {"--methods", "lora,full", "--project", QString::fromStdString(tiny.path("project")), "--out",
                                QString::fromStdString(tiny.path("out"))});
        process.start();
        QByteArray said;
        process.setReadChannel(QProcess::StandardError);
        while (!said.contains("lora: step")) {
            QVERIFY2(process.waitForReadyRead(60'000), said.constData());
            said += process.readAllStandardError();
        }
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QCOMPARE(codeOf(process), 130);
        said += process.readAllStandardError();
        QVERIFY2(said.contains("luthier resume"), said.constData());

        const Recorded found = recordedIn(tiny.path("project"));
        QCOMPARE(found.entries.size(), std::size_t(2));
        QCOMPARE(found.runsInProject, std::size_t(1));
        QCOMPARE(found.runs.size(), std::size_t(1));
        QCOMPARE(found.runs.front().run.state, std::string("stopped"));
        QVERIFY(found.steps.front() > 0 && found.steps.front() == static_cast<std::size_t>(found.runs.front().run.step));
        QVERIFY(std::filesystem::exists(tiny.path("out") + "/lora/checkpoints"));
        QVERIFY(std::filesystem::equivalent(found.runs.front().run.folder, tiny.path("out") + "/lora"));
        QCOMPARE(found.entries[1].run, store::RunId(0)); // the window goes on with it
        QVERIFY(!found.entries[1].isCancelled);
    }

    void saysWhereTheRunsGo()
    {
        support::TinyRun tiny;
        QProcess process;
        prepare(process, tiny, {"--methods", "lora"});
        process.start();
        QCOMPARE(codeOf(process), 2);
        QVERIFY(process.readAllStandardError().contains("--project DIR"));
    }
};

QTEST_APPLESS_MAIN(TestShootout)
#include "tst_shootout.moc"
