// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/judging.h"

#include "core/base/amount.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/statistics/agreement.h"
#include "core/statistics/proportions.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace luthier::evaluation {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string percent(double share)
{
    return std::to_string(static_cast<int>(std::lround(100 * share))) + " %";
}

std::string sentenceOf(const Tally& tally, const std::string& first, const std::string& second)
{
    if (tally.judged == 0) {
        return "Nothing is judged yet.";
    }
    const std::string interval = "(" + percent(tally.interval.low) + " to " + percent(tally.interval.high) + ")";
    const std::string pairs = base::amount(tally.judged, "pair");
    if (!tally.isClear) {
        return second + " wins " + percent(tally.rate) + " " + interval + " after " + pairs + "; not clear"
               + (tally.isContradicted ? ": those who judged contradict each other." : " yet.");
    }
    return "Clear: " + (tally.rate > 0.5 ? second : first) + " is preferred, " + percent(std::max(tally.rate, 1 - tally.rate)) + " " + "of " + pairs + "; of " + second + " "
           + interval + ".";
}

// Votes on pairs: those of one pair count together as one value, all pairs alike.
class Votes {
public:
    // `question`: pairs that ask the same are drawn together.
    void add(std::int64_t pair, const std::string& judge, const std::string& question, double value)
    {
        const auto numberOf = [](auto& numbers, const auto& key) { return numbers.try_emplace(key, static_cast<std::uint32_t>(numbers.size())).first->second; };
        const std::uint32_t its = numberOf(m_pairNumbers, pair);
        m_pairs.push_back(its);
        m_judges.push_back(numberOf(m_judgeNumbers, judge));
        m_questions.push_back(numberOf(m_questionNumbers, question));
        m_values.push_back(value);
        m_votesOf.resize(m_pairNumbers.size());
        ++m_votesOf[its];
    }

    // What the mean scatters by beside its pairs: 0 where judges agree as those who draw lots would, and no two pairs ask the same.
    double varianceOfJudges() const { return excess(m_judges, eachItsOwn()); }
    double varianceOfQuestions() const { return excess(m_questions, m_pairs); }

private:
    std::vector<std::uint32_t> eachItsOwn() const
    {
        std::vector<std::uint32_t> numbers(m_values.size());
        std::iota(numbers.begin(), numbers.end(), 0U);
        return numbers;
    }

    std::vector<double> scores() const
    {
        const auto weight = [&](std::size_t i) { return 1 / (static_cast<double>(m_votesOf.size()) * m_votesOf[m_pairs[i]]); };
        double mean = 0;
        for (std::size_t i = 0; i < m_values.size(); ++i) {
            mean += weight(i) * m_values[i];
        }
        std::vector<double> scores;
        for (std::size_t i = 0; i < m_values.size(); ++i) {
            scores.push_back(weight(i) * (m_values[i] - mean));
        }
        return scores;
    }

    double excess(const std::vector<std::uint32_t>& wide, const std::vector<std::uint32_t>& narrow) const
    {
        const auto all = scores();
        return std::max(0.0, statistics::clusteredVariance(all, wide) - statistics::clusteredVariance(all, narrow));
    }

    std::map<std::int64_t, std::uint32_t> m_pairNumbers;
    std::map<std::string, std::uint32_t> m_judgeNumbers;
    std::map<std::string, std::uint32_t> m_questionNumbers;
    std::vector<std::uint32_t> m_pairs; // of each vote, as below
    std::vector<std::uint32_t> m_judges;
    std::vector<std::uint32_t> m_questions;
    std::vector<double> m_values;
    std::vector<double> m_votesOf; // of each pair
};

std::string askedIn(const JudgedPair& pair)
{
    return base::dumpJson(data::toJson(pair.prompt));
}

bool leavesOutHalf(const statistics::Interval& interval)
{
    return interval.low > 0.5 || interval.high < 0.5;
}

std::map<std::int64_t, const JudgedPair*> byNumber(const std::vector<JudgedPair>& pairs)
{
    std::map<std::int64_t, const JudgedPair*> found;
    for (const JudgedPair& pair : pairs) {
        found[pair.number] = &pair;
    }
    return found;
}

