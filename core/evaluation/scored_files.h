// SPDX-License-Identifier: GPL-3.0-or-later
// ScoredFiles: files whose rows a model scores instead of answering, each read by a function of its own.
//
// Threads: free functions, any thread.
#pragma once

#include "core/evaluation/eval_rows.h"

#include <filesystem>
#include <functional>

namespace luthier::evaluation {

Result<bool> firstRowIs(const std::filesystem::path& path, bool (*isOne)(const Json& row));

// Every row, or the settings' limit of them evenly over the file; those that cannot be read are left out and named. They belong together as
// `read` says, unless the settings say otherwise. `what`: "a row with choices", for the error where there is none.
Result<EvalRows> scoredRowsOfFile(const std::filesystem::path& path, const char* what, const EvalRowSettings& settings, const std::function<Result<EvalRow>(const Json& row)>& read,
                                  const base::CancelToken& cancel);

} // namespace luthier::evaluation
