// SPDX-License-Identifier: GPL-3.0-or-later
// RunParts: everything that a run is made of, loaded and fitted together from its configuration.
// Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/optim/optimizer.h"
#include "core/peft/methods/method.h"
#include "core/train/step/batch_loss.h"
#include "core/train/plan/batch_plan.h"
#include "core/train/step/batch_source.h"
#include "core/train/step/step_share.h"
#include "core/train/plan/reference_plan.h"
#include "core/train/run.h"
#include "core/train/plan/training_data.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

class SplitOptimizer;

struct RunParts {
    explicit RunParts(nn::Placement where) : placement(std::move(where)) {}

    nn::Placement placement;
    data::Encoder encoder;
    const peft::Method* method = nullptr;
    const objectives::Objective* objective = nullptr;
    std::optional<quant::Quantisation> quantisation; // made while loading; what a folder stores quantised is not
    std::shared_ptr<nn::Decoder> decoder; // of which ranks may each hold a part (ranks/base_split.h)
    TrainingData data;
    std::vector<nn::NamedTensor> heads;  // the objective's own, in its order
    ReferencePlan referencePlan;
    Reference reference;                 // what an objective compares with
    std::string referenceIdentity;       // of reference_pass.h
    std::vector<nn::NamedTensor> valueLeaves = {}; // of the values' own adapters (Reference::values); empty: they have none
    std::vector<nn::NamedTensor> leaves; // trained, in the optimizer's order: the method's, those of values, then the heads
    std::unique_ptr<optim::Optimizer> optimizer;
    SplitOptimizer* split = nullptr;     // that very one, where ranks have a part of it each
    std::unique_ptr<BatchPlan> plan;     // of data.train
    std::int64_t totalSteps = 0;
    std::int64_t threads = 1;
    std::vector<std::string> warnings;

    std::int64_t trainableParameters() const;
};

// The run's steps from `start` on, or a rank's share of them. Parts must outlive it.
std::unique_ptr<BatchSource> sourceOf(const RunParts& parts, BatchCursor start, Share share = {});

// How a run holds its base where the folder says nothing of its own; nullopt: in numbers.
std::optional<quant::Quantisation> quantisationOf(const config::RunConfig& config, const peft::Method& method);

// Loading and encoding come as StageChanged. Errors are sentences; "cancelled" when the control asked to stop.
// May throw what torch throws.
Result<std::unique_ptr<RunParts>> makeParts(const config::RunConfig& config, const RunInputs& inputs,
                                            StopControl& control, RunObserver& observer);

} // namespace luthier::train
