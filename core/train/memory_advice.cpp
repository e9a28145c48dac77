// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/memory_advice.h"

#include "core/base/disk_room.h"
#include "core/train/failure.h"
#include "core/train/plan/memory_estimate.h"
#include "core/train/plan/run_plan.h"
#include "core/train/start_point.h"

namespace luthier::train {

namespace {

constexpr std::size_t kAdvisedChanges = 3;

std::string changedSettings(const MemoryChange& change)
{
    std::string text;
    for (const auto& [key, value] : change.settings) {
        text += (text.empty() ? "" : " and ") + key + " to " + value;
    }
    return text;
}

std::string changeFlags(const MemoryChange& change)
{
    std::string text;
    for (const auto& [key, value] : change.settings) {
        text += " --set " + key + "=" + value;
    }
    return text;
}

} // namespace

bool endedWithoutMemory(const RunEnded& ended)
{
    return ended.outcome == Outcome::Failed && saysOutOfMemory(ended.sentence);
}

std::optional<Warning> memoryAdvice(const config::RunConfig& config, const RunInputs& inputs, const RunEnded& ended)
{
    PlanControl control;
    control.threads = config.run.threads;
    control.objective = inputs.objective;
    const auto started = startedFrom(config);
    const auto plan = started ? planRun(started->config, inputs.rows ? *inputs.rows : runRows(config.data), control) : Result<RunPlan>(started.error());
    const auto changes = plan ? memoryChanges(started->config, *plan, kAdvisedChanges) : std::vector<MemoryChange>();
    if (changes.empty()) {
        return std::nullopt;
    }
    Warning warning{ended.step, "What needs least memory with the least change:", "memory", {}};
    for (const MemoryChange& change : changes) {
        const bool isOne = change.settings.size() == 1;
        const std::string sentence = "Set " + changedSettings(change) + ": saves about " + base::bytesText(change.saves) + ". " + change.cost;
        warning.sentence += " " + sentence;
        warning.remedies.push_back({change.settings.front().first, isOne ? change.settings.front().second : std::string(), sentence});
    }
    if (ended.step > 0) {
        warning.sentence += " Go on from step " + std::to_string(ended.step) + ": luthier resume " + inputs.folder.string() + " --out NEW" + changeFlags(changes.front());
    }
    return warning;
}

} // namespace luthier::train
