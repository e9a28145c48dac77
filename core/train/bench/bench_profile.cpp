// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_profile.h"

#include <c10/core/DeviceType.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <map>
#include <set>

namespace luthier::train {

Result<std::vector<KernelTime>> profileKernels(const std::function<void()>& work, std::int64_t rounds)
{
    namespace profiler = torch::autograd::profiler;
    using torch::profiler::impl::ActivityType;
    const torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
    const std::set<ActivityType> activities{ActivityType::CUDA};
    profiler::prepareProfiler(config, activities);
    profiler::enableProfiler(config, activities);
    work();
    const auto result = profiler::disableProfiler();
    std::map<std::string, KernelTime> byName;
    for (const auto& event : result->events()) {
        if (event.deviceType() == c10::DeviceType::CUDA) {
            KernelTime& time = byName[event.name()];
            time.name = event.name();
            ++time.calls;
            time.seconds += static_cast<double>(event.durationNs()) / 1e9;
        }
    }
    std::vector<KernelTime> times;
    for (auto& [name, time] : byName) {
        time.calls /= rounds;
        time.seconds /= static_cast<double>(rounds);
        times.push_back(std::move(time));
    }
    if (times.empty()) {
        return Error{"LibTorch's profiler saw no kernels here; it looks at NVIDIA cards whose driver lets it"};
    }
    std::sort(times.begin(), times.end(), [](const KernelTime& a, const KernelTime& b) { return a.seconds > b.seconds; });
    return times;
}

} // namespace luthier::train
