// SPDX-License-Identifier: GPL-3.0-or-later
// JudgeSpec: where a reward model or a classifier lies: a model folder, an adapter, or the run that made it. Torch-free.
#pragma once

#include "core/inference/session.h"

#include <filesystem>

namespace luthier::inference {

// `spec.path` as a person named it becomes the base to open, and the adapter found there the first of its adapters. Errors: an
// adapter whose base is not there.
Result<ModelSpec> judgeSpec(ModelSpec spec);

} // namespace luthier::inference
