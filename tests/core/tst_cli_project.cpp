// SPDX-License-Identifier: GPL-3.0-or-later
// What a project keeps besides its runs' numbers, by the program: prompts under a name, the recipe of a run as a file, and another run
// that goes on from a step of one. What is written is read again by the command it is for.
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
    void promptsAreKept();
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

void TestCliProject::promptsAreKept()
{
    Kept kept;
    const Said none = kept.say({"prompts"});
    QVERIFY2(none.code != 0 && none.err.find("no project lies there") != std::string::npos, none.err.c_str());
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
