// SPDX-License-Identifier: GPL-3.0-or-later
// What ranks of a run agree on, where something happens to one of them: two ranks over loopback, each a thread of this process with an
// objective of its own that has a bad moment.
#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/ranks/team.h"
#include "core/train/ranks/ranked.h"
#include "tests/support/free_port.h"
#include "tests/support/thread_team.h"
#include "tests/support/tiny_run.h"

#include <c10/util/Exception.h>

#include <QtTest>

#include <cmath>
#include <fstream>
#include <map>
#include <thread>

using namespace luthier;
namespace fs = std::filesystem;
using namespace luthier::support;
using train::Outcome;

namespace {

thread_local int t_rank = 0;
thread_local int t_passes = 0;

// Rank 1 has room for one row at a time.
objectives::LossValue littleRoomOfOne(const objectives::LossInput& input)
{
    if (t_rank == 1 && input.batch.ids.size(0) > 1) {
        C10_THROW_ERROR(OutOfMemoryError, "CUDA out of memory. Tried to allocate 20.00 GiB");
    }
    return objectives::findObjective("sft")->loss(input);
}

objectives::LossValue noRoomOfOne(const objectives::LossInput& input)
{
    if (t_rank == 1 && t_passes++ >= 4) {
        C10_THROW_ERROR(OutOfMemoryError, "CUDA out of memory. Tried to allocate 20.00 GiB");
    }
    return objectives::findObjective("sft")->loss(input);
}

// Rank 1's fourth pass fails.
objectives::LossValue failsAtOne(const objectives::LossInput& input)
{
    if (t_rank == 1 && t_passes++ == 3) {
        throw std::runtime_error("its cable was pulled.");
    }
    return objectives::findObjective("sft")->loss(input);
}

// From its fourth pass on rank 1's loss is none.
objectives::LossValue noNumberOfOne(const objectives::LossInput& input)
{
    auto value = objectives::findObjective("sft")->loss(input);
    if (t_rank == 1 && t_passes++ >= 3) {
        value.sum = value.sum * std::numeric_limits<double>::infinity();
    }
    return value;
}

objectives::LossValue slowAtOne(const objectives::LossInput& input)
{
    if (t_rank == 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    return objectives::findObjective("sft")->loss(input);
}

// Says that it is of another version.
class OlderTeam : public ThreadTeam {
public:
    using ThreadTeam::ThreadTeam;
    std::vector<std::string> texts(const std::string& own) override
    {
        Json standing = *base::parseJson(own);
        standing["the version of Luthier"] = "0.0.1";
        return ThreadTeam::texts(base::dumpJson(standing));
    }
};

objectives::Objective learnsBy(objectives::LossValue (*loss)(const objectives::LossInput&))
{
    objectives::Objective row = *objectives::findObjective("sft");
    row.id = "watched";
    row.loss = loss;
    return row;
}

struct TwoRanks : TinyRun {
    TwoRanks()
    {
        config.run.batchSize = 2;
        config.run.gradientAccumulation = 2; // a pass of each in a step
        config.run.checkpointEvery = 100;
    }

    struct End {
        train::RunEnded ended;
        EventLog log;
    };
    // By rank; empty where this build has no ranks.
    std::vector<End> both(const std::string& name)
    {
        const int port = freePort();
        std::vector<End> ends(2);
        const auto work = [&](int rank) {
            End& end = ends[static_cast<std::size_t>(rank)];
            t_rank = rank;
            t_passes = 0;
            ranks::RankPlace place;
            place.rank = place.localRank = rank;
            place.size = place.localSize = 2;
            place.port = port;
            auto team = ranks::join(place, "cpu");
            if (!team) {
                end.ended.sentence = team.message(); // and failed
                return;
            }
            train::RunInputs inputs{path(name), {}, false};
            inputs.objective = objective;
            inputs.team = *team;
            train::StopControl control;
            end.ended = train::run(config, inputs, control, end.log);
        };
        std::thread other([&] { work(1); });
        work(0);
        other.join();
        const bool hasRanks = ends[0].ended.sentence.find("has no c10d") == std::string::npos;
        return hasRanks ? ends : std::vector<End>();
    }
};

// Losses of steps, or of what was held out.
template <class Event>
std::map<std::int64_t, double> lossesOf(const EventLog& log)
{
    std::map<std::int64_t, double> losses;
    for (const Event& one : log.all<Event>()) {
        losses[one.step] = std::optional<double>(one.loss).value_or(-1);
    }
    return losses;
}

std::string apart(const std::map<std::int64_t, double>& a, const std::map<std::int64_t, double>& b, double most)
{
    if (a.size() != b.size() || a.empty()) {
        return std::to_string(a.size()) + " and " + std::to_string(b.size());
    }
    for (const auto& [step, loss] : a) {
        if (!b.contains(step) || !(std::abs(b.at(step) - loss) <= most)) {
            return "step " + std::to_string(step);
        }
    }
    return {};
}

} // namespace

class TestRankMoments : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void measuredAndEndedTogether();
    void memoryOfOneRank();
    void noMemoryAtOneRank();
    void oneFails_data();
    void oneFails();
    void noNumberAtOneRank();
    void oneDrags();
    void anotherVersion();
};

