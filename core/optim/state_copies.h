// SPDX-License-Identifier: GPL-3.0-or-later
// What a checkpoint kept of an optimizer, matched by name with what it has now. Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"

#include <string>
#include <utility>
#include <vector>

namespace luthier::optim {

inline const std::string kMaster = "master."; // before a leaf's name: its fp32 copy

// Target and source of each copy. Masters may be missing; anything else that is missing, too many or of another shape or
// kind of number is an error that names it.
Result<std::vector<std::pair<at::Tensor, at::Tensor>>> stateCopies(const std::vector<nn::NamedTensor>& now,
                                                                   const std::vector<nn::NamedTensor>& saved);

} // namespace luthier::optim
