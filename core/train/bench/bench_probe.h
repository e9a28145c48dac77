// SPDX-License-Identifier: GPL-3.0-or-later
// Probes of a device for benchmarks: what it reaches at best, and what memory was used. Internal to core:
// names torch types. May throw what torch throws.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <vector>

namespace luthier::train {

// Waits until everything queued on the device is done; nothing on the CPU.
void synchronise(at::Device device);

// FLOP/s of a large square product of random normal matrices (constant ones run faster than real data).
double measureMatmul(at::Device device, at::ScalarType dtype);

// Bytes a second, read and written, of a copy far larger than any cache.
double measureCopy(at::Device device);

// Peak since the last reset: resident memory of the process on the CPU, the allocator's on a GPU.
void resetPeakMemory(at::Device device);
std::int64_t peakMemory(at::Device device);

double median(std::vector<double> values); // 0 for none

} // namespace luthier::train
