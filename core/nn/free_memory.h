// SPDX-License-Identifier: GPL-3.0-or-later
// Free memory of a device. Internal to core: names torch types.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace luthier::nn {

// Bytes that a program could take now: of a CPU what the system calls available, within the limit of its group of processes;
// of a card what the driver has left. 0: it does not say.
std::int64_t freeMemory(at::Device device);

// Whether a card could take twice what it took at most so far beyond what is taken now: recorded work keeps its memory, and what
// runs beside it (an evaluation, an answer) needs its own. True on a CPU.
bool hasRoomForAnother(at::Device device);

// What the allocator of a card keeps for later and nobody uses goes back to the driver; nothing on a CPU.
void giveBackIdleMemory(at::Device device);

} // namespace luthier::nn
