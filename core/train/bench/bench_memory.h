// SPDX-License-Identifier: GPL-3.0-or-later
// Cases that memory is predicted for and measured on: recipes over methods, objectives, families and lengths, with models of
// random weights and rows that are written for them. Torch-free.
//
// Threads: blocks the calling thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::train {

struct MemoryCase {
    std::string name;             // "llama lora sft 4 x 512"
    std::filesystem::path recipe;
};

struct MemoryCases {
    std::filesystem::path folder;    // where they are written; there and empty
    std::filesystem::path tokenizer; // a model folder whose tokenizer files the models get
    bool isLarge = false;            // models of some hundred million weights instead of some ten
    std::string only;                // names that hold this; empty: all
};

Result<std::vector<MemoryCase>> writeMemoryCases(const MemoryCases& wanted, const base::CancelToken& cancel);

} // namespace luthier::train