void count(Tally& tally, const JudgedPair& pair, const Vote& vote, double& leftWon, double& longerWon, double& decided, double& unequal)
{
    tally.won += vote.choice != Choice::Tie && vote.choice != Choice::BothBad && outcomeOfSecond(vote) == 1 ? 1 : 0;
    tally.lost += vote.choice != Choice::Tie && vote.choice != Choice::BothBad && outcomeOfSecond(vote) == 0 ? 1 : 0;
    tally.ties += vote.choice == Choice::Tie ? 1 : 0;
    tally.bothBad += vote.choice == Choice::BothBad ? 1 : 0;
    if (vote.choice != Choice::Left && vote.choice != Choice::Right) {
        return;
    }
    ++decided;
    leftWon += vote.choice == Choice::Left ? 1 : 0;
    const auto first = text::toCodePoints(pair.firstAnswer).size();
    const auto second = text::toCodePoints(pair.secondAnswer).size();
    unequal += first != second ? 1 : 0;
    longerWon += first != second && (second > first) == (outcomeOfSecond(vote) == 1) ? 1 : 0;
}

} // namespace

const ChoiceRow& rowOf(Choice choice)
{
    return *std::find_if(std::begin(kChoices), std::end(kChoices), [choice](const ChoiceRow& row) { return row.choice == choice; });
}

Result<Choice> choiceOf(std::string_view id)
{
    const auto* found = std::find_if(std::begin(kChoices), std::end(kChoices), [id](const ChoiceRow& row) { return row.id == id || row.key == id; });
    if (found == std::end(kChoices)) {
        return Error{"\"" + std::string(id) + "\" is no vote; there are left (1), right (2), tie (3), both_bad (4) and skip (5)"};
    }
    return found->choice;
}

Json toJson(const JudgedPair& pair)
{
    return {{"pair", pair.number},          {"prompt", data::toJson(pair.prompt)}, {"first", pair.first}, {"second", pair.second},
            {"first_answer", pair.firstAnswer}, {"second_answer", pair.secondAnswer},  {"reference", pair.reference}};
}

Result<JudgedPair> judgedPairFromJson(const Json& json)
{
    try {
        JudgedPair pair;
        pair.number = json.value("pair", std::int64_t{0});
        for (const Json& message : json.at("prompt")) {
            pair.prompt.push_back({message.at("role").get<std::string>(), message.at("content").get<std::string>(), {}});
        }
        pair.first = json.at("first").get<std::string>();
        pair.second = json.at("second").get<std::string>();
        pair.firstAnswer = json.at("first_answer").get<std::string>();
        pair.secondAnswer = json.at("second_answer").get<std::string>();
        pair.reference = json.value("reference", std::string());
        return pair;
    } catch (const Json::exception& problem) {
        return Error{"a pair to judge cannot be read: " + std::string(problem.what())};
    }
}

bool isSwapped(std::uint64_t seed, std::int64_t pair, std::string_view judge)
{
    base::Random random(base::rowHash(std::to_string(seed) + "/" + std::to_string(pair) + "/" + std::string(judge)));
    return (random.next() >> 63) != 0;
}

double outcomeOfSecond(const Vote& vote)
{
    if (vote.choice != Choice::Left && vote.choice != Choice::Right) {
        return 0.5;
    }
    return (vote.choice == Choice::Left) == vote.isSwapped ? 1 : 0;
}

std::vector<Vote> votesThatCount(const std::vector<Vote>& votes)
{
    std::map<std::pair<std::int64_t, std::string>, Vote> last;
    for (const Vote& vote : votes) {
        last[{vote.pair, vote.judge}] = vote;
    }
    std::vector<Vote> counting;
    for (auto& [key, vote] : last) {
        counting.push_back(std::move(vote));
    }
    return counting;
}

