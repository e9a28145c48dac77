// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/people_votes.h"

#include "core/base/number_json.h"
#include "core/evaluation/judging.h"
#include "core/evaluation/pair_sources.h"
#include "core/store/judgings.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace luthier::report {

namespace {

using evaluation::JudgedPair;

// The answers of an evaluation by two of its systems, read once however many judgings there are.
class Answers {
public:
    explicit Answers(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    // By their answers: a judging keeps those, and not where they are from.
    bool areJudged(const std::vector<JudgedPair>& judged)
    {
        if (judged.empty()) {
            return false;
        }
        const auto& answers = of(judged.front().first, judged.front().second);
        return std::all_of(judged.begin(), judged.end(), [&](const JudgedPair& pair) { return answers.contains({pair.firstAnswer, pair.secondAnswer}); });
    }

private:
    using Pairs = std::set<std::pair<std::string, std::string>>;

    // Empty where they cannot be read: they are no answers of these systems then.
    const Pairs& of(const std::string& first, const std::string& second)
    {
        const auto [known, isNew] = m_known.try_emplace({first, second});
        const auto all = isNew ? evaluation::pairsOfEvaluation(m_folder, {.first = first, .second = second}) : Result<evaluation::ChosenPairs>(evaluation::ChosenPairs());
        for (const JudgedPair& pair : all ? all->pairs : std::vector<JudgedPair>()) {
            known->second.emplace(pair.firstAnswer, pair.secondAnswer);
        }
        return known->second;
    }

    std::filesystem::path m_folder;
    std::map<std::pair<std::string, std::string>, Pairs> m_known;
};

Json toldOf(const std::string& name, const std::vector<JudgedPair>& pairs, const std::vector<evaluation::Vote>& votes)
{
    const auto& first = pairs.front().first;
    const auto& second = pairs.front().second;
    const auto people = evaluation::votesOfPeople(votes);
    const auto tally = evaluation::tallyOf(pairs, people, first, second);
    std::set<std::string> judges;
    for (const auto& vote : people) {
        judges.insert(vote.judge);
    }
    Json models = Json::array();
    for (const auto& model : evaluation::modelAgreements(votes)) {
        models.push_back(model.sentence);
    }
    std::string sentence = tally.sentence; // may begin with a system's name
    sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
    return {{"judging", name},           {"first", first},
            {"second", second},          {"pairs", tally.pairs},
            {"judged", tally.judged},    {"rate", base::numberJson(tally.rate)},
            {"low", base::numberJson(tally.interval.low)}, {"high", base::numberJson(tally.interval.high)},
            {"judges", judges.size()},   {"sentence", std::move(sentence)},
            {"models", std::move(models)}};
}

} // namespace

Result<void> addPeople(store::Project& project, Json& results)
{
    const auto folder = results.is_object() ? results.find("folder") : results.end();
    if (!results.is_object() || folder == results.end() || !folder->is_string()) {
        return {};
    }
    Answers answers(folder->get<std::string>());
    const auto judgings = project.judgings().all();
    if (!judgings) {
        return judgings.error();
    }
    Json list = Json::array();
    for (const store::JudgingRow& row : *judgings) {
        if (row.votes == 0) {
            continue;
        }
        const auto votes = project.judgings().votes(row.id);
        const auto pairs = votes ? project.judgings().pairs(row.id) : Result<std::vector<JudgedPair>>(votes.error());
        if (!pairs) {
            return pairs.error();
        }
        if (!votes->empty() && answers.areJudged(*pairs)) {
            list.push_back(toldOf(row.name, *pairs, *votes));
        }
    }
    if (!list.empty()) {
        results["people"] = std::move(list);
    }
    return {};
}

} // namespace luthier::report
