// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pipeline/collection.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/data/dataset.h"
#include "core/evaluation/answering.h"
#include "core/evaluation/model_judge.h"
#include "core/evaluation/pair_sources.h"
#include "core/inference/judge_spec.h"
#include "core/store/judgings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace luthier::pipeline {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFolder = "collected";
constexpr const char* kAnswers = "answers.jsonl";
constexpr const char* kPairs = "preferences.jsonl";
constexpr std::size_t kKeyDigits = 12;
constexpr std::int64_t kSecondSeed = 1'000'003; // behind every row's own
constexpr std::array kSides = {"first", "second"};

// All that decides what is answered; the judge decides nothing of it.
Result<Json> askedOf(const Choices& choices, const std::string& adapter)
{
    const Collecting& own = choices.collect;
    const auto questions = base::sha256OfFile(own.questions);
    if (!questions) {
        return questions.error();
    }
    return Json{{"model", choices.model}, {"adapter", adapter}, {"questions", *questions}, {"limit", own.limit}, {"max_new", own.maxNew},
                {"temperature", own.temperature}, {"seed", own.seed}};
}

fs::path folderOf(store::Project& project, const Json& asked)
{
    return project.folder() / kFolder / base::sha256(base::dumpJson(asked)).substr(0, kKeyDigits);
}

Result<std::vector<evaluation::EvalRow>> questionsIn(const Collecting& own, const base::CancelToken& cancel)
{
    const auto file = data::Dataset::open(own.questions, {"auto", {}, {}, cancel});
    auto rows = file ? evaluation::evalRows(**file, {{}, own.limit}, {}, cancel) : Result<evaluation::EvalRows>(file.error());
    if (!rows) {
        return rows.error();
    }
    std::erase_if(rows->rows, [](const evaluation::EvalRow& row) { return row.prompt.empty(); });
    for (evaluation::EvalRow& row : rows->rows) { // it writes its answer, whatever there is to choose from
        row.choices.clear();
    }
    return rows->rows.empty() ? Result<std::vector<evaluation::EvalRow>>(Error{own.questions + ": no row asks anything; questions are rows with a prompt or a turn of the user"})
                              : std::move(rows->rows);
}

Result<std::shared_ptr<inference::Session>> openModel(const Choices& choices, const std::string& adapter, const std::string& device, const std::string& dtype)
{
    inference::ModelSpec spec{choices.model, {}, device, dtype};
    if (!adapter.empty()) {
        std::error_code code; // all weights: the result is a model of its own
        fs::exists(fs::path(adapter) / "adapter_config.json", code) ? spec.adapters.push_back({adapter, 1}) : static_cast<void>(spec.path = adapter);
    }
    return inference::Session::open(spec);
}

Result<evaluation::ModelJudge> openJudge(const Collecting& own, const std::string& device, const std::string& dtype)
{
    auto spec = inference::judgeSpec({own.judge, {}, device, dtype});
    auto session = spec ? inference::Session::open(*spec) : Result<std::shared_ptr<inference::Session>>(spec.error());
    if (!session) {
        return Error{"The judge: " + session.message()};
    }
    if ((*session)->judges() && !(*session)->labels().empty()) {
        return Error{"The judge: " + own.judge + " tells labels apart and does not score answers; take a reward model, or one that answers"};
    }
    const fs::path path = own.judge;
    const std::string name = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
    return (*session)->judges() ? evaluation::ModelJudge::scoring(*session, name)
                                : evaluation::ModelJudge::asking(*session, name, own.rubric.empty() ? evaluation::kUsualRubric : own.rubric);
}

Result<void> answer(inference::Session& session, const Collecting& own, const std::vector<evaluation::EvalRow>& rows, evaluation::AnswerLog& log,
                    const ToldOfCollection& told, const base::CancelToken& cancel)
{
    for (std::size_t side = 0; side < kSides.size(); ++side) {
        evaluation::AnsweringSettings settings;
        settings.sampling.maxNew = own.maxNew;
        settings.sampling.temperature = own.temperature;
        settings.sampling.seed = own.seed + static_cast<std::int64_t>(side) * kSecondSeed;
        const auto total = static_cast<std::int64_t>(kSides.size() * rows.size());
        const auto before = static_cast<std::int64_t>(side * rows.size());
        auto done = evaluation::answerRows(
            session, {kSides[side], true, {}, {}, {}}, rows, settings, log,
            [&](const std::string&, std::int64_t answered, std::int64_t) { told("answering", before + answered, total); }, cancel);
        if (!done) {
            return done;
        }
    }
    return {};
}

std::vector<evaluation::JudgedPair> pairsOf(const std::vector<evaluation::EvalRow>& rows, const evaluation::AnswerLog& log, Collected& collected)
{
    std::vector<evaluation::JudgedPair> pairs;
    for (const evaluation::EvalRow& row : rows) {
        const evaluation::Answer* first = log.find(kSides[0], row.row);
        const evaluation::Answer* second = log.find(kSides[1], row.row);
        if (first == nullptr || second == nullptr || !first->problem.empty() || !second->problem.empty()) {
            ++collected.unanswered;
        } else if (first->prediction == second->prediction) {
            ++collected.equal;
        } else {
            pairs.push_back({static_cast<std::int64_t>(pairs.size()) + 1, row.prompt, kSides[0], kSides[1], first->prediction, second->prediction,
                             row.references.empty() ? std::string() : row.references.front()});
        }
    }
    return pairs;
}

std::string judgingName(const fs::path& folder)
{
    return "Pipeline " + folder.filename().string();
}