// What is measured is that of one process, and so is the step at which the run ends early.
void TestRankMoments::measuredAndEndedTogether()
{
    TwoRanks two;
    two.config.optimizer.learningRate = 0.3; // soon worse than before
    two.config.run.epochs = 20;
    two.config.run.evalEvery = 2;
    two.config.run.patience = 2;
    two.config.run.keep = "best";
    EventLog alone;
    const auto one = two.run("alone", alone);
    const auto ends = two.both("both");
    if (ends.empty()) {
        QSKIP("this build has no ranks");
    }
    QCOMPARE(one.outcome, Outcome::Finished);
    QCOMPARE(ends[0].ended.outcome, Outcome::Finished);
    QCOMPARE(ends[1].ended.outcome, Outcome::Finished);
    QVERIFY(one.step < 100);
    QCOMPARE(ends[0].ended.step, one.step);
    QCOMPARE(ends[1].ended.step, one.step);
    QCOMPARE(ends[0].ended.sentence, one.sentence);
    const std::string steps = apart(lossesOf<train::StepDone>(ends[0].log), lossesOf<train::StepDone>(alone), 2e-5);
    QVERIFY2(steps.empty(), steps.c_str());
    const std::string held = apart(lossesOf<train::EvalDone>(ends[0].log), lossesOf<train::EvalDone>(alone), 2e-5);
    QVERIFY2(held.empty(), held.c_str());
}

// It halves its own batches; no step is lost, and each learns what it would have.
void TestRankMoments::memoryOfOneRank()
{
    const objectives::Objective row = learnsBy(littleRoomOfOne);
    for (const char* method : {"lora", "full"}) {
        TwoRanks tight;
        tight.config.method.kind = method;
        tight.config.optimizer.learningRate = 1e-3;
        tight.config.run.shard = std::string(method) == "full" ? "always" : "never";
        EventLog whole;
        QCOMPARE(tight.run("whole", whole).outcome, Outcome::Finished);
        tight.objective = &row;
        const auto ends = tight.both("both");
        if (ends.empty()) {
            QSKIP("this build has no ranks");
        }
        QVERIFY2(ends[0].ended.outcome == Outcome::Finished, ends[0].ended.sentence.c_str());
        QVERIFY2(ends[1].ended.outcome == Outcome::Finished, ends[1].ended.sentence.c_str());
        const std::string told = ends[0].log.warningWith("batches are halved"); // rank 0 talks
        QVERIFY2(told.starts_with("Rank 1: "), told.c_str());
        const std::string steps = apart(lossesOf<train::StepDone>(ends[0].log), lossesOf<train::StepDone>(whole), 1e-5);
        QVERIFY2(steps.empty(), steps.c_str());
    }
}

void TestRankMoments::noMemoryAtOneRank()
{
    const objectives::Objective row = learnsBy(noRoomOfOne);
    TwoRanks two;
    two.objective = &row;
    const auto ends = two.both("both");
    if (ends.empty()) {
        QSKIP("this build has no ranks");
    }
    QCOMPARE(ends[0].ended.outcome, Outcome::Failed);
    QCOMPARE(ends[1].ended.outcome, Outcome::Failed);
    for (const auto& end : ends) {
        QVERIFY2(end.ended.sentence.find("out of memory") != std::string::npos, end.ended.sentence.c_str());
    }
    QVERIFY2(ends[0].ended.sentence.find("Rank 1: ") != std::string::npos, ends[0].ended.sentence.c_str());
}

