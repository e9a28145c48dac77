// SPDX-License-Identifier: GPL-3.0-or-later
// ClozeRows: texts whose last words are wanted, as LAMBADA has them:
//   {"context":"She took the cup and it","last_words":"broke"}
//   {"text":"She took the cup and it broke"}     the last so many words of a text, where the caller says how many
// The model is asked nothing: it scores the last words behind what stands before them, as bare text with a blank between, as
// lm-evaluation-harness does; and whether they are what it would have written itself, token for token.
//
// Threads: free functions, any thread.
#pragma once

#include "core/evaluation/eval_rows.h"

#include <filesystem>

namespace luthier::evaluation {

// Whether the row names its last words itself.
bool namesLastWords(const Json& row);
// lastWords: of a plain text; 0: the row must name them. Error: what is missing, or nothing stands before them.
Result<EvalRow> clozeRow(const Json& row, std::int64_t lastWords);

// Whether the file's first row names its last words.
Result<bool> isClozeFile(const std::filesystem::path& path);
Result<EvalRows> clozeRows(const std::filesystem::path& path, const EvalRowSettings& settings, const base::CancelToken& cancel = {});

} // namespace luthier::evaluation
