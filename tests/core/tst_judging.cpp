// SPDX-License-Identifier: GPL-3.0-or-later
// Blind judging: sides without a habit, votes that outlive a kill, what they add up to, and the preferences that they become.
#include "core/base/files.h"
#include "core/data/dataset.h"
#include "core/evaluation/pair_sources.h"
#include "core/store/judgings.h"
#include "core/store/project.h"
#include "core/store/runs/reward_trust.h"
#include "tests/support/coverage.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

using namespace luthier;
using namespace luthier::evaluation;
using support::need;

namespace {

std::vector<JudgedPair> pairsOf(std::int64_t count, const std::string& first = "base", const std::string& second = "tuned")
{
    std::vector<JudgedPair> pairs;
    for (std::int64_t i = 1; i <= count; ++i) {
        pairs.push_back({i, {{"user", "question " + std::to_string(i), {}}}, first, second, "short", "a longer answer " + std::to_string(i), "reference"});
    }
    return pairs;
}

// A vote for the second system (1), the first (0) or neither (0.5), wherever it stood.
Vote voteFor(std::int64_t pair, double outcome, const std::string& judge = "me")
{
    const bool swapped = isSwapped(42, pair, judge);
    const Choice choice = outcome == 0.5 ? Choice::Tie : (outcome == 1) == swapped ? Choice::Left : Choice::Right;
    return {pair, judge, choice, swapped, "", "", 1, ""};
}

} // namespace

