// SPDX-License-Identifier: GPL-3.0-or-later
// ModelCard: the README.md beside an exported folder or of a run's result, as the hub wants it, filled from what is known: what it was made from and how, what the
// export was proved with, and what nobody measured. It names no folder of this machine. Torch-free.
//
// Threads: free functions, any thread; they read files.
#pragma once

#include "core/publish/publish.h"

#include <filesystem>
#include <string>

namespace luthier::publish {

struct CardFacts {
    std::string name;           // of the export
    std::string base;           // "org/name" where the folder is one of the hub's cache, else its folder's name
    bool isAdapter = false;
    Json recipe;                // of the run that made the adapter; null: not known
    Json evaluation;            // results.json of its newest evaluation; null: none is known
    std::string proof;          // sentence of the export's proof; empty: nothing was exported
    std::vector<std::string> notes;
    std::string written;        // what a person wrote of it; empty: nothing
};

// What recipe and evaluations say of the source; name, proof and notes are the caller's. isAdapter: what is given away is one.
CardFacts cardFacts(const Source& source, bool isAdapter);
std::string modelCard(const CardFacts& facts);

// Where the folder has no README.md yet.
Result<void> writeModelCard(const std::filesystem::path& folder, const CardFacts& facts);

// "org/name" out of models--org--name/snapshots/<commit>, else the folder's own name.
std::string modelName(const std::filesystem::path& model);

} // namespace luthier::publish
