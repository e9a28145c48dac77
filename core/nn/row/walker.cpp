// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/walker.h"

#include "core/nn/row/row_pass.h"

#include <ATen/Parallel.h>

namespace luthier::nn::row {

std::unique_ptr<Walker> makeWalker(at::Device device)
{
    if (device.is_cpu()) {
        return std::make_unique<RowPass>(at::get_num_threads());
    }
    return device.is_cuda() ? makeCardWalker(device) : nullptr;
}

} // namespace luthier::nn::row
