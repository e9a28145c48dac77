// SPDX-License-Identifier: GPL-3.0-or-later
// Cases that memory is predicted for and measured on: recipes over methods, objectives, families and lengths, with models of
// random weights and rows that are written for them. Torch-free.
//
// Threads: blocks the calling thread.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::train {

struct MemoryCase {
    std::string name;             // "llama lora sft 4 x 512"
    std::filesystem::path recipe;
    std::string family;           // of the model it trains, which writeMemoryModel writes
};

struct MemoryCases {
    std::filesystem::path folder;    // where they are written; there and empty
    std::filesystem::path tokenizer; // a model folder whose tokenizer files the models get
    bool isLarge = false;            // models of some hundred million weights instead of some ten
    std::string only;                // names that hold this; empty: all
    bool isCard = false;             // those that a card alone can run, too
};

// Recipes and rows. Their models are written apart, so that the first one is measured while the others are not there yet.
Result<std::vector<MemoryCase>> writeMemoryCases(const MemoryCases& wanted);

// The model of a family, on which all its cases train. Several threads may write several families.
Result<void> writeMemoryModel(const std::string& family, const MemoryCases& wanted);

} // namespace luthier::train
