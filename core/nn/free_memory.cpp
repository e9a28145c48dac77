// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/free_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

namespace luthier::nn {

namespace {

std::optional<std::int64_t> numberIn(const char* file, const std::string& key = {})
{
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        if (line.rfind(key, 0) != 0) {
            continue;
        }
        const std::size_t first = line.find_first_of("0123456789", key.size());
        std::int64_t value = 0;
        if (first != std::string::npos && std::from_chars(line.data() + first, line.data() + line.size(), value).ec == std::errc()) {
            return value;
        }
        return std::nullopt;
    }
    return std::nullopt;
}

std::int64_t ofHost()
{
    const auto available = numberIn("/proc/meminfo", "MemAvailable:");
    if (!available) {
        return 0;
    }
    const std::int64_t bytes = *available * 1024;
    const auto limit = numberIn("/sys/fs/cgroup/memory.max");
    const auto used = numberIn("/sys/fs/cgroup/memory.current");
    return limit && used ? std::min(bytes, std::max<std::int64_t>(0, *limit - *used)) : bytes;
}

} // namespace

std::int64_t freeMemory(at::Device device)
{
    if (device.is_cpu()) {
        return ofHost();
    }
    try {
        auto* allocator = c10::getDeviceAllocator(device.type());
        return static_cast<std::int64_t>(allocator->getMemoryInfo(device.has_index() ? device.index() : 0).first);
    } catch (const std::exception&) {
        return 0;
    }
}

bool hasRoomForAnother(at::Device device)
{
    if (device.is_cpu()) {
        return true;
    }
    const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.has_index() ? device.index() : 0);
    const auto& taken = stats.allocated_bytes.front();
    const std::int64_t idle = stats.reserved_bytes.front().current - taken.current;
    return freeMemory(device) + idle >= 2 * (taken.peak - taken.current);
}

void giveBackIdleMemory(at::Device device)
{
    if (!device.is_cpu()) {
        c10::getDeviceAllocator(device.type())->emptyCache();
    }
}

} // namespace luthier::nn
