// SPDX-License-Identifier: GPL-3.0-or-later
// ProofTexts: texts on which a written model is held against the live one: the rows a run held out, or built-in ones.
// Torch-free.
//
// Threads: free functions, any thread; they read files, and `rowsOf` is called on the caller's.
#pragma once

#include "core/base/result.h"
#include "core/data/encoding.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/train/plan/run_rows.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace luthier::publish {

struct ProofText {
    std::string text; // as rendered; special tokens are spelled in it
    std::vector<text::TokenId> ids;
};

struct ProofTexts {
    std::vector<ProofText> rows;
    std::string source; // "48 held-out rows of runs/first", "built-in texts"
    std::string note;   // why the texts are not a run's held-out rows; empty: they are, or none were asked for
};

// Of an example; of a pair that a model judges the conversations with both of its answers.
void addProofTexts(ProofTexts& texts, const data::Encoder& encoder, const data::Example& example, std::int64_t longest, bool judged);

// The rows of a run as they were left: asked with its folder and configuration. Empty: its files as they lie there.
using RowsOfRun = std::function<Result<train::RunRows>(const std::filesystem::path& runFolder, const config::RunConfig& config)>;

// Passages in several languages and some code, and a short conversation where there is a chat template.
ProofTexts builtInTexts(const data::Encoder& encoder);

// At most `most` of the rows that the run in this folder split off or was given to hold out, each cut to 256 tokens; none that
// the person left out. Error when the folder is no run, holds none out, or its rows cannot be read.
Result<ProofTexts> heldOutTexts(const std::filesystem::path& runFolder, const data::Encoder& encoder, const RowsOfRun& rowsOf,
                                bool judged = false, std::size_t most = 32);

// The held-out rows of the run that the adapter lies in, else the built-in texts with a note that says why.
ProofTexts textsFor(const std::filesystem::path& adapter, const data::Encoder& encoder, const RowsOfRun& rowsOf, bool judged = false);

} // namespace luthier::publish
