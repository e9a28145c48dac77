// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/row_directions.h"

#include "core/nn/layers/input_watch.h"
#include "core/nn/layers/linear_group.h"
#include "core/train/step/batch_loss.h"
#include "core/weights/load.h"
#include "core/weights/safetensors.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDirectionsFile = "start_directions.safetensors";
constexpr std::int64_t kMostBatches = 256;

// Where tokens that are trained are read, in [B*T]; undefined: everywhere.
at::Tensor trainedPlaces(const MicroBatch& batch)
{
    if (!batch.places.defined()) {
        return {};
    }
    return batch.places.masked_select(batch.targets.ge(0)) + 1; // a place predicts the token behind it
}

} // namespace

Result<void> findDirections(const config::RunConfig& config, const fs::path& runFolder, RunParts& parts, const base::Progress& progress,
                            const std::function<bool()>& isStopped)
{
    auto finder = peft::EvaFinder::make(*parts.decoder, config.method);
    if (!finder) {
        return finder.error();
    }
    if (parts.objective->rollouts) {
        return Error{"method.init_lora_weights: the start EVA reads answers of the data, and " + parts.objective->id + " has none before it begins; take another start"};
    }
    const at::NoGradGuard noGrad;
    const auto source = sourceOf(parts, {});
    at::Tensor places;
    const nn::InputWatch watch([&](const nn::LinearGroup& group, const at::Tensor& x) {
        (*finder)->see(group, places.defined() ? x.index_select(0, places) : x);
    });
    nn::Pass pass;
    pass.adapters = nn::noAdapters();
    for (std::int64_t done = 0; done < kMostBatches && (*finder)->wantsPass();) {
        for (MicroBatch& batch : source->next().batches) {
            if (done >= kMostBatches || (done > 0 && !(*finder)->wantsPass())) {
                break;
            }
            if (isStopped()) {
                return Error{"cancelled"};
            }
            progress(done, kMostBatches);
            const MicroBatch there = toDevice(std::move(batch), parts.decoder->device());
            places = trainedPlaces(there);
            (void)parts.decoder->hidden(forwardOf(there, pass));
            (*finder)->endPass();
            ++done;
        }
    }
    if (const std::int64_t moving = (*finder)->wantsPass() ? (*finder)->unsettled() : 0; moving > 0) {
        parts.warnings.push_back("EVA looked at " + std::to_string(kMostBatches) + " batches; the directions of " + std::to_string(moving)
                                 + " groups of projections still moved, and begin as they were then.");
    }
    const auto found = (*finder)->directions();
    if (!found) {
        return found.error();
    }
    std::vector<weights::TensorToWrite> all;
    for (const auto& [path, directions] : found->of) {
        all.push_back(weights::toWrite(path, directions));
    }
    return weights::writeSafetensors(runFolder / kDirectionsFile, std::move(all));
}

bool hasDirections(const fs::path& runFolder)
{
    std::error_code code;
    return fs::exists(runFolder / kDirectionsFile, code);
}

Result<std::shared_ptr<const peft::InputDirections>> keptDirections(const config::RunConfig& config, const fs::path& runFolder)
{
    if (!peft::needsDirections(config.method) || !config.model.adapter.empty()) {
        return std::shared_ptr<const peft::InputDirections>();
    }
    const auto file = weights::SafetensorsFile::open(runFolder / kDirectionsFile);
    if (!file) {
        return Error{"where the adapter began cannot be read: " + file.message()};
    }
    auto all = std::make_shared<peft::InputDirections>();
    for (const auto& info : (*file)->tensors()) {
        auto tensor = weights::readTensor({*file, &info});
        if (!tensor) {
            return tensor.error();
        }
        all->of[info.name] = std::move(*tensor);
    }
    return std::shared_ptr<const peft::InputDirections>(std::move(all));
}

} // namespace luthier::train