void TestRankMoments::oneFails_data()
{
    QTest::addColumn<bool>("inParts");
    QTest::newRow("an adapter") << false;
    QTest::newRow("all weights, the optimizer in parts") << true;
}

// All end with its sentence, and what the last whole step left is kept, also where a part of it is the failing rank's.
void TestRankMoments::oneFails()
{
    QFETCH(bool, inParts);
    const objectives::Objective row = learnsBy(failsAtOne);
    TwoRanks two;
    two.objective = &row;
    if (inParts) {
        two.config.method.kind = "full";
        two.config.optimizer.learningRate = 1e-3;
        two.config.run.shard = "always";
    }
    const auto ends = two.both("both");
    if (ends.empty()) {
        QSKIP("this build has no ranks");
    }
    QCOMPARE(ends[0].ended.outcome, Outcome::Failed);
    QVERIFY2(ends[0].ended.sentence.find("Rank 1: Step 4: The run stopped on an unexpected problem: its cable was pulled") != std::string::npos, ends[0].ended.sentence.c_str());
    QVERIFY2(ends[0].ended.sentence.find("The checkpoint of step 3 stands") != std::string::npos, ends[0].ended.sentence.c_str());
    QVERIFY2(ends[1].ended.sentence.find("its cable was pulled") != std::string::npos, ends[1].ended.sentence.c_str());
    QVERIFY(fs::exists(two.path("both/checkpoints/step-3") + (inParts ? "/optimizer-2-of-2.safetensors" : "/optimizer.safetensors")));
    // It goes on alone, as one that was never stopped.
    two.objective = nullptr;
    EventLog whole;
    QCOMPARE(two.run("whole", whole).outcome, Outcome::Finished);
    EventLog rest;
    const auto resumed = two.run("both", rest, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    auto losses = lossesOf<train::StepDone>(ends[0].log);
    for (const auto& [step, loss] : lossesOf<train::StepDone>(rest)) {
        losses[step] = loss;
    }
    const std::string difference = apart(losses, lossesOf<train::StepDone>(whole), 1e-5);
    QVERIFY2(difference.empty(), difference.c_str());
}

// Nobody takes a step whose loss is none at one of them, and all end.
void TestRankMoments::noNumberAtOneRank()
{
    const objectives::Objective row = learnsBy(noNumberOfOne);
    TwoRanks two;
    two.objective = &row;
    const auto ends = two.both("both");
    if (ends.empty()) {
        QSKIP("this build has no ranks");
    }
    QCOMPARE(ends[0].ended.outcome, Outcome::Failed);
    QVERIFY2(ends[0].ended.sentence.find("not a finite number") != std::string::npos, ends[0].ended.sentence.c_str());
    QCOMPARE(ends[1].ended.outcome, Outcome::Failed);
}

// Whoever holds up every step is named.
void TestRankMoments::oneDrags()
{
    const objectives::Objective row = learnsBy(slowAtOne);
    TwoRanks two;
    two.objective = &row;
    two.config.run.epochs = 4;
    const auto ends = two.both("both");
    if (ends.empty()) {
        QSKIP("this build has no ranks");
    }
    QCOMPARE(ends[0].ended.outcome, Outcome::Finished);
    QVERIFY(ends[0].ended.step > 30);
    const std::string told = ends[0].log.warningWith("times as long for its tokens as the others");
    QVERIFY2(told.starts_with("Rank 1 takes "), told.c_str());
}

void TestRankMoments::anotherVersion()
{
    const TinyRun tiny;
    Meeting meeting(2);
    const auto agreed = [&](const std::shared_ptr<ranks::Team>& team) {
        train::RunInputs inputs{tiny.path("run"), {}, false};
        inputs.team = team;
        const auto done = train::agreeOnRun(tiny.config, inputs);
        return done ? std::string() : done.message();
    };
    std::string second;
    std::thread other([&] { second = agreed(std::make_shared<OlderTeam>(meeting, 1, 2)); });
    const std::string first = agreed(std::make_shared<ThreadTeam>(meeting, 0, 2));
    other.join();
    QVERIFY2(first.find("Rank 0 and rank 1 were started for different runs: the version of Luthier differs (") != std::string::npos, first.c_str());
    QVERIFY2(first.find("0.0.1") != std::string::npos && first == second, second.c_str());
}

QTEST_GUILESS_MAIN(TestRankMoments)
#include "tst_rank_moments.moc"
