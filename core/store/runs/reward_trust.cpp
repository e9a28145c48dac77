// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/reward_trust.h"

#include "core/base/files.h"

#include <cmath>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

fs::path wholePath(const fs::path& path)
{
    std::error_code code;
    const fs::path plain = path.has_filename() ? path : path.parent_path();
    const fs::path found = fs::weakly_canonical(plain, code);
    return code ? plain : found;
}

RewardTrust trustOf(const RunRow& run)
{
    RewardTrust trust;
    trust.run = run.name.empty() ? "#" + std::to_string(run.id) : run.name;
    const measures::Summary* summary = run.measures.find(measures::measureOf("reward_accuracy"), measures::kHeldOutSet);
    if (summary == nullptr) {
        trust.sentence = "The run \"" + trust.run + "\", which made the reward model, kept no pairs aside, so how often it is right is not known.";
        return trust;
    }
    trust.accuracy = summary->last;
    trust.sentence = "On pairs that it never learned from the reward model \"" + trust.run + "\" was right in " + std::to_string(std::lround(100 * summary->last)) + " %"
                     + (summary->last > kTrustedRewards ? "." : ": little better than chance, which is 50 %. Its scores say little.");
    return trust;
}

// None: no run of the project made it.
std::optional<RewardTrust> trustIn(Project& project, const fs::path& model)
{
    const auto runs = project.runs();
    if (!runs) {
        return RewardTrust{std::nullopt, "", "How often the reward model is right is not known: " + runs.message()};
    }
    for (const RunRow& run : *runs) {
        const bool isItsOwn = (!run.result.empty() && base::isInside(model, run.result)) || (!run.folder.empty() && base::isInside(model, run.folder));
        if (isItsOwn) {
            return trustOf(run);
        }
    }
    return std::nullopt;
}

// <project>/runs/<id>/adapter and the like; empty: none.
fs::path projectAround(const fs::path& model)
{
    std::error_code code;
    for (fs::path place = model.parent_path(); place.has_relative_path(); place = place.parent_path()) {
        if (place.filename() == "runs" && fs::exists(place.parent_path() / "luthier.db", code)) {
            return place.parent_path();
        }
    }
    return {};
}

} // namespace

RewardTrust rewardTrustOf(Project* project, const fs::path& model)
{
    const fs::path wanted = wholePath(model);
    if (const auto found = project != nullptr ? trustIn(*project, wanted) : std::nullopt) {
        return *found;
    }
    const fs::path around = projectAround(wanted);
    if (!around.empty() && (project == nullptr || wholePath(project->folder()) != around)) {
        const auto other = Project::open(around, true);
        if (const auto found = other ? trustIn(**other, wanted) : std::nullopt) {
            return *found;
        }
    }
    return {std::nullopt, "", "How often the reward model is right on pairs that it never saw is not known: it lies in no project with the run that made it."};
}

} // namespace luthier::store
