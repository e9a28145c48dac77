// SPDX-License-Identifier: GPL-3.0-or-later
// Measures: described once, and the way of a second evaluation set and of a measure that no table knows through the whole
// house, from the event to the recorder, the project, the command line, the shoot-out and the printer; none of it touches
// what is said of the held-out rows. And a project from before measures, which opens with the same curves.
#include "core/base/files.h"
#include "core/cli/console.h"
#include "core/cli/runs/measurement_table.h"
#include "core/cli/run_printer.h"
#include "core/store/event_codec.h"
#include "core/store/recorder.h"
#include "core/store/shootout_record.h"
#include "core/train/event_measures.h"
#include "core/train/trials/shootout.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTemporaryFile>
#include <QtTest>

#include <cmath>
#include <filesystem>
#include <limits>
#include <set>
#include <thread>
#include <unistd.h>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const measures::Measure& accuracy()
{
    return measures::measureOf("made_accuracy"); // in no table
}

const measures::Measure& loss()
{
    return measures::measureOf("loss");
}

train::StepDone stepAt(std::int64_t number)
{
    train::StepDone done;
    done.step = number;
    done.loss = 3.0 / static_cast<double>(number);
    done.learningRate = 1e-3;
    done.gradNorm = 0.5;
    done.tokensPerSecond = 100;
    done.memoryBytes = 1 << 20;
    return done;
}

// Two sets at each evaluation, the second one worse and said last, with a measure of its own; some steps have one, too.
std::vector<train::Event> storyWithTwoSets(const std::string& result)
{
    train::RunStarted started;
    started.totalSteps = 4;
    std::vector<train::Event> events{started};
    for (std::int64_t step = 0; step <= 4; ++step) {
        if (step > 0) {
            train::StepDone done = stepAt(step);
            if (step > 1) {
                done.measures = {{&accuracy(), 0.1 * static_cast<double>(step)}};
            }
            events.push_back(done);
        }
        if (step % 2 == 0) {
            const auto at = static_cast<double>(step);
            events.push_back(train::EvalDone{step, "held_out", 2.0 - at / 4, 77, {}});
            events.push_back(train::EvalDone{step, "general", 5.0 + at / 4, 99, {{&accuracy(), 1.0 / 3 + at}}});
        }
    }
    // A set of which no loss is known.
    events.push_back(train::EvalDone{4, "answers", std::nullopt, 0, {{&accuracy(), -0.0}}});
    events.push_back(train::RunEnded{train::Outcome::Finished, "", 12, result, 4});
    return events;
}

// What the command line printed; empty when it failed.
QByteArray told(const QStringList& arguments)
{
    QProcess process;
    process.start(QStringLiteral(LUTHIER_BIN_DIR "/luthier"), arguments);
    const bool isDone = process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
    if (!isDone) {
        qWarning("%s", process.readAllStandardError().constData());
    }
    return isDone ? process.readAllStandardOutput() : QByteArray();
}

std::string dump(const std::vector<train::Event>& events)
{
    std::string text;
    for (const train::Event& event : events) {
        text += base::dumpJson(store::toJson(event)) + "\n";
    }
    return text;
}

} // namespace

