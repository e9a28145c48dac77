// SPDX-License-Identifier: GPL-3.0-or-later
// What a project keeps besides its runs' numbers, by the program: prompts under a name, the recipe of a run as a file, and another run
// that goes on from a step of one. What is written is read again by the command it is for.
#include "core/store/comparisons.h"
#include "core/store/project.h"
#include "tests/support/need.h"
#include "tests/support/ranked_run.h"

#include <QtTest>

#include <algorithm>
#include <filesystem>

using namespace luthier;
using namespace luthier::support;

class TestCliProject : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aProjectIsNotMadeByMistake();
    void promptsAreKept();
    void comparisonsAreTold();
    void aRecipeIsTrainedAgain();
    void aRunGoesOnAsAnother();
};

namespace {

struct Kept : RankedRun {
    QString project = QString::fromStdString(path("project"));

    Kept()
    {
        config.run.batchSize = 2;
        config.run.gradientAccumulation = 1;
        config.run.maxSteps = 4;
        config.run.checkpointEvery = 2;
        config.run.name = "first";
    }

    Said say(const QStringList& arguments) const
    {
        return runProgram(arguments + QStringList{"--project", project, "--json"});
    }
    Said train(const QString& file) const
    {
        return say({"tune", file, "--at-once", "--threads", "1"});
    }
    std::vector<store::RunRow> runs() const // in the order in which they were made
    {
        const auto opened = support::need(store::Project::open(project.toStdString(), true));
        auto rows = support::need(opened->runs());
        std::reverse(rows.begin(), rows.end());
        return rows;
    }
};

std::vector<Json> linesOf(const Said& said)
{
    std::vector<Json> all;
    std::istringstream lines(said.out);
    for (std::string line; std::getline(lines, line);) {
        all.push_back(support::need(base::parseJson(line)));
    }
    return all;
}

} // namespace

// A folder named by mistake stays as it is, whatever is wanted of it; judge vote and adapters delete made a project of it.
void TestCliProject::aProjectIsNotMadeByMistake()
{
    Kept kept;
    for (const QStringList& words : {QStringList{"prompts"}, QStringList{"prompts", "remove", "wood"}, QStringList{"judge"}, QStringList{"judge", "vote", "1", "--pair", "1", "--choice", "left"},
                                     QStringList{"queue"}, QStringList{"queue", "remove", "1"}, QStringList{"runs"}, QStringList{"runs", "delete", "1"}, QStringList{"adapters"},
                                     QStringList{"adapters", "delete", "some"}}) {
        const Said none = kept.say(words);
        QVERIFY2(none.code == 1 && none.err.find("no project lies there") != std::string::npos, qPrintable(words.join(u' ')));
        QVERIFY2(!std::filesystem::exists(std::filesystem::path(kept.path("project")) / "luthier.db"), qPrintable(words.join(u' ')));
    }
}

void TestCliProject::comparisonsAreTold()
{
    Kept kept;
    const auto column = [](const char* title, const char* answer, const char* by) {
        return Json{{"title", title}, {"answer", answer}, {"footer", "9 tokens"}, {"by", Json{"/models/x", by}}};
    };
    {
        const auto project = need(store::Project::open(kept.project.toStdString()));
        need(project->comparisons().add("What is a dado?", {{"messages", Json::array({{{"role", "user"}, {"content", "What is a dado?"}}})},
                                                            {"columns", Json::array({column("", "No idea.", "Small"), column("", "A groove.", "First run"), column("a prompt", "A slot.", "")})},
                                                            {"expected", "A groove across the grain."}, {"settings", "greedy"}}));
        need(project->comparisons().add("Damaged", Json(7))); // of another program: told as far as it goes
    }
    const auto all = linesOf(kept.say({"comparisons"}));
    QCOMPARE(all.size(), std::size_t{2});
    QVERIFY(all[0]["prompt"] == "Damaged" && all[0]["columns"].empty());
    QVERIFY(all[1]["expected"] == "A groove across the grain." && all[1]["messages"].size() == 1);
    QVERIFY(all[1]["columns"][0]["by"] == "Small" && all[1]["columns"][1]["by"] == "First run" && all[1]["columns"][2]["by"] == "a prompt");
    QVERIFY(all[1]["columns"][1]["answer"] == "A groove." && all[1]["columns"][1]["figures"] == "9 tokens");
    QCOMPARE(linesOf(kept.say({"comparisons", "list", "--search", "groove"})).size(), std::size_t{1});
    QVERIFY(linesOf(kept.say({"comparisons", "list", "--search", "mortise"})).empty());
    const auto shown = linesOf(kept.say({"comparisons", "show", QString::number(all[1]["comparison"].get<int>())}));
    QVERIFY(shown.size() == 1 && shown[0] == all[1]);
    const Said none = kept.say({"comparisons", "show", "99"});
    QVERIFY2(none.code == 1 && none.err.find("keeps no comparison 99") != std::string::npos, none.err.c_str());
}

