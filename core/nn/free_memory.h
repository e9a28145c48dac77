// SPDX-License-Identifier: GPL-3.0-or-later
// Free memory of a device. Internal to core: names torch types.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace luthier::nn {

// Bytes that a program could take now: of a CPU what the system calls available, within the limit of its group of processes;
// of a card what the driver has left. 0: it does not say.
std::int64_t freeMemory(at::Device device);

} // namespace luthier::nn