class TestMeasures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAreWhole()
    {
        std::set<std::string_view> ids;
        for (const measures::Measure& measure : measures::table()) {
            QVERIFY2(ids.insert(measure.id).second, std::string(measure.id).c_str());
            QVERIFY(measure.label[0] != '\0' && measure.help[0] != '\0' && measure.digits > 0);
            QVERIFY(&measures::measureOf(measure.id) == &measure && measures::isKnown(measure));
        }
        // Every fixed number of an event that is measured has its row, and the list cannot stand for it.
        for (const measures::Value& value : train::measuresOf(stepAt(1))) {
            QVERIFY(measures::isKnown(*value.measure));
        }
        QCOMPARE(train::measuresOf(stepAt(1)).size(), std::size_t{5}); // the others come with an objective
        QCOMPARE(*train::valueOf(stepAt(2), loss()), 1.5);
        QCOMPARE(*train::valueOf(stepAt(2), measures::measureOf("memory_bytes")), double(1 << 20));
        QVERIFY(!train::valueOf(stepAt(2), accuracy()) && !train::valueOf(train::EvalDone{}, loss()));
    }

    void unknownIdsAreDescribedByThemselves()
    {
        const std::string odd("a\0\"b, \n\xc3\xbc", 9);
        const measures::Measure& measure = measures::measureOf(odd);
        QVERIFY(measure.id == odd && !measures::isKnown(measure) && measure.isOfRun);
        QVERIFY(&measures::measureOf(odd) == &measure && &measures::measureOf("a") != &measure);
        std::vector<const measures::Measure*> found(4);
        {
            std::vector<std::jthread> threads;
            for (auto& one : found) {
                threads.emplace_back([&one] { one = &measures::measureOf("made_by_threads"); });
            }
        }
        QVERIFY(found[0] == found[1] && found[1] == found[2] && found[2] == found[3]);
        QCOMPARE(measures::nameOf(accuracy(), "general"), std::string("general made_accuracy"));
        QCOMPARE(measures::nameOf(loss(), measures::kHeldOutSet), std::string("held-out loss"));
        QCOMPARE(measures::nameOf(accuracy(), "first_answers"), std::string("first answers made_accuracy"));
        QCOMPARE(measures::columnOf(loss(), measures::kStepSet), std::string("loss"));
        QCOMPARE(measures::columnOf(loss(), "general"), std::string("general.loss"));
        QCOMPARE(measures::textOf(loss(), 1.25), std::string("1.2500"));
        QCOMPARE(measures::textOf(loss(), 1.25e-7), std::string("1.25e-07"));
    }

    void summariesTellFirstAndLast()
    {
        measures::Summaries run;
        QVERIFY(!run.heldOut() && !run.lastLoss() && run.isEmpty());
        for (const train::Event& event : storyWithTwoSets("")) {
            train::take(run, event);
        }
        QCOMPARE(*run.heldOutBefore(), 2.0);
        QCOMPARE(*run.heldOut(), 1.0);
        QCOMPARE(*run.lastLoss(), 0.75);
        QCOMPARE(run.find(loss(), "general")->last, 6.0);
        QCOMPARE(run.find(accuracy(), measures::kStepSet)->firstStep, 2);
        QVERIFY(!run.find(accuracy(), measures::kStepSet)->before());
        QVERIFY(run.find(measures::measureOf("grad_norm"), measures::kStepSet) == nullptr); // says nothing of a whole run
        // A run that begins again.
        train::take(run, train::EvalDone{0, "held_out", 9, 1, {}});
        QCOMPARE(*run.heldOutBefore(), 9.0);
        QVERIFY(!run.find(loss(), measures::kHeldOutSet)->before()); // begun anew, and measured once since
        const auto columns = measures::columnsOf({&run, &run});
        QCOMPARE(columns.size(), std::size_t{4}); // general loss and accuracy, answers' and the steps' accuracy
        QVERIFY(columns[0] == (measures::Column{&loss(), "general"}) || columns[0] == (measures::Column{&accuracy(), "general"}));
    }

    // A set that was measured once has no change to tell: neither before the first step, nor behind the last alone.
    void measuredOnceIsNoChange()
    {
        measures::Summaries run;
        train::take(run, train::EvalDone{0, "held_out", 1.0, 1, {}});
        QVERIFY(!run.find(loss(), measures::kHeldOutSet)->before());
        QCOMPARE(*run.heldOutBefore(), 1.0); // it is what it was before the first step all the same
        train::take(run, train::EvalDone{8, "general", 2.0, 1, {}});
        QVERIFY(!run.find(loss(), "general")->before());
        train::take(run, train::EvalDone{8, "held_out", 1.0, 1, {}});
        QCOMPARE(*run.find(loss(), measures::kHeldOutSet)->before(), 1.0); // measured again, and the same
    }

    // From the event to the file and back, by the recorder; then as the command line tells it.
    void everyValueReachesTheProjectAndTheCommandLine()
    {
        const QTemporaryDir dir;
        const std::string folder = dir.filePath(QStringLiteral("project")).toStdString();
        std::vector<train::Event> events;
        store::RunId id = 0;
        {
            const auto project = store::Project::open(folder);
            QVERIFY(project.ok());
            id = (*project)->createRun("one", Json::object())->id;
            events = storyWithTwoSets((*project)->run(id)->folder + "/adapter");
            store::Recorder recorder(*project, id);
            for (const train::Event& event : events) {
                recorder.onEvent(event);
            }
        }
        {
            const auto project = store::Project::open(folder, true);
            const auto back = (*project)->events(id);
            QVERIFY2(back.ok(), back.ok() ? "" : back.message().c_str());
            QCOMPARE(dump(*back), dump(events));
            const auto row = (*project)->run(id);
            QCOMPARE(*row->measures.heldOutBefore(), 2.0);
            QCOMPARE(*row->measures.heldOut(), 1.0);
            QCOMPARE(row->measures.find(accuracy(), "general")->last, 1.0 / 3 + 4);
            QVERIFY(std::signbit(row->measures.find(accuracy(), "answers")->last));
            measures::Summaries all;
            for (const train::Event& event : events) {
                train::take(all, event);
            }
            QCOMPARE(base::dumpJson(measures::toJson(row->measures)), base::dumpJson(measures::toJson(all)));
        }
        const QString project = QString::fromStdString(folder);
        const auto listed = base::parseJson(told({"runs", "list", "--project", project, "--json"}).trimmed().toStdString());
        QVERIFY(listed.ok());
        QCOMPARE(listed->at("first_held_out"), Json(2.0));
        QCOMPARE(listed->at("last_held_out"), Json(1.0));
        QCOMPARE(listed->at("last_loss"), Json(0.75));
        QCOMPARE(listed->at("measures").size(), std::size_t{6});
        const QByteArray table = told({"runs", "list", "--project", project});
        QVERIFY2(table.contains("general loss") && table.contains("general made_accuracy") && table.contains("1.0000"), table.constData());

        const auto shown = base::parseJson(told({"runs", "show", "1", "--project", project, "--json"}).trimmed().toStdString());
        QVERIFY(shown.ok());
        QCOMPARE(shown->at("evals").size(), std::size_t{7});
        QCOMPARE(base::dumpJson(shown->at("evals")[1]),
                 std::string(R"({"step":0,"set":"general","loss":5.0,"tokens":99,"measures":{"made_accuracy":0.3333333333333333}})"));
        QVERIFY(shown->at("evals")[6].at("loss").is_null());

        const QStringList csv = QString::fromUtf8(told({"runs", "measures", "1", "--project", project})).split(u'\n');
        QCOMPARE(csv.size(), 7); // names, steps 0 to 4, nothing
        QCOMPARE(csv[0], QStringLiteral("step,held_out.loss,general.loss,general.made_accuracy,loss,learning_rate,grad_norm,"
                                        "tokens_per_second,memory_bytes,made_accuracy,answers.made_accuracy"));
        QCOMPARE(csv[1], QStringLiteral("0,2.0,5.0,0.3333333333333333,,,,,,,"));
        QCOMPARE(csv[5], QStringLiteral("4,1.0,6.0,4.333333333333333,0.75,0.001,0.5,100.0,1048576.0,0.4,-0.0"));
        const QList<QByteArray> lines = told({"runs", "measures", "1", "--project", project, "--json"}).trimmed().split('\n');
        QCOMPARE(lines.size(), 3 + 6 + 1 + 4 * 5 + 3);
        QCOMPARE(lines[2], QByteArray(R"({"step":0,"set":"general","id":"made_accuracy","value":0.3333333333333333})"));
        QVERIFY(lines[3].startsWith(R"({"step":1,"set":null,"id":"loss","value":3.0)"));
    }

    void theShootoutKeepsTheHeldOutLossApart()
    {
        train::ShootoutMeter meter(nullptr);
        for (const train::Event& event : storyWithTwoSets("")) {
            meter.onEvent(event);
        }
        train::ShootoutRow plain;
        plain.method = "full";
        plain.measures.take(loss(), measures::kHeldOutSet, 4, 0.5);
        meter.row.method = "lora";
        const Json json = train::toJson(meter.row);
        QCOMPARE(json.at("held_out_before"), Json(2.0));
        QCOMPARE(json.at("held_out"), Json(1.0));
        QCOMPARE(json.at("measures").size(), std::size_t{6});
        QVERIFY(train::toJson(plain).at("held_out_before").is_null());

        const QStringList lines = QString::fromStdString(train::toCsv({plain, meter.row})).split(u'\n');
        const QStringList names = lines[0].split(u',');
        QVERIFY(lines[0].startsWith(QStringLiteral("method,outcome,sentence,held_out_before,held_out,trained_parameters,")));
        for (const QString& line : {lines[1], lines[2]}) {
            QCOMPARE(line.count(u','), names.size() - 1);
        }
        const auto cell = [&](int line, const char* name) { return lines[line].split(u',')[names.indexOf(QString::fromLatin1(name))]; };
        QCOMPARE(cell(2, "held_out"), QStringLiteral("1.0"));
        QCOMPARE(cell(2, "general.loss_before"), QStringLiteral("5.0"));
        QCOMPARE(cell(2, "general.loss"), QStringLiteral("6.0"));
        QCOMPARE(cell(2, "made_accuracy_before"), QString()); // first measured at step 2
        QCOMPARE(cell(1, "general.loss"), QString());
        QCOMPARE(cell(1, "held_out"), QStringLiteral("0.5"));
    }

    // Its lines name the set; what it keeps for the summary is of the set that the summary names.
    void thePrinterKeepsTheHeldOutLossApart()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        cli::Console console(cli::Console::Settings{false, true, {}});
        cli::RunPrinter printer(console);
        std::fflush(stdout);
        const int before = ::dup(STDOUT_FILENO);
        ::dup2(file.handle(), STDOUT_FILENO);
        for (const train::Event& event : storyWithTwoSets("")) {
            printer.onEvent(event);
        }
        std::fflush(stdout);
        ::dup2(before, STDOUT_FILENO);
        ::close(before);
        file.seek(0);
        const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 7);
        QCOMPARE(lines[0], QByteArray("step 0  held-out loss 2.0000"));
        QCOMPARE(lines[5], QByteArray("step 4  general loss 6.0000  general made_accuracy 4.3333"));
        QCOMPARE(lines[6], QByteArray("step 4  answers made_accuracy -0.0000"));
        QCOMPARE(*printer.measures().heldOut(), 1.0);
        QCOMPARE(*printer.measures().heldOutBefore(), 2.0);
        QCOMPARE(printer.measures().find(loss(), "general")->last, 6.0);
    }

    // A project that the Luthier before measures wrote: finished, resumed and diverged, interrupted, deleted and empty runs.
    // Beside it lies what that one read from it.
    void anOlderProjectOpensWithTheSameCurves()
    {
        const fs::path reference = fs::path(LUTHIER_SOURCE_DIR) / "tests/reference/projects";
        const auto expected = base::readJson(reference / "before_measures.json");
        QVERIFY2(expected.ok(), expected.ok() ? "" : expected.message().c_str());
        const QTemporaryDir dir;
        const fs::path folder = dir.filePath(QStringLiteral("project")).toStdString();
        fs::create_directories(folder);
        fs::copy_file(reference / "before_measures.db", folder / "luthier.db");
        fs::permissions(folder / "luthier.db", fs::perms::owner_write, fs::perm_options::add);
        {
            const auto looking = store::Project::open(folder, true); // brings it up to date, as who only looks has no other way
            QVERIFY2(looking.ok(), looking.ok() ? "" : looking.message().c_str());
            QCOMPARE((*looking)->runs()->size(), expected->size());
            QVERIFY(!(*looking)->renameRun(1, "x").ok());
        }
        for (int day = 0; day < 2; ++day) { // opened once more, it is as it was
            const auto project = store::Project::open(folder);
            QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
            const auto runs = (*project)->runs();
            QVERIFY(runs.ok());
            QCOMPARE(runs->size(), expected->size());
            for (std::size_t i = 0; i < runs->size(); ++i) {
                compareRun((*runs)[i], (*expected)[i], **project);
            }
        }
        // It goes on being a project: what comes now stands behind what was there.
        const auto project = *store::Project::open(folder);
        QVERIFY(project->appendEvents(2, {train::EvalDone{12, "held_out", 0.25, 1, {}}, train::EvalDone{12, "general", 4, 1, {}}}).ok());
        const auto row = project->run(2);
        QCOMPARE(*row->measures.heldOutBefore(), 3.1234567890123456);
        QCOMPARE(*row->measures.heldOut(), 0.25);
        QCOMPARE(std::get<train::EvalDone>(project->events(2)->back()).set, std::string("general"));
    }

