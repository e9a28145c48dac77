// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/eval_inputs.h"

#include "core/data/asked_columns.h"
#include "core/evaluation/choice_rows.h"
#include "core/evaluation/cloze_rows.h"
#include "core/objectives/objectives.h"
#include "core/peft/folders/origin.h"
#include "core/train/checkpoint_result.h"
#include "core/train/plan/held_out_list.h"

#include <algorithm>
#include <map>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

const data::RowTags& tagsOf(const std::vector<train::RunFile>& files, const fs::path& path)
{
    static const data::RowTags none;
    const auto found = std::find_if(files.begin(), files.end(), [&](const train::RunFile& file) { return fs::path(file.path) == path; });
    return found == files.end() ? none : found->tags;
}

} // namespace

Result<evaluation::EvalRows> evalRowsOfFile(Project* project, const train::RunFile& file, const evaluation::EvalRowSettings& settings,
                                            const base::CancelToken& cancel)
{
    const bool isOpen = file.format == "auto" && file.columns.empty();
    const auto cloze = settings.lastWords > 0 ? Result<bool>(true) : isOpen ? evaluation::isClozeFile(file.path) : Result<bool>(false);
    if (cloze && *cloze) {
        return evaluation::clozeRows(file.path, settings, cancel);
    }
    const auto choices = file.format == "auto" && file.columns.empty() ? evaluation::isChoiceFile(file.path) : Result<bool>(false);
    if (choices && *choices) {
        return evaluation::choiceRows(file.path, settings, cancel);
    }
    auto known = project == nullptr ? Result<train::RunFile>(file) : runFile(*project, file);
    const auto opened = known ? known->open({}, cancel) : Result<std::shared_ptr<data::Dataset>>(known.error());
    if (const std::string missing = opened ? data::askedColumnsProblem(**opened, cancel) : std::string(); !missing.empty()) {
        return Error{file.path + ": " + missing};
    }
    return opened ? evaluation::evalRows(**opened, settings, known->tags, cancel) : Result<evaluation::EvalRows>(opened.error());
}

Result<HeldOutRows> heldOutRowsOf(Project& project, const RunRow& run, const evaluation::EvalRowSettings& settings, const base::CancelToken& cancel)
{
    const auto config = config::fromJson(run.recipe);
    const auto rows = config ? runRows(&project, config->data) : Result<train::RunRows>(config.error());
    if (!rows) {
        return rows.error();
    }
    const auto& files = rows->heldOut.empty() ? rows->train : rows->heldOut;
    std::int64_t all = 0;
    auto walked = train::eachHeldOutRow(run.folder, *rows, [&](const data::Dataset&, std::int64_t) { return ++all > 0; }, cancel);
    if (!walked || all == 0) {
        return Error{"run \"" + run.name + "\" kept no rows aside" + (walked || !train::hasHeldOutList(run.folder) ? "" : " (" + walked.message() + ")") + "; name a file of rows that it did not learn from"};
    }
    const std::int64_t wanted = settings.limit > 0 ? std::min(settings.limit, all) : all;
    evaluation::EvalRowReader reader(settings);
    HeldOutRows held;
    std::map<fs::path, std::int64_t> offsets; // rows of several files have numbers of their own
    std::int64_t offset = 0;
    std::int64_t place = 0;
    std::int64_t taken = 0;
    const auto take = [&](const data::Dataset& file, std::int64_t row) {
        if (const auto [at, isNew] = offsets.try_emplace(file.path(), offset); isNew) {
            offset += file.rowCount();
        }
        held.source = held.source.empty() ? file.path() : held.source;
        if (place++ == taken * all / wanted && taken < wanted) {
            ++taken;
            reader.read(file, row, tagsOf(files, file.path()), offsets[file.path()]);
        }
        return true;
    };
    walked = train::eachHeldOutRow(run.folder, *rows, take, cancel);
    auto read = cancel.isCancelled() ? Result<evaluation::EvalRows>(Error{"cancelled"})
                : walked             ? reader.take("the rows that run \"" + run.name + "\" kept aside")
                                     : Result<evaluation::EvalRows>(walked.error());
    if (!read) {
        return read.error();
    }
    held.rows = std::move(*read);
    return held;
}

