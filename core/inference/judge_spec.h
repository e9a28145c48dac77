// SPDX-License-Identifier: GPL-3.0-or-later
// JudgeSpec: where a reward model or a classifier lies: a model folder, an adapter, or the run that made it. Torch-free.
#pragma once

#include "core/inference/session.h"

#include <filesystem>

namespace luthier::inference {

// `spec.path` as a person named it becomes the base to open, and the adapter found there the first of its adapters. Errors: nothing is
// there, an adapter whose base is not there or is another model than it was trained on, a run without a result, a folder that is none of these.
Result<ModelSpec> judgeSpec(ModelSpec spec);

// The same of a reward model: what gives a text one score. Read from headers alone, so it can be asked before anything is loaded.
// Errors: judgeSpec's, a model without such a head, one that tells labels apart.
Result<ModelSpec> rewardModelSpec(ModelSpec spec);

} // namespace luthier::inference