void TestCliProject::promptsAreKept()
{
    Kept kept;
    QCOMPARE(kept.train(kept.recipe()).code, 0);
    QCOMPARE(kept.say({"prompts", "add", "wood", "--prompt", "What is a rabbet?", "--reference", "A step cut into an edge."}).code, 0);
    QCOMPARE(kept.say({"prompts", "add", "wood", "--prompt", "What is a dado?", "--system", "Be short."}).code, 0);
    const auto sets = linesOf(kept.say({"prompts", "list"}));
    QVERIFY(sets.size() == 1 && sets[0]["set"] == "wood" && sets[0]["prompts"] == 2);
    const auto shown = linesOf(kept.say({"prompts", "show", "wood"}));
    QVERIFY(shown.size() == 2 && shown[0]["reference"] == "A step cut into an edge." && shown[1]["reference"].is_null());
    QVERIFY(shown[1]["messages"].size() == 2 && shown[1]["messages"][0]["content"] == "Be short.");
    // Its file is data as any other, so it makes a set again.
    const std::string copy = kept.path("copy.jsonl");
    std::filesystem::copy_file(sets[0]["file"].get<std::string>(), copy);
    QCOMPARE(kept.say({"prompts", "import", QString::fromStdString(copy)}).code, 0);
    QCOMPARE(linesOf(kept.say({"prompts", "show", "copy"})), shown);
    QCOMPARE(kept.say({"prompts", "remove", "wood", "--row", "1"}).code, 0);
    QCOMPARE(linesOf(kept.say({"prompts", "show", "wood"})).size(), std::size_t{1});
    for (const QStringList& wrong : {QStringList{"remove", "wood", "--row", "7"}, QStringList{"show", "stone"}, QStringList{"add", "wood"}}) {
        const Said said = kept.say(QStringList{"prompts"} + wrong);
        QVERIFY2(said.code != 0 && !said.err.empty(), qPrintable(wrong.join(u' ')));
    }
    QCOMPARE(kept.say({"prompts", "remove", "wood"}).code, 0);
    QCOMPARE(linesOf(kept.say({"prompts"})).size(), std::size_t{1});
}

void TestCliProject::aRecipeIsTrainedAgain()
{
    Kept kept;
    const Said first = kept.train(kept.recipe());
    QVERIFY2(first.code == 0, first.err.c_str());
    const QString file = QString::fromStdString(kept.path("again.json"));
    QCOMPARE(kept.say({"runs", "recipe", "1", "--out", file}).code, 0);
    const Said second = kept.train(file);
    QVERIFY2(second.code == 0, second.err.c_str());
    QVERIFY(!first.losses().empty());
    QCOMPARE(second.losses(), first.losses());
    const Said unknown = kept.say({"runs", "recipe", "7"});
    QVERIFY2(unknown.code != 0 && unknown.err.find('7') != std::string::npos, unknown.err.c_str());
}

void TestCliProject::aRunGoesOnAsAnother()
{
    Kept kept;
    const Said first = kept.train(kept.recipe());
    QVERIFY2(first.code == 0, first.err.c_str());
    const QString folder = QString::fromStdString(kept.runs().front().folder);
    const Said fork = kept.say({"resume", folder, "--step", "2", "--fork", "--set", "optimizer.learning_rate=0.1", "--threads", "1"});
    QVERIFY2(fork.code == 0, fork.err.c_str());
    const auto runs = kept.runs();
    QCOMPARE(runs.size(), std::size_t{2});
    QVERIFY(runs[0].state == "finished" && runs[1].state == "finished" && runs[0].name != runs[1].name);
    const auto losses = fork.losses();
    QVERIFY(!losses.empty() && losses.begin()->first == 3); // behind the step it came from
    QCOMPARE(losses.at(3), first.losses().at(3));           // the weights of that step; only what came of the new rate differs
    QVERIFY(losses.at(4) != first.losses().at(4));
}

QTEST_GUILESS_MAIN(TestCliProject)
#include "tst_cli_project.moc"