Tally tallyOf(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes, const std::string& first, const std::string& second)
{
    Tally tally;
    const auto known = byNumber(pairs);
    for (const JudgedPair& pair : pairs) {
        tally.pairs += pair.first == first && pair.second == second ? 1 : 0;
    }
    std::map<std::int64_t, std::pair<double, double>> ofPair; // outcomes and votes
    Votes all;
    double leftWon = 0;
    double longerWon = 0;
    double decided = 0;
    double unequal = 0;
    for (const Vote& vote : votesThatCount(votes)) {
        const auto pair = known.find(vote.pair);
        if (pair == known.end() || pair->second->first != first || pair->second->second != second) {
            continue;
        }
        if (vote.choice == Choice::Skip) {
            ++tally.skipped;
            continue;
        }
        count(tally, *pair->second, vote, leftWon, longerWon, decided, unequal);
        ofPair[vote.pair].first += outcomeOfSecond(vote);
        ofPair[vote.pair].second += 1;
        all.add(vote.pair, vote.judge, askedIn(*pair->second), outcomeOfSecond(vote));
    }
    tally.judged = static_cast<std::int64_t>(ofPair.size());
    double lead = 0; // of the second, summed over pairs: 1 won, 0 neither, -1 lost, and between them where judges differ
    double squares = 0;
    for (const auto& [pair, outcome] : ofPair) {
        const double d = 2 * outcome.first / outcome.second - 1;
        lead += d;
        squares += d * d;
    }
    const auto n = static_cast<double>(tally.judged);
    tally.rate = tally.judged > 0 ? (1 + lead / n) / 2 : kNone;
    tally.interval = {kNone, kNone};
    if (tally.judged > 0) { // ties scatter less than wins and losses, so a share's interval would be too wide
        const auto ahead = statistics::pairedInterval((squares - lead) / 2, (squares + lead) / 2, n);
        const statistics::Interval ofPairs{(1 + ahead.low) / 2, (1 + ahead.high) / 2};
        const auto ofQuestions = statistics::widened(ofPairs, tally.rate, all.varianceOfQuestions());
        const auto ofBoth = statistics::widened(ofQuestions, tally.rate, all.varianceOfJudges());
        tally.interval = {std::max(0.0, ofBoth.low), std::min(1.0, ofBoth.high)};
        tally.isContradicted = leavesOutHalf(ofQuestions) && !leavesOutHalf(tally.interval);
    }
    tally.leftRate = decided > 0 ? leftWon / decided : kNone;
    tally.longerRate = unequal > 0 ? longerWon / unequal : kNone;
    tally.isClear = tally.judged > 0 && leavesOutHalf(tally.interval);
    tally.sentence = sentenceOf(tally, first, second);
    return tally;
}

std::vector<CriterionScore> criterionScores(const std::vector<std::string>& criteria, const std::vector<Vote>& votes)
{
    std::vector<CriterionScore> all;
    for (const std::string& criterion : criteria) {
        std::map<std::int64_t, std::array<double, 3>> ofPair; // sums and judges
        Votes apart;
        for (const Vote& vote : votesThatCount(votes)) {
            if (const auto found = vote.scores.find(criterion); found != vote.scores.end()) {
                auto& sums = ofPair[vote.pair];
                sums[0] += found->second.first;
                sums[1] += found->second.second;
                sums[2] += 1;
                apart.add(vote.pair, vote.judge, std::to_string(vote.pair), found->second.second - found->second.first);
            }
        }
        CriterionScore score{criterion, static_cast<std::int64_t>(ofPair.size()), kNone, kNone, {kNone, kNone}};
        if (!ofPair.empty()) {
            const auto n = static_cast<double>(ofPair.size());
            double first = 0;
            double second = 0;
            double squares = 0;
            for (const auto& [pair, sums] : ofPair) {
                first += sums[0] / sums[2];
                second += sums[1] / sums[2];
                squares += std::pow((sums[1] - sums[0]) / sums[2], 2);
            }
            score.first = first / n;
            score.second = second / n;
            const double mean = score.second - score.first;
            if (n > 1) {
                const double error = std::sqrt(std::max(0.0, squares - n * mean * mean) / (n - 1) / n);
                const double width = statistics::studentQuantile(0.975, n - 1) * error;
                score.difference = statistics::widened({mean - width, mean + width}, mean, apart.varianceOfJudges());
            }
        }
        all.push_back(std::move(score));
    }
    return all;
}