class TestJudging : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    // Over 10,000 draws the second system stands left as often as right (four standard deviations are 200), for every seed, without runs.
    void sidesAreUnbiased()
    {
        constexpr int kDraws = 10'000;
        for (const std::uint64_t seed : {0ULL, 42ULL, 0xffffffffffffffffULL}) {
            int left = 0;
            int changes = 0;
            for (int pair = 1; pair <= kDraws; ++pair) {
                left += isSwapped(seed, pair, "me") ? 1 : 0;
                changes += isSwapped(seed, pair, "me") != isSwapped(seed, pair + 1, "me") ? 1 : 0;
            }
            QVERIFY2(std::abs(left - kDraws / 2) < 200, qPrintable(QString::number(left)));
            QVERIFY2(std::abs(changes - kDraws / 2) < 200, qPrintable(QString::number(changes)));
        }
        int apart = 0;
        for (int pair = 1; pair <= 1000; ++pair) {
            QCOMPARE(isSwapped(7, pair, "ann"), isSwapped(7, pair, "ann"));
            apart += isSwapped(7, pair, "ann") != isSwapped(7, pair, "bob") ? 1 : 0;
        }
        QVERIFY(apart > 400 && apart < 600);
    }

    void tallies()
    {
        const auto pairs = pairsOf(20);
        std::vector<Vote> votes;
        for (std::int64_t i = 1; i <= 16; ++i) {
            votes.push_back(voteFor(i, i <= 13 ? 1 : 0));
        }
        votes.push_back(voteFor(17, 0.5));
        votes.push_back({18, "me", Choice::BothBad, false, "", "", 0, ""});
        votes.push_back({19, "me", Choice::Skip, false, "", "", 0, ""});
        const auto tally = tallyOf(pairs, votes, "base", "tuned");
        QCOMPARE(tally.pairs, 20);
        QCOMPARE(tally.judged, 18);
        QCOMPARE(tally.won, 13);
        QCOMPARE(tally.lost, 3);
        QCOMPARE(tally.ties + tally.bothBad, 2);
        QCOMPARE(tally.skipped, 1);
        QCOMPARE(tally.rate, 14.0 / 18);
        QVERIFY(tally.isClear && tally.interval.low > 0.5 && tally.sentence.starts_with("Clear: tuned"));
        QCOMPARE(tally.longerRate, 13.0 / 16); // the tuned answers are the longer ones
        QVERIFY(tallyOf(pairs, {}, "base", "tuned").sentence.find("Nothing") != std::string::npos);
        QVERIFY(!tallyOf(pairs, {voteFor(1, 1)}, "base", "tuned").isClear);
    }

    // A later vote of the same judge replaces the earlier one; two judges of one pair share it.
    void theLastVoteCounts()
    {
        const auto pairs = pairsOf(2);
        const auto tally = tallyOf(pairs, {voteFor(1, 1), voteFor(1, 0), voteFor(1, 1, "ann")}, "base", "tuned");
        QCOMPARE(tally.judged, 1);
        QCOMPARE(tally.rate, 0.5);
    }

    // What is said of votes holds in 95 of 100 worlds, with ties too (as a share would have it: 98 to 99 of 100), and where two judge each pair.
    void tallyHoldsWhatItPromises_data()
    {
        QTest::addColumn<double>("won");
        QTest::addColumn<double>("tie");
        QTest::addColumn<int>("judges");
        QTest::newRow("as good, no ties") << 0.5 << 0.0 << 1;
        QTest::newRow("as good, many ties") << 0.3 << 0.4 << 1;
        QTest::newRow("better, many ties") << 0.4 << 0.4 << 1;
        QTest::newRow("two judges who agree on three pairs of four") << 0.4 << 0.2 << 2;
    }

    void tallyHoldsWhatItPromises()
    {
        QFETCH(double, won);
        QFETCH(double, tie);
        QFETCH(int, judges);
        const auto pairs = pairsOf(100);
        const double share = support::shareHeld(8000, 16, [&](base::Random& random) {
            std::vector<Vote> votes;
            for (const JudgedPair& pair : pairs) {
                const auto outcome = [&] {
                    const double draw = random.uniform();
                    return draw < won ? 1.0 : draw < won + tie ? 0.5 : 0.0;
                };
                const double first = outcome();
                votes.push_back(voteFor(pair.number, first));
                if (judges > 1) {
                    votes.push_back(voteFor(pair.number, random.uniform() < 0.75 ? first : outcome(), "ann"));
                }
            }
            return support::holds(tallyOf(pairs, votes, "base", "tuned").interval, won + tie / 2);
        });
        QVERIFY(support::isAsPromised(share));
    }

    // Pairs alone would make it clear; judges who contradict each other, or few questions asked again and again, do not.
    void contradictionsAreNotClear()
    {
        const auto pairs = pairsOf(40);
        const auto tallied = [&](const std::function<void(std::vector<Vote>&)>& add) {
            std::vector<Vote> votes;
            add(votes);
            return tallyOf(pairs, votes, "base", "tuned");
        };
        const auto apart = tallied([](auto& votes) { // ann found nothing good in what the others praise
            for (std::int64_t i = 1; i <= 30; ++i) {
                votes.push_back(voteFor(i, 1));
                votes.push_back(voteFor(i, 1, "bob"));
                votes.push_back(voteFor(i, 0, "ann"));
            }
        });
        QVERIFY2(!apart.isClear && apart.isContradicted && apart.sentence.find("contradict each other") != std::string::npos, apart.sentence.c_str());
        const auto elsewhere = tallied([](auto& votes) { // each has pairs of their own
            for (std::int64_t i = 1; i <= 40; ++i) {
                votes.push_back(voteFor(i, i <= 30 ? 1 : 0, i <= 30 ? "me" : "ann"));
            }
        });
        QVERIFY2(!elsewhere.isClear && elsewhere.isContradicted, elsewhere.sentence.c_str());
        const auto agreed = tallied([](auto& votes) {
            for (std::int64_t i = 1; i <= 30; ++i) {
                votes.push_back(voteFor(i, i % 6 == 0 ? 0 : 1));
                votes.push_back(voteFor(i, i % 7 == 0 ? 0 : 1, "ann"));
            }
            votes.push_back(voteFor(31, 0, "bob")); // one vote of a third is no contradiction
        });
        QVERIFY2(agreed.isClear && !agreed.isContradicted, agreed.sentence.c_str());
        auto few = pairs; // four questions, ten answers to each
        for (JudgedPair& pair : few) {
            pair.prompt.front().content = "question " + std::to_string(pair.number % 4);
        }
        std::vector<Vote> votes;
        for (std::int64_t i = 1; i <= 40; ++i) {
            votes.push_back(voteFor(i, i % 4 == 0 ? 0 : 1));
        }
        QVERIFY(tallyOf(pairs, votes, "base", "tuned").isClear);
        QVERIFY(!tallyOf(few, votes, "base", "tuned").isClear);
    }

    // A second judge who says the same makes nothing surer, and no system better.
    void judgesOfOnePairAreOneBattle()
    {
        const auto pairs = pairsOf(30);
        std::vector<Vote> votes;
        for (std::int64_t i = 1; i <= 30; ++i) {
            votes.push_back(voteFor(i, i % 3 == 0 ? 0 : 1));
        }
        const auto alone = ratingsOf(pairs, votes);
        for (std::int64_t i = 1; i <= 30; ++i) {
            votes.push_back(voteFor(i, i % 3 == 0 ? 0 : 1, "ann"));
        }
        const auto both = ratingsOf(pairs, votes);
        QCOMPARE(both.front().rating.interval.low, alone.front().rating.interval.low);
        QCOMPARE(both.front().rating.battles, std::int64_t{30});
    }

    void ratingsOfThree()
    {
        auto pairs = pairsOf(30, "base", "tuned");
        for (auto& pair : pairsOf(30, "tuned", "other")) {
            pair.number += 30;
            pairs.push_back(pair);
        }
        std::vector<Vote> votes;
        for (std::int64_t i = 1; i <= 60; ++i) {
            votes.push_back(voteFor(i, i <= 30 ? (i % 3 == 0 ? 0 : 1) : (i % 4 == 0 ? 1 : 0)));
        }
        const auto ratings = ratingsOf(pairs, votes);
        QCOMPARE(ratings.size(), std::size_t{3});
        QCOMPARE(ratings.front().system, std::string("tuned"));
        QVERIFY(ratings.front().rating.value > 1000 && ratings.front().rating.interval.low < ratings.front().rating.value);
    }

    void agreement()
    {
        std::vector<Vote> votes;
        for (std::int64_t i = 1; i <= 20; ++i) {
            votes.push_back(voteFor(i, i % 2 == 0 ? 1 : 0, "ann"));
            votes.push_back(voteFor(i, i % 2 == 0 ? 1 : 0, "bob"));
        }
        const auto same = agreementOf(votes);
        QCOMPARE(same.pairs, 20);
        QCOMPARE(same.kappa, 1.0);
        QCOMPARE(same.alpha, 1.0);
        QVERIFY(std::isnan(agreementOf({voteFor(1, 1)}).alpha));
    }

    // Read back by the data reader as the shape that DPO takes.
    void votesBecomePreferences()
    {
        const auto pairs = pairsOf(5);
        std::vector<Vote> votes{voteFor(1, 1), voteFor(2, 0), voteFor(3, 0.5)};
        votes.push_back(voteFor(4, 1));
        votes.back().correction = "what is right";
        votes.push_back({5, "me", Choice::BothBad, false, "", "better than both", 0, ""});
        const auto file = path("preferences.jsonl");
        QCOMPARE(need(writePreferences(pairs, votes, file)), 6);
        const auto dataset = need(data::Dataset::open(file));
        QCOMPARE(QString::fromStdString(dataset->format().id), QStringLiteral("preference"));
        const auto first = need(dataset->example(0));
        QCOMPARE(first.messages.front().content, std::string("question 1"));
        QCOMPARE(first.chosen.front().content, std::string("a longer answer 1"));
        QCOMPARE(first.rejected.front().content, std::string("short"));
        const auto second = need(dataset->example(1));
        QCOMPARE(second.chosen.front().content, std::string("short"));
        QVERIFY(!writePreferences(pairs, {voteFor(3, 0.5)}, path("none.jsonl")).ok());
        QVERIFY(!std::filesystem::exists(path("none.jsonl")));
    }

    void keptInTheProject()
    {
        const auto folder = path("project");
        {
            auto project = need(store::Project::open(folder));
            const auto row = need(project->judgings().create("first", 42, pairsOf(3)));
            QCOMPARE(row.pairs, 3);
            need(project->judgings().vote(row.id, {2, "me", Choice::Right, true, "a note", "a correction", 2.5, ""}));
            need(project->judgings().vote(row.id, voteFor(3, 0.5)));
            QVERIFY(need(project->judgings().takeBack(row.id, "me")));
            QVERIFY(!need(project->judgings().takeBack(row.id, "nobody")));
        }
        auto project = need(store::Project::open(folder));
        const auto all = need(project->judgings().all());
        QCOMPARE(all.size(), std::size_t{1});
        QCOMPARE(all[0].votes, 1);
        const auto votes = need(project->judgings().votes(all[0].id));
        QVERIFY(votes[0].pair == 2 && votes[0].choice == Choice::Right && votes[0].isSwapped && votes[0].note == "a note" && votes[0].correction == "a correction");
        QCOMPARE(need(project->judgings().pairs(all[0].id))[1].prompt[0].content, std::string("question 2"));
        need(project->judgings().remove(all[0].id));
        QVERIFY(need(project->judgings().all()).empty());
        QVERIFY(!project->judgings().find(all[0].id).ok());
    }

    // How far a reward model can be believed is what its run measured on pairs that it kept aside, wherever it is asked about from.
    void rewardModelsAreTrustedByTheirRun()
    {
        const auto folder = path("rewards");
        auto project = need(store::Project::open(folder));
        const auto made = [&](const char* name, std::optional<double> accuracy) {
            const auto run = need(project->createRun(name, Json::object()));
            train::EvalDone eval;
            eval.step = 40;
            if (accuracy) {
                measures::set(eval.measures, measures::measureOf("reward_accuracy"), *accuracy);
            }
            train::RunEnded ended;
            ended.outcome = train::Outcome::Finished;
            ended.adapter = run.folder + "/adapter";
            need(project->appendEvents(run.id, {eval, ended}));
            return std::filesystem::path(run.folder);
        };
        const auto good = made("good", 0.8125);
        const auto poor = made("poor", 0.55);
        const auto none = made("none", std::nullopt);
        for (const auto& place : {good, good / "adapter", good / "adapter/", good / "best"}) {
            const auto trust = store::rewardTrustOf(project.get(), place);
            QVERIFY(trust.accuracy && std::abs(*trust.accuracy - 0.8125) < 1e-12);
            QCOMPARE(trust.sentence, std::string("On pairs that it never learned from the reward model \"good\" was right in 81 %."));
        }
        QVERIFY(store::rewardTrustOf(project.get(), poor / "adapter").sentence.find("little better than chance") != std::string::npos);
        QVERIFY(!store::rewardTrustOf(project.get(), none).accuracy);
        QVERIFY(store::rewardTrustOf(project.get(), none).sentence.find("kept no pairs aside") != std::string::npos);
        // From elsewhere: by the project that it lies in, which somebody has open.
        QCOMPARE(store::rewardTrustOf(nullptr, good / "adapter").run, std::string("good"));
        auto other = need(store::Project::open(path("other")));
        QCOMPARE(store::rewardTrustOf(other.get(), good).run, std::string("good"));
        for (const char* nowhere : {"/nowhere/model", "", "relative"}) {
            const auto trust = store::rewardTrustOf(project.get(), nowhere);
            QVERIFY(!trust.accuracy && trust.run.empty() && trust.sentence.find("is not known") != std::string::npos);
        }
        QVERIFY(store::rewardTrustOf(project.get(), std::filesystem::path(good.string() + "0")).run.empty()); // another folder that begins alike
    }

    // Scores by criteria are kept by system, whatever side stood where, and add up by pairs.
    void criteria()
    {
        const auto folder = path("project");
        {
            auto project = need(store::Project::open(folder));
            const auto row = need(project->judgings().create("first", 42, pairsOf(3)));
            need(project->judgings().setCriteria(row.id, {"correct", "friendly"}));
            Vote vote = voteFor(1, 1);
            vote.scores["correct"] = {2, 5};
            need(project->judgings().vote(row.id, vote));
            vote = voteFor(2, 1);
            vote.scores["correct"] = {3, 4};
            need(project->judgings().vote(row.id, vote));
        }
        auto project = need(store::Project::open(folder));
        const auto row = need(project->judgings().find(1));
        QCOMPARE(row.criteria, (std::vector<std::string>{"correct", "friendly"}));
        const auto scores = criterionScores(row.criteria, need(project->judgings().votes(1)));
        QCOMPARE(scores.size(), std::size_t{2});
        QVERIFY(scores[0].pairs == 2 && scores[0].first == 2.5 && scores[0].second == 4.5);
        // Differences 3 and 1: mean 2, standard error 1, t of one degree of freedom 12.706.
        QVERIFY(std::abs(scores[0].difference.low - (2 - 12.7062)) < 1e-3);
        QVERIFY(scores[1].pairs == 0 && std::isnan(scores[1].second));
    }

    // A model is held against what most people said; its votes stand apart from theirs.
    void aModelIsHeldAgainstPeople()
    {
        std::vector<Vote> votes;
        const std::string model = std::string(kModelJudge) + "tiny";
        for (int pair = 1; pair <= 40; ++pair) {
            votes.push_back(voteFor(pair, pair % 2));
            Vote its{pair, model, (pair % 2 == 1) == (pair % 10 != 0) ? Choice::Right : Choice::Left, false, "", "", 0, ""};
            if (pair > 36) {
                its.choice = Choice::Tie;
                its.note = std::string(kOrderDecided) + ": A over B by 1";
            }
            votes.push_back(its);
        }
        QCOMPARE(votesOfPeople(votes).size(), std::size_t{40});
        const auto agreements = modelAgreements(votes);
        QCOMPARE(agreements.size(), std::size_t{1});
        QVERIFY(agreements[0].judged == 40 && agreements[0].common == 40 && agreements[0].flips == 4);
        QCOMPARE(agreements[0].same, std::int64_t{33}); // pairs 10, 20 and 30 the other way, 37 to 40 ties
        QVERIFY(agreements[0].kappa > 0.6 && agreements[0].kappa < 0.8 && agreements[0].isBelievable);
        QVERIFY(agreements[0].sentence.find("33 of 40") != std::string::npos);
        votes.resize(20);
        const auto few = modelAgreements(votes);
        QVERIFY(!few[0].isBelievable && few[0].sentence.find("fewest") != std::string::npos);
        const auto alone = modelAgreements({votes[1]});
        QVERIFY(alone[0].sentence.find("judge some of the same pairs") != std::string::npos && std::isnan(alone[0].kappa));
    }

    // Each vote that was told as kept is there after kill -9.
    void votesSurviveAKill()
    {
        const auto folder = path("project");
        std::int64_t id = 0;
        {
            auto project = need(store::Project::open(folder));
            id = need(project->judgings().create("first", 42, pairsOf(500))).id;
        }
        int told[2];
        QVERIFY(::pipe(told) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto project = store::Project::open(folder);
            for (std::int64_t pair = 1; project && pair <= 500; ++pair) {
                const bool isKept = (*project)->judgings().vote(id, voteFor(pair, 1)).ok();
                if (!isKept || ::write(told[1], "x", 1) != 1) {
                    break;
                }
            }
            ::_exit(1);
        }
        ::close(told[1]);
        std::int64_t kept = 0;
        for (char one = 0; kept < 25 && ::read(told[0], &one, 1) == 1;) {
            ++kept;
        }
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        for (char one = 0; ::read(told[0], &one, 1) == 1;) {
            ++kept;
        }
        ::close(told[0]);
        QVERIFY(kept >= 25);
        auto project = need(store::Project::open(folder));
        const auto votes = need(project->judgings().votes(id));
        QVERIFY(static_cast<std::int64_t>(votes.size()) >= kept);
        for (std::int64_t i = 0; i < kept; ++i) {
            QCOMPARE(votes[static_cast<std::size_t>(i)].pair, i + 1);
        }
    }

    void pairsFromFiles()
    {
        const auto file = path("pairs.jsonl");
        need(base::writeFileAtomically(file, "{\"prompt\":\"a?\",\"first_answer\":\"x\",\"second_answer\":\"y\"}\n"
                                             "{\"prompt\":[{\"role\":\"user\",\"content\":\"b?\"}],\"first\":\"m\",\"second\":\"n\",\"first_answer\":\"x\",\"second_answer\":\"x\"}\n"));
        const auto chosen = need(pairsOfFile(file, {}));
        QCOMPARE(chosen.pairs.size(), std::size_t{1});
        QCOMPARE(chosen.equal, 1);
        need(base::writeFileAtomically(file, "{\"prompt\":\"a?\",\"first_answer\":\"x\"}\n"));
        QVERIFY(pairsOfFile(file, {}).message().find("row 1") != std::string::npos);
        need(base::writeFileAtomically(file, "{\"prompt\":\"q\",\"first_answer\":\"x\",\"second_answer\":\"y\"}\n{broken\n{\"prompt\":\"q\",\"first_answer\":\"x\"}\n"));
        const auto some = need(pairsOfFile(file, {})); // a bad row costs that row
        QVERIFY(some.pairs.size() == 1 && some.bad.size() == 2 && some.bad[1].starts_with("row 3: \"second_answer\" is missing"));
        QVERIFY(pairsOfEvaluation(path("nowhere"), {}).message().find("luthier eval") != std::string::npos);
    }

private:
    std::filesystem::path path(const char* name) const { return m_folder->filePath(name).toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestJudging)
#include "tst_judging.moc"
