// SPDX-License-Identifier: GPL-3.0-or-later
// Projections that read the same lie in one matrix above each other (nn::LinearGroup), and all weights of it train as one leaf. Optimizers
// that look at a matrix as a whole look at each projection by itself. Internal to core: names torch types.
#pragma once

#include "core/nn/decoder.h"
#include "core/optim/optimizer.h"

#include <vector>

namespace luthier::optim {

// Tells the optimizer of these leaves which of them hold several projections. Before its first step.
void splitMerged(Optimizer& optimizer, nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves);

} // namespace luthier::optim
