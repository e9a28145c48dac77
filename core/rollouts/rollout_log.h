// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutLog: the answers of a run's updates, in its folder as they are made:
//   rollouts/update-000012.jsonl   a line of the update ("update", "step", "kl_weight", "next_kl_weight", "answers"), then a line
//                                  for each answer (answered.h)
// A file appears whole under its name or not at all. A run that is stopped in the middle of an update goes on with its file.
// The first update and the newest `keep` stay; what lies between goes. Torch-free.
//
// Threads: any; everything here touches disks.
#pragma once

#include "core/base/result.h"
#include "core/rollouts/answered.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace luthier::rollouts {

// Errors: the disk's.
Result<void> writeUpdate(const std::filesystem::path& run, const Update& update, std::int64_t keep);

// Where an update lies.
std::filesystem::path updateFile(const std::filesystem::path& run, std::int64_t number);

// The numbers of those that lie there, in order; empty: none.
std::vector<std::int64_t> updatesIn(const std::filesystem::path& run);

// Errors name the file and line; a file that was cut short is one.
Result<Update> readUpdate(const std::filesystem::path& run, std::int64_t number);

// Of a run that begins anew behind the step of a checkpoint: what came later goes.
void forgetUpdatesBehind(const std::filesystem::path& run, std::int64_t number);

} // namespace luthier::rollouts
