// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/disk_room.h"

#include "core/base/files.h"

#include <cstdio>
#include <iterator>

namespace luthier::base {

std::optional<std::uint64_t> freeBytes(const fs::path& path)
{
    std::error_code code;
    fs::path there = fs::absolute(path, code);
    while (!there.empty() && !fs::exists(there, code) && there != there.parent_path()) {
        there = there.parent_path();
    }
    const auto space = fs::space(there, code);
    return code ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

std::string bytesText(std::uint64_t bytes)
{
    constexpr double kKilo = 1000;
    static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
    if (bytes < 1000) {
        return std::to_string(bytes) + " bytes";
    }
    double value = static_cast<double>(bytes) / kKilo;
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < std::size(kUnits)) { // would be written as 1000
        value /= kKilo;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, value < 99.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
    return text;
}

bool saysDiskFull(const Error& error)
{
    return error.message.find(kDiskFull) != std::string::npos;
}

} // namespace luthier::base
