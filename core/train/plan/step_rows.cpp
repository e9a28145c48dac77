// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/step_rows.h"

#include "core/train/run.h"
#include "core/train/plan/run_plan.h"

#include <algorithm>

namespace luthier::train {

Result<std::vector<StepRow>> rowsOfStep(const StepRowsRequest& request)
{
    auto config = readRunFolder(request.runFolder);
    auto model = config ? readBaseModel(*config) : Result<BaseModel>(config.error());
    if (!model) {
        return model.error();
    }
    const RunRows rows = request.rows ? *request.rows : runRows(config->data);
    const auto planned = planRows(*config, rows, *model, {0, request.progress, [&] { return request.cancel.isCancelled(); }});
    if (!planned) {
        return planned.error();
    }
    if (request.step < 1 || request.step > planned->steps) {
        return Error{request.runFolder.string() + ": the run has the steps 1 to " + std::to_string(planned->steps) + ", no step "
                     + std::to_string(request.step)};
    }
    const BatchPlan plan(planned->data.train, planned->batches);
    // Answers that are made while training are learned from in several steps, and prompts that fill no update make none.
    std::int64_t left = (request.step - 1) / (planned->rollouts ? planned->rollouts->stepsOfUpdate() : 1);
    const auto batchesOf = [&](const EpochPlan& epoch) {
        return planned->rollouts ? static_cast<std::int64_t>(planned->data.train.size()) / planned->batches.batchSize : plan.stepsOf(epoch);
    };
    EpochPlan epoch = plan.epoch(0);
    for (std::int64_t number = 0; left >= batchesOf(epoch); epoch = plan.epoch(++number)) {
        left -= batchesOf(epoch);
    }
    std::vector<StepRow> found;
    const auto accumulation = static_cast<std::size_t>(plan.settings().accumulation);
    const std::size_t begin = static_cast<std::size_t>(left) * accumulation;
    for (std::size_t batch = begin; batch < std::min(begin + accumulation, epoch.numBatches()); ++batch) {
        for (const std::uint32_t item : epoch.batch(batch)) {
            for (const Piece& piece : planned->data.train.pieces(item)) {
                found.push_back({rows.train[piece.place.file].path, piece.place.row});
            }
        }
    }
    return found;
}

} // namespace luthier::train
