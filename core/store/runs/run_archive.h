// SPDX-License-Identifier: GPL-3.0-or-later
// RunArchive: a run as one file that opens on another machine: a tar archive (POSIX ustar, so that other programs open it, too)
// of run.json, events.jsonl and the run's folder under files/. run.json names every file with its size and SHA-256; what does
// not agree is refused.
//
// Threads: functions block, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/store/project.h"

#include <filesystem>

namespace luthier::store {

struct ArchiveSettings {
    bool checkpoints = false; // with them it can be resumed over there
    base::Progress progress = {}; // bytes
    base::CancelToken cancel = {};
};

// Links in the run's folder are left out. Errors: what disks say, "cancelled".
Result<void> writeRunArchive(Project& project, RunId run, const std::filesystem::path& file, const ArchiveSettings& settings = {});

// A run with a number of its own in this project. Errors: no such archive, a damaged one, names that lead out of it; nothing is
// left behind.
Result<RunRow> readRunArchive(Project& project, const std::filesystem::path& file, const ArchiveSettings& settings = {});

} // namespace luthier::store
