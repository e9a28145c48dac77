// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_room.h"

#include "core/base/disk_room.h"
#include "core/base/tree_size.h"
#include "core/optim/optimizer.h"
#include "core/train/ranks/split_optimizer.h"

#include <ATen/core/Tensor.h>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

std::uint64_t bytesOf(const std::vector<nn::NamedTensor>& tensors)
{
    std::uint64_t bytes = 0;
    for (const nn::NamedTensor& named : tensors) {
        bytes += named.tensor.defined() ? named.tensor.nbytes() : 0;
    }
    return bytes;
}

} // namespace

RunRoom roomOf(const RunParts& parts)
{
    const std::uint64_t leaves = bytesOf(parts.leaves);
    RunRoom room;
    const std::uint64_t state = parts.split ? static_cast<std::uint64_t>(parts.split->wholeBytes()) : bytesOf(parts.optimizer->state());
    room.checkpoint = leaves + state + kBesideTensors;
    room.result = (parts.method->writesAdapter ? leaves : bytesOf(parts.decoder->tensors())) + kBesideTensors;
    return room;
}

Result<void> checkRoom(RunParts& parts, const config::RunSettings& settings, const fs::path& folder)
{
    const auto onDisk = base::freeBytes(folder);
    if (!onDisk) {
        return {};
    }
    const std::uint64_t free = *onDisk + base::treeSize(folder / "checkpoints");
    const RunRoom room = roomOf(parts);
    const std::int64_t checkpoints = checkpointsOf(settings, parts.totalSteps);
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