private:
    static void compareRun(const store::RunRow& row, const Json& expected, store::Project& project)
    {
        const auto same = [](const std::optional<double>& value, const Json& json) {
            return json.is_null() ? !value : value && base::dumpJson(measures::numberJson(*value)) == base::dumpJson(json);
        };
        QCOMPARE(Json(row.id), expected.at("id"));
        QCOMPARE(Json(row.name), expected.at("name"));
        QCOMPARE(Json(row.step), expected.at("step"));
        QCOMPARE(Json(row.seconds), expected.at("seconds"));
        QVERIFY2(same(row.measures.lastLoss(), expected.at("last_loss")), row.name.c_str());
        QVERIFY2(same(row.measures.heldOutBefore(), expected.at("first_held_out")), row.name.c_str());
        QVERIFY2(same(row.measures.heldOut(), expected.at("last_held_out")), row.name.c_str());
        const auto events = project.events(row.id);
        QVERIFY2(events.ok(), events.ok() ? "" : events.message().c_str());
        QCOMPARE(events->size(), expected.at("events").size());
        for (std::size_t i = 0; i < events->size(); ++i) {
            Json now = store::toJson((*events)[i]);
            if (std::holds_alternative<train::StepDone>((*events)[i]) || std::holds_alternative<train::EvalDone>((*events)[i])) {
                QVERIFY(now.at("measures").empty());
                now.erase("measures");
            }
            if (std::holds_alternative<train::RunStarted>((*events)[i])) {
                QCOMPARE(now.at("ranks"), Json(1)); // runs of several processes came later
                now.erase("ranks");
            }
            if (std::holds_alternative<train::RunEnded>((*events)[i])) {
                now["adapter"] = expected.at("events")[i].at("adapter"); // where the project lay then
            }
            QCOMPARE(base::dumpJson(now), base::dumpJson(expected.at("events")[i]));
        }
    }
};

QTEST_APPLESS_MAIN(TestMeasures)
#include "tst_measures.moc"