// That of the folder's answers; made when there is none. It is known by its name, so that none is made twice.
Result<std::int64_t> judgingOf(store::Project& project, const fs::path& folder, std::int64_t seed, const std::vector<evaluation::JudgedPair>& pairs)
{
    const std::string name = judgingName(folder);
    const auto all = project.judgings().all();
    if (!all) {
        return all.error();
    }
    for (const store::JudgingRow& row : *all) {
        if (row.name == name && row.pairs == static_cast<std::int64_t>(pairs.size())) {
            return row.id;
        }
    }
    const auto made = project.judgings().create(name, static_cast<std::uint64_t>(seed), pairs);
    return made ? Result<std::int64_t>(made->id) : Result<std::int64_t>(made.error());
}

Result<void> judge(store::Project& project, const evaluation::ModelJudge& judge, const std::vector<evaluation::JudgedPair>& pairs, const fs::path& folder,
                   Collected& collected, const ToldOfCollection& told, const base::CancelToken& cancel)
{
    const auto before = project.judgings().votes(collected.judging);
    if (!before) {
        return before.error();
    }
    const auto judged = evaluation::judgeAll(
        judge, pairs, *before, [&](const evaluation::Vote& vote) { return project.judgings().vote(collected.judging, vote); },
        [&](std::int64_t done, std::int64_t total) { told("judging", done, total); }, cancel);
    const auto votes = judged ? project.judgings().votes(collected.judging) : Result<std::vector<evaluation::Vote>>(judged.error());
    if (!votes) {
        return votes.error();
    }
    std::vector<evaluation::Vote> own; // people's votes on the same pairs say whether it is believable, and make no pairs here
    for (const evaluation::Vote& vote : evaluation::votesThatCount(*votes)) {
        if (vote.judge == judge.name()) {
            own.push_back(vote);
            collected.flips += vote.note.starts_with(evaluation::kOrderDecided) ? 1 : 0;
        }
    }
    collected.judged = static_cast<std::int64_t>(own.size());
    collected.problem = judged->problems.empty() ? std::string() : judged->problems.front();
    collected.file = (folder / kPairs).string();
    const auto written = evaluation::writePreferences(pairs, own, collected.file);
    collected.pairs = written ? *written : 0;
    return written ? Result<void>() : Result<void>(Error{collected.sentence() + " " + written.message()});
}

} // namespace

std::string Collected::sentence() const
{
    return std::to_string(questions) + " questions answered twice: " + std::to_string(equal) + " times the same answer, " + std::to_string(judged) + " pairs judged, in "
           + std::to_string(flips) + " of them the order of the answers decided" + (unanswered > 0 ? ", " + std::to_string(unanswered) + " questions without an answer" : "") + ".";
}

Result<Collected> collect(store::Project& project, const Choices& choices, const std::string& device, const std::string& dtype, const ToldOfCollection& told,
                          const base::CancelToken& cancel)
{
    const Collecting& own = choices.collect;
    if (!own.isWanted()) {
        return Error{"To have pairs made, name questions (a data file) and a judge (a model that answers, or a reward model)."};
    }
    std::error_code code;
    if (!fs::exists(own.judge, code)) { // before anything is answered
        return Error{"The judge: " + own.judge + " is not there"};
    }
    const auto adapter = resultOf(project, choices, "examples"); // whose model answers the questions
    const auto asked = adapter ? askedOf(choices, *adapter) : Result<Json>(adapter.error());
    const auto rows = asked ? questionsIn(own, cancel) : Result<std::vector<evaluation::EvalRow>>(asked.error());
    if (!rows) {
        return rows.error();
    }
    const fs::path folder = folderOf(project, *asked);
    auto log = evaluation::AnswerLog::open(folder, *asked);
    if (!log) {
        return log.error();
    }
    Collected collected;
    collected.questions = static_cast<std::int64_t>(rows->size());
    if (log->size() < kSides.size() * rows->size()) {
        told("loading the model", 0, 0);
        const auto session = openModel(choices, *adapter, device, dtype);
        if (auto done = session ? answer(**session, own, *rows, *log, told, cancel) : Result<void>(session.error()); !done) {
            return done.error();
        }
    }
    const auto pairs = pairsOf(*rows, *log, collected);
    if (pairs.empty()) {
        return Error{collected.sentence() + " There is nothing to judge: raise the temperature, so that answers differ."};
    }
    const auto judging = judgingOf(project, folder, own.seed, pairs);
    if (!judging) {
        return judging.error();
    }
    collected.judging = *judging;
    told("loading the judge", 0, 0);
    const auto opened = openJudge(own, device, dtype);
    auto judged = opened ? judge(project, *opened, pairs, folder, collected, told, cancel) : Result<void>(opened.error());
    return judged ? Result<Collected>(std::move(collected)) : Result<Collected>(judged.error());
}

std::string collectedSoFar(store::Project& project, const Choices& choices)
{
    const auto adapter = choices.collect.isWanted() ? resultOf(project, choices, "examples") : Result<std::string>(Error{});
    const auto asked = adapter ? askedOf(choices, *adapter) : Result<Json>(adapter.error());
    if (!asked) {
        return {};
    }
    const fs::path folder = folderOf(project, *asked);
    const auto answers = base::readFile(folder / kAnswers);
    if (!answers) {
        return {};
    }
    std::string said = std::to_string(std::count(answers->begin(), answers->end(), '\n')) + " answers are there";
    const auto judgings = project.judgings().all();
    for (const store::JudgingRow& row : judgings ? *judgings : std::vector<store::JudgingRow>()) {
        if (row.name == judgingName(folder)) {
            said += ", " + std::to_string(row.votes) + " of " + std::to_string(row.pairs) + " pairs judged";
        }
    }
    return said + "; it goes on with them.";
}

} // namespace luthier::pipeline
