// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_room.h"

#include "core/base/disk_room.h"
#include "core/optim/optimizer.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kUsualCheckpoints = 5;
constexpr std::uint64_t kBesideTensors = 64 << 10; // index, headers, the result's small files

std::uint64_t bytesOf(const std::vector<nn::NamedTensor>& tensors)
{
    std::uint64_t bytes = 0;
    for (const nn::NamedTensor& named : tensors) {
        bytes += named.tensor.defined() ? named.tensor.nbytes() : 0;
    }
    return bytes;
}

std::uint64_t bytesIn(const fs::path& folder)
{
    std::uint64_t bytes = 0;
    std::error_code code;
    for (fs::recursive_directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
        std::error_code none;
        const auto size = at->is_regular_file(none) ? at->file_size(none) : 0;
        bytes += none ? 0 : size;
    }
    return bytes;
}

} // namespace

std::uint64_t RunRoom::wanted(std::int64_t checkpoints, std::int64_t kept) const
{
    const std::int64_t atOnce = std::min(checkpoints, std::max<std::int64_t>(kept, 1) + 1);
    return checkpoint * static_cast<std::uint64_t>(std::max<std::int64_t>(atOnce, 1)) + 2 * result;
}

std::int64_t checkpointInterval(const config::RunSettings& settings, std::int64_t totalSteps)
{
    return settings.checkpointEvery > 0 ? settings.checkpointEvery : std::max<std::int64_t>(1, totalSteps / kUsualCheckpoints);
}

RunRoom roomOf(const RunParts& parts)
{
    const std::uint64_t leaves = bytesOf(parts.leaves);
    RunRoom room;
    room.checkpoint = leaves + bytesOf(parts.optimizer->state()) + kBesideTensors;
    room.result = (parts.method->writesAdapter ? leaves : bytesOf(parts.decoder->tensors())) + kBesideTensors;
    return room;
}

Result<void> checkRoom(RunParts& parts, const config::RunSettings& settings, const fs::path& folder)
{
    const auto onDisk = base::freeBytes(folder);
    if (!onDisk) {
        return {};
    }
    const std::uint64_t free = *onDisk + bytesIn(folder / "checkpoints");
    const RunRoom room = roomOf(parts);
    const std::int64_t checkpoints = parts.totalSteps / checkpointInterval(settings, parts.totalSteps) + 1;
    const std::string has = folder.string() + ": its disk has " + base::bytesText(free) + " free";
    const std::string each = base::bytesText(room.checkpoint) + " a checkpoint";
    if (free < room.least(checkpoints)) {
        return Error{has + ", and this run needs at least " + base::bytesText(room.least(checkpoints)) + " (" + each + ", "
                     + base::bytesText(room.result) + " for the result). Make room, or let the run go to another disk."};
    }
    const std::uint64_t wanted = room.wanted(checkpoints, settings.keepCheckpoints);
    if (free < wanted) {
        parts.warnings.push_back(has + "; with run.keep_checkpoints " + std::to_string(settings.keepCheckpoints) + " the run would take "
                                 + base::bytesText(wanted) + " (" + each + "). Older checkpoints go when the disk is full.");
    }
    return {};
}

} // namespace luthier::train
