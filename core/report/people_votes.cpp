// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/people_votes.h"

#include "core/evaluation/judging.h"
#include "core/evaluation/pair_sources.h"
#include "core/store/judgings.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace luthier::report {

namespace {

using evaluation::JudgedPair;

// By their answers: a judging keeps those, and not where they are from.
bool areAnswersOf(const std::vector<JudgedPair>& judged, const std::filesystem::path& folder)
{
    if (judged.empty()) {
        return false;
    }
    const auto all = evaluation::pairsOfEvaluation(folder, {.first = judged.front().first, .second = judged.front().second});
    if (!all) {
        return false;
    }
    std::set<std::pair<std::string, std::string>> answers;
    for (const JudgedPair& pair : all->pairs) {
        answers.emplace(pair.firstAnswer, pair.secondAnswer);
    }
    return std::all_of(judged.begin(), judged.end(), [&](const JudgedPair& pair) { return answers.contains({pair.firstAnswer, pair.secondAnswer}); });
}

Json numberJson(double value)
{
    return std::isfinite(value) ? Json(value) : Json();
}

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
            {"judged", tally.judged},    {"rate", numberJson(tally.rate)},
            {"low", numberJson(tally.interval.low)}, {"high", numberJson(tally.interval.high)},
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
    const std::filesystem::path path = folder->get<std::string>();
    const auto judgings = project.judgings().all();
    if (!judgings) {
        return judgings.error();
    }
    Json list = Json::array();
    for (const store::JudgingRow& row : *judgings) {
        const auto votes = project.judgings().votes(row.id);
        const auto pairs = votes ? project.judgings().pairs(row.id) : Result<std::vector<JudgedPair>>(votes.error());
        if (!pairs) {
            return pairs.error();
        }
        if (!votes->empty() && areAnswersOf(*pairs, path)) {
            list.push_back(toldOf(row.name, *pairs, *votes));
        }
    }
    if (!list.empty()) {
        results["people"] = std::move(list);
    }
    return {};
}

} // namespace luthier::report
