// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step_rows.h"

#include "core/train/batch_plan.h"
#include "core/train/run.h"
#include "core/train/training_data.h"
#include "core/weights/model_folder.h"

#include <algorithm>
#include <thread>

namespace luthier::train {

namespace {

Result<TrainingData> dataOf(const config::RunConfig& config, const nn::DecoderConfig& model, const StepRowsRequest& request)
{
    auto encoder = data::Encoder::load(config.model.path, config.model.chatTemplate);
    if (!encoder) {
        return encoder.error();
    }
    EncodeSettings settings;
    settings.encoding = {std::min(config.data.maxLength, model.maxPositions), config.data.trainOn == "all"};
    settings.vocab = model.vocab;
    settings.threads = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency()));
    settings.progress = request.progress;
    settings.isStopped = [&] { return request.cancel.isCancelled(); };
    return prepareData({config, request.overlays, *encoder, settings, &request.exclusions});
}

Result<nn::DecoderConfig> modelOf(const config::RunConfig& config)
{
    if (config.model.fromScratch) {
        return nn::readDecoderConfig(config.model.path);
    }
    auto folder = weights::ModelFolder::open(config.model.path);
    return folder ? Result<nn::DecoderConfig>(folder->config()) : folder.error();
}

} // namespace

Result<std::vector<StepRow>> rowsOfStep(const StepRowsRequest& request)
{
    auto config = readRunFolder(request.runFolder);
    auto model = config ? modelOf(*config) : Result<nn::DecoderConfig>(config.error());
    auto data = model ? dataOf(*config, *model, request) : Result<TrainingData>(model.error());
    if (!data) {
        return data.error();
    }
    const BatchPlan plan(data->train, batchSettings(*config, std::min(config->data.maxLength, model->maxPositions)));
    const std::int64_t total = plan.totalSteps(config->run.epochs, config->run.maxSteps);
    if (request.step < 1 || request.step > total) {
        return Error{request.runFolder.string() + ": the run has the steps 1 to " + std::to_string(total) + ", no step "
                     + std::to_string(request.step)};
    }
    std::int64_t left = request.step - 1;
    EpochPlan epoch = plan.epoch(0);
    for (std::int64_t number = 0; left >= plan.stepsOf(epoch); epoch = plan.epoch(++number)) {
        left -= plan.stepsOf(epoch);
    }
    std::vector<StepRow> rows;
    const auto accumulation = static_cast<std::size_t>(plan.settings().accumulation);
    const std::size_t begin = static_cast<std::size_t>(left) * accumulation;
    for (std::size_t batch = begin; batch < std::min(begin + accumulation, epoch.numBatches()); ++batch) {
        for (const std::uint32_t item : epoch.batch(batch)) {
            for (const Piece& piece : data->train.pieces(item)) {
                rows.push_back({config->data.train[piece.place.file], piece.place.row});
            }
        }
    }
    return rows;
}

} // namespace luthier::train
