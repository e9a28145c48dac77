// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/run_checkpoints.h"

#include "core/base/tree_size.h"
#include "core/train/checkpoint_name.h"

#include <algorithm>
#include <variant>

namespace luthier::store {

namespace fs = std::filesystem;

Result<std::vector<RunCheckpoint>> checkpointsOf(Project& project, RunId run)
{
    const auto row = project.run(run);
    const auto events = row ? project.events(run) : Result<std::vector<train::Event>>(row.error());
    if (!events) {
        return events.error();
    }
    std::vector<RunCheckpoint> all;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(fs::path(row->folder) / "checkpoints", code)) {
        const auto step = train::stepOfCheckpoint(entry.path().filename().string());
        if (step && entry.is_directory(code)) {
            all.push_back({*step, static_cast<std::int64_t>(base::treeSize(entry.path())), entry.path(), {}, {}, false});
        }
    }
    std::sort(all.begin(), all.end(), [](const RunCheckpoint& a, const RunCheckpoint& b) { return a.step < b.step; });
    const auto at = [&all](std::int64_t step) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const RunCheckpoint& one) { return one.step == step; });
        return found == all.end() ? nullptr : &*found;
    };
    for (const train::Event& event : *events) {
        if (const auto* done = std::get_if<train::StepDone>(&event)) {
            if (auto* one = at(done->step)) {
                one->loss = done->loss;
            }
        } else if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            if (auto* one = eval->set == measures::kHeldOutSet ? at(eval->step) : nullptr) {
                one->heldOut = eval->loss;
            }
        }
    }
    const auto lowest = std::min_element(all.begin(), all.end(), [](const RunCheckpoint& a, const RunCheckpoint& b) {
        return a.heldOut && (!b.heldOut || *a.heldOut < *b.heldOut);
    });
    if (lowest != all.end() && lowest->heldOut) {
        lowest->isLowest = true;
    }
    return all;
}

} // namespace luthier::store
