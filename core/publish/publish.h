// SPDX-License-Identifier: GPL-3.0-or-later
// Publish: what a tuned model becomes for other programs: a merged model folder, an adapter (one, or several combined, also
// as GGUF), a GGUF file with a Modelfile for Ollama. Torch-free.
//
// What is written lies under a temporary name until it was opened again and held against the live model; only when the
// proof holds does it get its name, so a file that exists was right. Nothing else is ever changed.
// Threads: blocks the calling thread; `watch` is called on it.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/inference/session.h"
#include "core/publish/proof.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace luthier::publish {

struct Source {
    std::filesystem::path model;
    std::vector<inference::AdapterSpec> adapters;
    std::string how = "sum";     // of several adapters, a row of peft::combinations()
    std::int64_t rank = 0;       // of svd; 0: the largest of the adapters'
    std::string device = "auto";
    std::string dtype = "fp32";  // while it is computed
    std::string chatTemplate = "folder"; // as inference::ModelSpec has it: what the result says of conversations
    ProofTexts texts;            // empty: textsFor(the first adapter)
    RowsOfRun rowsOf;            // for those: how the rows of its run were left; empty: its files as they lie there
    std::function<std::string(const std::filesystem::path& adapter)> notesOf; // what a person wrote of an adapter, for the card; empty: nothing is known
};

struct Watch {
    std::function<void(const std::string& stage, std::int64_t done, std::int64_t total)> stage;
    base::CancelToken cancel;
};

struct WrittenFile {
    std::string name; // relative to the target's folder
    std::int64_t bytes = 0;
};

struct Published {
    std::filesystem::path target;
    std::vector<WrittenFile> files;
    Proof proof;
    std::optional<Difference> fromSum;      // of svd and linear: how far they are from the weighted sum of the updates
    std::optional<double> sameTokens;       // of a GGUF file: share of texts that its vocabulary cuts as the model's does
    std::int64_t rank = 0;                  // of a combined adapter
    std::vector<std::string> notes;
};

// "auto" stores what the base is stored in; else "f32", "f16", "bf16".
// Errors: what cannot be folded into weights, a target that is there already, a proof that does not hold, "cancelled".
Result<Published> publishModel(const Source& source, const std::filesystem::path& target, const std::string& type, const Watch& watch);

// A folder in PEFT's layout (one adapter that is no plain LoRA is copied), or, where the target ends in .gguf, a GGUF file.
Result<Published> publishAdapter(const Source& source, const std::filesystem::path& target, const Watch& watch);

// `type`: a row of weights::ggufFileKinds(). The Modelfile is written beside it.
Result<Published> publishGguf(const Source& source, const std::filesystem::path& target, const std::string& type, const Watch& watch);

} // namespace luthier::publish
