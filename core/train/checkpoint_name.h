// SPDX-License-Identifier: GPL-3.0-or-later
// CheckpointName: what a checkpoint's folder is called, checkpoints/step-12. Torch-free.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace luthier::train {

inline constexpr std::string_view kCheckpointPrefix = "step-";

inline std::string checkpointName(std::int64_t step)
{
    return std::string(kCheckpointPrefix) + std::to_string(step);
}

// "step-12" -> 12; nothing for any other name: of what was put aside, is broken, or is being written.
inline std::optional<std::int64_t> stepOfCheckpoint(std::string_view name)
{
    if (!name.starts_with(kCheckpointPrefix)) {
        return std::nullopt;
    }
    std::int64_t step = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + kCheckpointPrefix.size(), end, step);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(step) : std::nullopt;
}

} // namespace luthier::train