std::vector<SystemRating> ratingsOf(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes)
{
    const auto known = byNumber(pairs);
    std::map<std::string, std::uint32_t> places;
    std::vector<SystemRating> ratings;
    for (const JudgedPair& pair : pairs) {
        for (const std::string& system : {pair.first, pair.second}) {
            if (places.try_emplace(system, static_cast<std::uint32_t>(ratings.size())).second) {
                ratings.push_back({system, {}});
            }
        }
    }
    std::map<std::int64_t, std::pair<double, double>> ofPair; // outcomes of the first and votes: judges of one pair count together
    for (const Vote& vote : votesThatCount(votes)) {
        if (known.contains(vote.pair) && vote.choice != Choice::Skip) {
            ofPair[vote.pair].first += 1 - outcomeOfSecond(vote);
            ofPair[vote.pair].second += 1;
        }
    }
    std::vector<statistics::Battle> battles;
    for (const auto& [number, outcome] : ofPair) {
        const JudgedPair& pair = *known.at(number);
        battles.push_back({places[pair.first], places[pair.second], outcome.first / outcome.second});
    }
    const auto fitted = statistics::bradleyTerry(battles, ratings.size());
    for (std::size_t i = 0; i < ratings.size(); ++i) {
        ratings[i].rating = fitted[i];
    }
    std::stable_sort(ratings.begin(), ratings.end(), [](const SystemRating& a, const SystemRating& b) { return a.rating.value > b.rating.value; });
    return ratings;
}

JudgeAgreement agreementOf(const std::vector<Vote>& votes)
{
    JudgeAgreement agreement;
    std::map<std::string, std::map<std::int64_t, double>> byJudge;
    std::map<std::int64_t, int> judgesOf;
    for (const Vote& vote : votesThatCount(votes)) {
        if (vote.choice != Choice::Skip) {
            // Sides differ from judge to judge: what counts is who won, and both bad is another judgement than a tie.
            byJudge[vote.judge][vote.pair] = vote.choice == Choice::BothBad ? -1 : outcomeOfSecond(vote);
            agreement.pairs += ++judgesOf[vote.pair] == 2 ? 1 : 0;
        }
    }
    std::vector<std::vector<std::optional<double>>> judgements;
    for (const auto& [judge, its] : byJudge) {
        agreement.judges.push_back(judge);
        auto& row = judgements.emplace_back();
        for (const auto& [pair, judges] : judgesOf) {
            const auto found = its.find(pair);
            row.push_back(found == its.end() ? std::nullopt : std::optional<double>(found->second));
        }
    }
    agreement.alpha = agreement.pairs > 0 ? statistics::krippendorffAlpha(judgements, statistics::Scale::Nominal) : kNone;
    agreement.kappa = kNone;
    if (judgements.size() == 2 && agreement.pairs > 0) {
        std::vector<int> first;
        std::vector<int> second;
        for (std::size_t i = 0; i < judgements[0].size(); ++i) {
            if (judgements[0][i] && judgements[1][i]) {
                first.push_back(static_cast<int>(2 * *judgements[0][i]));
                second.push_back(static_cast<int>(2 * *judgements[1][i]));
            }
        }
        agreement.kappa = statistics::cohenKappa(first, second);
    }
    return agreement;
}

bool isModel(std::string_view judge)
{
    return judge.starts_with(kModelJudge);
}

std::vector<Vote> votesOfPeople(const std::vector<Vote>& votes)
{
    std::vector<Vote> people;
    std::copy_if(votes.begin(), votes.end(), std::back_inserter(people), [](const Vote& vote) { return !isModel(vote.judge); });
    return people;
}

