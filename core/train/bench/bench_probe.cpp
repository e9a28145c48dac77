// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_probe.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

namespace luthier::train {

namespace {

constexpr double kEnoughSeconds = 0.5;
constexpr int kLeastRepeats = 5;

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Median seconds of one call, after calls that warm caches and clocks up.
template <class Work>
double timeOf(at::Device device, Work work)
{
    work();
    work();
    synchronise(device);
    std::vector<double> times;
    double total = 0;
    while (total < kEnoughSeconds || static_cast<int>(times.size()) < kLeastRepeats) {
        const double start = seconds();
        work();
        synchronise(device);
        times.push_back(seconds() - start);
        total += times.back();
    }
    return median(std::move(times));
}

} // namespace

void synchronise(at::Device device)
{
    if (!device.is_cpu()) {
        const c10::impl::VirtualGuardImpl guard(device.type());
        guard.synchronizeDevice(device.has_index() ? device.index() : guard.getDevice().index());
    }
}

double measureMatmul(at::Device device, at::ScalarType dtype)
{
    const c10::NoGradGuard noGrad;
    const std::int64_t size = device.is_cpu() ? 1024 : 8192;
    const auto options = at::TensorOptions().device(device).dtype(dtype);
    const at::Tensor a = at::randn({size, size}, options);
    const at::Tensor b = at::randn({size, size}, options);
    at::Tensor c = at::empty({size, size}, options);
    const double time = timeOf(device, [&] { at::mm_out(c, a, b); });
    return 2.0 * static_cast<double>(size) * static_cast<double>(size) * static_cast<double>(size) / time;
}

double measureCopy(at::Device device)
{
    const c10::NoGradGuard noGrad;
    const std::int64_t bytes = device.is_cpu() ? std::int64_t{1} << 28 : std::int64_t{1} << 30;
    const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
    const at::Tensor source = at::ones({bytes / 4}, options);
    at::Tensor target = at::empty({bytes / 4}, options);
    const double time = timeOf(device, [&] { target.copy_(source); });
    return 2.0 * static_cast<double>(bytes) / time;
}

void resetPeakMemory(at::Device device)
{
    if (device.is_cpu()) {
        // 5 sets the peak of resident memory back; where it is not allowed the peak of the process stands.
        std::ofstream("/proc/self/clear_refs") << "5";
    } else {
        c10::getDeviceAllocator(device.type())->resetPeakStats(device.has_index() ? device.index() : 0);
    }
}

std::int64_t peakMemory(at::Device device)
{
    if (!device.is_cpu()) {
        const auto stats
            = c10::getDeviceAllocator(device.type())->getDeviceStats(device.has_index() ? device.index() : 0);
        return stats.allocated_bytes[0].peak;
    }
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) {
            return std::strtoll(line.c_str() + 6, nullptr, 10) * 1024;
        }
    }
    return 0;
}

double median(std::vector<double> values)
{
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const auto middle = values.size() / 2;
    return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

} // namespace luthier::train
