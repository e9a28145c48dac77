// SPDX-License-Identifier: GPL-3.0-or-later
// Every method with every objective: two steps, stopped and gone on with to the bit, and a result that opens as what it is; or a sentence
// that says why the two cannot be together.
#include "core/inference/judge_spec.h"
#include "core/inference/session.h"
#include "core/objectives/objectives.h"
#include "core/objectives/rollout_settings.h"
#include "tests/support/file_bytes.h"
#include "tests/support/method_variants.h"
#include "tests/support/tiny_run.h"

#include <QtTest>

#include <string>

using namespace luthier;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;
namespace fs = std::filesystem;

namespace {

// One of each kind of computing.
bool isShown(const support::MethodVariant& variant)
{
    const std::string name = variant.name;
    return name == variant.method || name == "DoRA";
}

Json rowFor(const objectives::Objective& objective, int i)
{
    const std::string question = "What lies on bench " + std::to_string(i) + "?";
    if (objective.labelled) {
        return {{"text", question}, {"label", i % 2 == 0 ? "even" : "odd"}};
    }
    if (objective.id == "pretrain") {
        return {{"text", question + " A saw lies there, and a plane."}};
    }
    if (objective.mismatches) {
        return {{"prompt", question}, {"completion", i % 2 == 0 ? "A saw." : "Planes and planes."}, {"label", i % 2 == 0}};
    }
    if (objective.takes.size() == 1 && objective.takes.front() == data::ExampleKind::Preference) {
        return {{"prompt", question}, {"chosen", "A saw."}, {"rejected", "Planes and planes."}};
    }
    return {{"prompt", question}, {"response", "A saw."}};
}

// Everything that a result is made of but its papers.
std::string weightsIn(const std::string& result)
{
    std::string all;
    for (const char* file : {"adapter_model.safetensors", "adapter.safetensors", "score_head.safetensors", "model.safetensors", "value/adapter_model.safetensors", "value/score_head.safetensors"}) {
        all += bytesOf(fs::path(result) / file);
    }
    return all;
}

} // namespace

class TestCombinations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void together_data()
    {
        QTest::addColumn<int>("variant");
        QTest::addColumn<QString>("objective");
        for (std::size_t i = 0; i < support::kVariants.size(); ++i) {
            for (const objectives::Objective& objective : objectives::objectives()) {
                if (isShown(support::kVariants[i])) {
                    QTest::addRow("%s, %s", support::kVariants[i].name, objective.id.c_str()) << static_cast<int>(i) << QString::fromStdString(objective.id);
                }
            }
        }
    }
    void together()
    {
        QFETCH(int, variant);
        QFETCH(QString, objective);
        const support::MethodVariant& method = support::kVariants[static_cast<std::size_t>(variant)];
        const objectives::Objective& row = *objectives::findObjective(objective.toStdString());
        TinyRun run;
        setUp(run, method, row);
        EventLog log;
        const auto whole = run.run("whole", log);
        // Nothing that is learned from answers of its own can be compared with a base that the method does not begin as.
        if (row.rollouts && !peft::findMethod(method.method)->startsAtBase) {
            QVERIFY(whole.outcome == Outcome::Failed && whole.adapter.empty());
            QVERIFY2(whole.sentence.find("no KL can be taken") != std::string::npos, whole.sentence.c_str());
            return;
        }
        QVERIFY2(whole.outcome == Outcome::Finished, whole.sentence.c_str());
        EventLog before;
        const auto stopped = run.runUntil("parts", before, 1);
        QVERIFY2(stopped.outcome == Outcome::Stopped, stopped.sentence.c_str());
        EventLog after;
        const auto resumed = run.run("parts", after, true);
        QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
        const std::string weights = weightsIn(whole.adapter);
        QVERIFY(!weights.empty() && weights == weightsIn(resumed.adapter));
        opens(run, row, whole.adapter);
    }

private:
    static void setUp(TinyRun& run, const support::MethodVariant& method, const objectives::Objective& objective)
    {
        std::string rows;
        for (int i = 0; i < 12; ++i) {
            rows += base::dumpJson(rowFor(objective, i)) + "\n";
        }
        if (!base::writeFileAtomically(run.path("data.jsonl"), rows)) {
            qFatal("the rows cannot be written");
        }
        run.config.data.train = {run.path("data.jsonl")};
        run.config.method.kind = method.method;
        method.change(run.config.method);
        run.config.objective.kind = objective.id;
        auto& answers = run.config.objective.of<objectives::AnswerSettings>();
        answers.rewards = {"length most=2 slack=20 unit=words"};
        answers.maxNew = 6;
        answers.look = 0;
        run.config.objective.of<objectives::GroupSettings>().group = 2;
        run.config.objective.of<objectives::PpoSettings>().epochs = 1;
        run.config.run.maxSteps = 2;
        run.config.run.epochs = 4;
        run.config.run.gradientAccumulation = 1;
        run.config.run.evalEvery = 100;
        run.config.run.checkpointEvery = 100;
        run.config.optimizer.learningRate = 1e-3;
    }

    // A judge scores, anything else answers.
    static void opens(const TinyRun& run, const objectives::Objective& objective, const std::string& result)
    {
        inference::ModelSpec spec{result, {}, "cpu", "fp32"};
        if (run.config.method.kind != "full") {
            spec.path = run.config.model.path;
            spec.adapters = {{result, 1}};
        }
        const auto session = inference::Session::open(spec);
        QVERIFY2(session, session ? "" : session.message().c_str());
        QCOMPARE((*session)->judges(), objective.judges);
        const std::vector<text::TokenId> text{1, 17, 398, 457};
        if (objective.judges) {
            const auto scores = (*session)->judge({text}, {});
            QVERIFY2(scores, scores ? "" : scores.message().c_str());
            QCOMPARE(scores->front().size(), objective.labelled ? std::size_t{2} : std::size_t{1});
            return;
        }
        inference::GenerateOptions options;
        options.sampling.maxNew = 3;
        const auto answer = (*session)->generate(text, options);
        QVERIFY2(answer, answer ? "" : answer.message().c_str());
    }
};

QTEST_GUILESS_MAIN(TestCombinations)
#include "tst_combinations.moc"