namespace {

constexpr std::int64_t kFewestCommon = 20;
constexpr double kFairKappa = 0.4; // Landis and Koch 1977: above it agreement is called moderate

int sideOf(double outcome)
{
    return outcome > 0.5 ? 1 : outcome < 0.5 ? -1 : 0;
}

std::string twoDigits(double value)
{
    const auto hundredths = static_cast<int>(std::lround(100 * std::abs(value)));
    return std::string(value < 0 ? "-" : "") + std::to_string(hundredths / 100) + "." + (hundredths % 100 < 10 ? "0" : "") + std::to_string(hundredths % 100);
}

std::string believing(const ModelAgreement& model)
{
    if (model.common == 0) {
        return model.judge + " is held against nobody yet: judge some of the same pairs yourself before its votes count for anything.";
    }
    const std::string numbers = std::to_string(model.same) + " of " + base::amount(model.common, "pair") + " that people judged" + (std::isnan(model.kappa) ? "" : ", kappa " + twoDigits(model.kappa));
    if (model.common < kFewestCommon) {
        return model.judge + " agrees on " + numbers + "; " + std::to_string(kFewestCommon) + " pairs are the fewest that say anything.";
    }
    return model.judge + " agrees on " + numbers + (model.isBelievable ? "." : ": no better than fair. Change the rubric, or take another judge.");
}

} // namespace

std::vector<ModelAgreement> modelAgreements(const std::vector<Vote>& votes)
{
    std::map<std::int64_t, std::pair<double, int>> people; // sum of outcomes, votes
    std::map<std::string, std::vector<Vote>> models;
    for (const Vote& vote : votesThatCount(votes)) {
        if (isModel(vote.judge)) {
            models[vote.judge].push_back(vote);
        } else if (vote.choice != Choice::Skip) {
            people[vote.pair].first += outcomeOfSecond(vote);
            ++people[vote.pair].second;
        }
    }
    std::vector<ModelAgreement> agreements;
    for (const auto& [judge, its] : models) {
        ModelAgreement model{judge, static_cast<std::int64_t>(its.size()), 0, 0, 0, kNone, {}, false};
        std::vector<int> said;
        std::vector<int> wanted;
        for (const Vote& vote : its) {
            model.flips += vote.note.starts_with(kOrderDecided) ? 1 : 0;
            if (const auto found = people.find(vote.pair); found != people.end()) {
                said.push_back(sideOf(outcomeOfSecond(vote)));
                wanted.push_back(sideOf(found->second.first / found->second.second));
                model.same += said.back() == wanted.back() ? 1 : 0;
            }
        }
        model.common = static_cast<std::int64_t>(said.size());
        model.kappa = said.empty() ? kNone : statistics::cohenKappa(said, wanted);
        model.isBelievable = model.common >= kFewestCommon && model.kappa > kFairKappa;
        model.sentence = believing(model);
        agreements.push_back(std::move(model));
    }
    return agreements;
}

std::vector<data::Example> preferencesOf(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes)
{
    const auto known = byNumber(pairs);
    std::vector<data::Example> examples;
    std::set<std::string> seen;
    const auto add = [&](const JudgedPair& pair, const std::string& chosen, const std::string& rejected) {
        const std::string key = base::dumpJson(Json{data::toJson(pair.prompt), chosen, rejected});
        if (chosen == rejected || !seen.insert(key).second) {
            return;
        }
        data::Example example;
        example.kind = data::ExampleKind::Preference;
        example.messages = pair.prompt;
        example.chosen.push_back({"assistant", chosen, {}});
        example.rejected.push_back({"assistant", rejected, {}});
        examples.push_back(std::move(example));
    };
    for (const Vote& vote : votesThatCount(votes)) {
        const auto found = known.find(vote.pair);
        if (found == known.end() || vote.choice == Choice::Skip) {
            continue;
        }
        const JudgedPair& pair = *found->second;
        const double outcome = outcomeOfSecond(vote);
        const std::string& winner = outcome == 1 ? pair.secondAnswer : pair.firstAnswer;
        const std::string& loser = outcome == 1 ? pair.firstAnswer : pair.secondAnswer;
        if (outcome != 0.5) {
            add(pair, winner, loser);
        }
        if (!vote.correction.empty()) {
            add(pair, vote.correction, loser);
            if (outcome == 0.5) {
                add(pair, vote.correction, winner);
            }
        }
    }
    return examples;
}

} // namespace luthier::evaluation
