// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of a run as a file, so that another process, or another machine, trains on them as the person left them: edits,
// left-out rows and tags are a project's, which one process has open at a time. Torch-free.
//
//   {"train":[{"path":"/d/rows.jsonl","format":"auto","columns":[],"edits":{"12":{...}},"excluded":[3],"tags":{"5":["keep"]}}],
//    "held_out":[...]}      rows count from 0
#pragma once

#include "core/train/plan/run_rows.h"

#include <filesystem>

namespace luthier::train {

Json toJson(const RunRows& rows);
Result<void> writeRunRows(const std::filesystem::path& file, const RunRows& rows);
// Errors name the file and what in it is wrong.
Result<RunRows> readRunRows(const std::filesystem::path& file);

// Whether they are anything else than the files as they lie there.
bool areTouched(const RunRows& rows);

} // namespace luthier::train
