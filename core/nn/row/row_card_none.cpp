// SPDX-License-Identifier: GPL-3.0-or-later
// Builds without CUDA.
#include "core/nn/row/walker.h"

namespace luthier::nn::row {

std::unique_ptr<Walker> makeCardWalker(at::Device)
{
    return nullptr;
}

} // namespace luthier::nn::row
