// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of LoRA and QLoRA, by PEFT's names and meanings: an update of W [out, in] is scale * B A with A [rank, in], B [out, rank]
// and scale = alpha / rank, with rsLoRA alpha / sqrt(rank). Rules between them stand in lora.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::peft {

struct LoraSettings {
    std::int64_t rank = 16;
    double alpha = 32;
    double dropout = 0.05;
    std::vector<std::string> targetModules = {"q_proj", "v_proj"}; // names, or "all-linear"
    std::vector<std::string> rankPattern;   // "pattern=rank"
    std::vector<std::string> alphaPattern;  // "pattern=alpha"
    bool useRslora = false;
    bool useDora = false;
    std::string bias = "none";              // none, all, lora_only
    std::vector<std::string> modulesToSave; // embeddings, head and norms trained whole
    std::vector<std::string> tokens;        // whose rows of the embedding train: ids, or the tokens themselves
    bool loraBias = false;                  // a bias of B
    std::string start = "usual";            // a row of lora_start.h
    double evaRho = 2;                      // EVA: directions looked at, as a multiple of the rank
};

} // namespace luthier::peft
