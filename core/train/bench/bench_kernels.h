// SPDX-License-Identifier: GPL-3.0-or-later
// benchKernels: every fused kernel beside its plain body on random data of even and odd shapes: the largest difference,
// as a share of the largest value, and the time of both. Torch-free. Blocks the calling thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace luthier::train {

struct KernelCheck {
    std::string name;        // "norm backward"
    std::string shape;       // "512 x 2048"
    double difference = 0;   // max |fused - plain| / max |plain|
    double plainSeconds = 0; // median of a call
    double fusedSeconds = 0;
};

struct KernelBenchResult {
    std::string device;
    std::string dtype;
    double allowed = 0; // the difference that rounding in this dtype explains
    std::vector<KernelCheck> checks;
};

Result<KernelBenchResult> benchKernels(const std::string& device, const std::string& dtype, base::CancelToken cancel);

} // namespace luthier::train
