// SPDX-License-Identifier: GPL-3.0-or-later
// ReferencePlan: what an objective that compares with the model before the run compares with, and when that is asked. Torch-free.
//
//   AdapterOff    the model itself with its adapters off: no second copy
//   AdapterCopy   the model with a frozen copy of the adapter that the run goes on from
//   ModelCopy     a frozen copy of the model, where all weights train and it must be asked at every step
// Asked once, its log-probabilities are computed before the first step and kept; then not even full tuning needs a copy.
#pragma once

#include "core/config/run_config.h"
#include "core/objectives/objectives.h"

#include <cstdint>
#include <string>

namespace luthier::train {

enum class ReferenceKind { None, AdapterOff, AdapterCopy, ModelCopy };
const char* toText(ReferenceKind kind); // "none", "adapter_off", "adapter_copy", "model_copy"

struct ReferencePlan {
    ReferenceKind kind = ReferenceKind::None;
    bool once = false;
    std::string why; // a sentence for people
};

// How many rows the reference would read.
struct ReferenceReads {
    std::int64_t live = 0; // asked at every step and evaluation
    std::int64_t once = 0; // asked before the first step
};

ReferencePlan referencePlan(const config::RunConfig& config, const objectives::Objective& objective, const ReferenceReads& reads);

} // namespace luthier::train
