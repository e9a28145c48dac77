// SPDX-License-Identifier: GPL-3.0-or-later
// Device: turns "auto", "cpu", "cuda:1" and "auto", "bf16", ... into what this machine does best, and says why.
#pragma once

#include "core/base/result.h"
#include "core/nn/threads.h"

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>

namespace luthier::nn {

struct Placement {
    at::Device device;
    at::ScalarType dtype;
    std::string deviceText; // "cpu, 2 threads", "cuda:0 NVIDIA H200"
    std::string dtypeText;  // "fp32"
    std::string reason;     // one sentence
};

// Auto: the first GPU with bf16, else the CPU in fp32. Errors say what the machine has.
Result<Placement> choosePlacement(const std::string& device, const std::string& dtype);

} // namespace luthier::nn