Result<std::shared_ptr<const data::Dataset>> trainingRowsOf(Project& project, const RunRow& run, const base::CancelToken& cancel)
{
    const auto config = config::fromJson(run.recipe);
    const auto rows = config ? runRows(&project, config->data) : Result<train::RunRows>(config.error());
    if (!rows || rows->train.empty()) {
        return rows ? Error{"run \"" + run.name + "\" names no training data"} : rows.error();
    }
    auto opened = rows->train.front().open({}, cancel);
    return opened ? Result<std::shared_ptr<const data::Dataset>>(*opened) : opened.error();
}

Result<evaluation::GeneralSet> generalSet(Project* project, const std::string& file, std::int64_t limit, std::int64_t lastWords, const base::CancelToken& cancel)
{
    auto rows = evalRowsOfFile(project, {file}, {"", limit, lastWords}, cancel);
    if (!rows) {
        return rows.error();
    }
    return evaluation::GeneralSet{fs::path(file).filename().string(), file, std::move(*rows)};
}

namespace {

// Of a finished run its result; of one that was stopped what it had learned by its newest checkpoint.
Result<fs::path> answererOf(const RunRow& run)
{
    std::error_code code;
    if (!run.result.empty() && fs::exists(run.result, code)) {
        return fs::path(run.result);
    }
    const auto steps = train::stepsWithCheckpoint(run.folder);
    if (!steps.empty()) {
        return train::resultOfCheckpoint(run.folder, steps.back());
    }
    return Error{"run \"" + run.name + "\" has no result and no checkpoint"
                 + (run.result.empty() ? "; it is " + run.state : ": " + run.result + " is not there any more")};
}

Result<evaluation::UsualSystems> usualOf(const RunRow& run)
{
    const auto result = answererOf(run);
    const auto config = result ? config::fromJson(run.recipe) : Result<config::RunConfig>(result.error());
    if (!config) {
        return config.error();
    }
    const auto* objective = objectives::findObjective(config->objective.kind);
    if (objective != nullptr && objective->judges) {
        return Error{"run \"" + run.name + "\" made a model that scores texts and answers none, so its answers cannot be evaluated; as a reward model it can score those of others"};
    }
    std::error_code code;
    const fs::path base = peft::baseOf(run.folder, config->model.path);
    const bool isAdapter = fs::exists(*result / "adapter_config.json", code);
    evaluation::UsualSystems systems;
    systems.model = isAdapter ? base : *result;
    if (isAdapter) {
        systems.adapters.push_back({*result, 1});
    } else {
        systems.base = base;
    }
    return systems;
}

std::vector<std::int64_t> evenly(const std::vector<std::int64_t>& steps, std::size_t most)
{
    std::vector<std::int64_t> chosen;
    const std::size_t count = std::min(most, steps.size());
    for (std::size_t i = 0; i < count; ++i) {
        chosen.push_back(steps[i * steps.size() / count]);
    }
    return chosen;
}

} // namespace

fs::path generalFileOf(const RunRow& run)
{
    const auto config = config::fromJson(run.recipe);
    return config && !config->data.general.empty() ? fs::path(config->data.general.front()) : fs::path();
}

Result<std::vector<evaluation::EvalSystem>> systemsOfRun(const RunRow& run, const Beside& beside, const base::CancelToken& cancel)
{
    auto usual = usualOf(run);
    if (!usual) {
        return usual.error();
    }
    usual->system = beside.system;
    usual->shots = beside.shots;
    auto systems = evaluation::systemsOf(*usual);
    auto tuned = std::move(systems.back());
    systems.pop_back();
    if (beside.checkpoints) {
        systems.front().step = 0;
        tuned.step = run.step;
        auto steps = train::stepsWithCheckpoint(run.folder);
        std::erase(steps, run.step); // the result is that of the last step
        for (const std::int64_t step : evenly(steps, kMostCheckpoints)) {
            if (cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            const auto made = train::resultOfCheckpoint(run.folder, step);
            if (!made) {
                return made.error();
            }
            evaluation::EvalSystem system{"step-" + std::to_string(step), "step " + std::to_string(step), usual->model, {{*made, 1}}};
            if (usual->adapters.empty()) {
                system.model = *made;
                system.adapters.clear();
            }
            system.step = step;
            systems.push_back(std::move(system));
        }
    }
    for (const RunRow& other : beside.runs) {
        const auto its = usualOf(other);
        if (!its) {
            return its.error();
        }
        systems.push_back({"run-" + std::to_string(other.id), other.name.empty() ? "run " + std::to_string(other.id) : other.name, its->model, its->adapters});
    }
    systems.push_back(std::move(tuned));
    return systems;
}

} // namespace luthier::store
