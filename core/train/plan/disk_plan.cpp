// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/disk_plan.h"

#include "core/base/disk_room.h"

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kUsualCheckpoints = 5;

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

std::int64_t checkpointsOf(const config::RunSettings& settings, std::int64_t totalSteps)
{
    return totalSteps / checkpointInterval(settings, totalSteps) + 1;
}

DiskPlan diskPlan(const config::RunConfig& config, const MethodSize& size, std::int64_t totalSteps, const std::filesystem::path& folder)
{
    const auto bytes = [](std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)); };
    RunRoom room;
    room.checkpoint = bytes(size.leafBytes + size.stateBytes) + kBesideTensors;
    room.result = bytes(size.adapterBytes > 0 ? size.adapterBytes : size.weightBytes) + kBesideTensors;
    const std::int64_t checkpoints = checkpointsOf(config.run, totalSteps);
    return {room.least(checkpoints), room.wanted(checkpoints, config.run.keepCheckpoints), base::freeBytes(folder)};
}

} // namespace luthier::train
