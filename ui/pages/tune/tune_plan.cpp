// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_plan.h"

#include "core/data/encoding.h"
#include "ui/models/data/token_tiles.h"
#include "ui/models/runs/tune_facts.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr std::int64_t kProgressEvery = 64;

std::int64_t divideUp(std::int64_t value, std::int64_t by)
{
    return (value + by - 1) / by;
}

Result<std::shared_ptr<data::Dataset>> openFile(const std::string& path, const config::RunConfig& config, store::Project* project,
                                                const JobControl& control)
{
    data::OpenOptions options;
    options.format = config.data.format;
    options.cancel = control.cancel;
    if (project != nullptr) {
        Result<data::Overlay> edits = project->edits(path);
        if (!edits) {
            return edits.error();
        }
        Result<data::Exclusions> excluded = project->exclusions(path);
        if (!excluded) {
            return excluded.error();
        }
        options.overlay = std::move(*edits);
        options.excluded = std::move(*excluded);
    }
    return data::Dataset::open(path, std::move(options));
}

// Adds the rows of one file; the first good one becomes the sample.
void countRows(TunePlan& plan, const data::Dataset& dataset, const data::Encoder& encoder, const config::RunConfig& config,
               const JobControl& control)
{
    const data::EncodingSettings settings{config.data.maxLength, config.data.trainOn == "all"};
    for (std::int64_t row = 0; row < dataset.rowCount() && !control.cancel.isCancelled(); ++row) {
        if (row % kProgressEvery == 0 && control.progress) {
            control.progress(row, dataset.rowCount());
        }
        if (dataset.isExcluded(row)) {
            ++plan.excluded;
            continue;
        }
        const Result<data::Example> example = dataset.example(row);
        const Result<data::EncodedExample> encoded = example ? encoder.encode(*example, settings)
                                                             : Result<data::EncodedExample>(example.error());
        if (!encoded) {
            ++plan.broken;
            plan.firstBroken = plan.firstBroken.isEmpty() ? QString::fromStdString(encoded.message()) : plan.firstBroken;
            continue;
        }
        plan.cut += encoded->truncated ? 1 : 0;
        if (encoded->numTrained() == 0) {
            ++plan.nothingToLearn;
            continue;
        }
        if (plan.sample.tiles.empty()) {
            plan.sample = tilesOf(*encoded, *encoder.tokenizer);
            plan.sampleText = QString::fromStdString(encoded->text);
            plan.sampleRow = row + 1;
            plan.sampleFile = QFileInfo(QString::fromStdString(dataset.path().string())).fileName();
        }
        ++plan.trainRows;
    }
}

void countSteps(TunePlan& plan, const config::RunConfig& config)
{
    // As the run does it: the first good rows, then the split.
    const std::int64_t good = config.data.limit > 0 ? std::min(plan.trainRows, config.data.limit) : plan.trainRows;
    plan.trainRows = good;
    if (config.data.heldOut.empty()) {
        plan.heldOutRows = std::llround(static_cast<double>(good) * config.data.heldOutShare);
        plan.trainRows = good - plan.heldOutRows;
    }
    const std::int64_t batches = divideUp(plan.trainRows, config.run.batchSize);
    const std::int64_t perEpoch = divideUp(batches, config.run.gradientAccumulation);
    plan.steps = static_cast<std::int64_t>(std::ceil(static_cast<double>(perEpoch) * config.run.epochs));
    if (config.run.maxSteps > 0) {
        plan.steps = std::min(plan.steps, config.run.maxSteps);
    }
}

} // namespace

TunePlan planTune(const config::RunConfig& config, store::Project* project, const JobControl& control)
{
    TunePlan plan;
    if (config.model.path.empty() || config.data.train.empty()) {
        plan.problem = config.model.path.empty() ? QCoreApplication::translate("TunePlan", "Choose a model to start from.")
                                                 : QCoreApplication::translate("TunePlan", "Choose at least one file to learn from.");
        return plan;
    }
    const Result<data::Encoder> encoder = data::Encoder::load(config.model.path, config.model.chatTemplate);
    if (!encoder) {
        plan.problem = QString::fromStdString(encoder.message());
        return plan;
    }
    for (const std::string& path : config.data.train) {
        const auto dataset = openFile(path, config, project, control);
        if (!dataset) {
            plan.problem = QString::fromStdString(dataset.message());
            return plan;
        }
        countRows(plan, **dataset, *encoder, config, control);
    }
    countSteps(plan, config);
    if (project != nullptr) {
        if (const auto runs = project->runs()) {
            plan.secondsPerStep = secondsPerStep(*runs, config);
        }
    }
    if (plan.trainRows == 0) {
        plan.problem = QCoreApplication::translate("TunePlan", "No row is left to learn from. Look at the broken rows on the Data page.");
    }
    return plan;
}

} // namespace luthier::ui
