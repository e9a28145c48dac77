// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/disk_room.h"

#include "core/base/files.h"

#include <cstdio>

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
    const auto value = static_cast<double>(bytes);
    if (value < kKilo) {
        return std::to_string(bytes) + " bytes";
    }
    char text[32];
    const bool isGiga = value >= 0.9995e9;
    const bool isMega = value >= 0.9995e6;
    std::snprintf(text, sizeof text, isGiga ? "%.1f GB" : "%.0f %s", value / (isGiga ? 1e9 : isMega ? 1e6 : kKilo), isMega ? "MB" : "KB");
    return text;
}

bool saysDiskFull(const Error& error)
{
    return error.message.find(kDiskFull) != std::string::npos;
}

} // namespace luthier::base
