// SPDX-License-Identifier: GPL-3.0-or-later
// Starts of a LoRA: a table of ways to begin with other numbers than A at random and B zero (method.init_lora_weights). Names torch types.
//
//   pissa       A and B from the r largest singular values of W (Meng et al., 2024)
//   olora       B the first r columns of Q and A the first r rows of R of W = Q R (Buyukakyuz, 2024)
//   orthogonal  random, with rows of A that B never combines: B A = 0 while neither is 0
//   loftq       A and B the best rank-r sum to what rounding the base to codes lost (Li et al., 2023), one step
//   eva         A the directions in which the projection's inputs of the run's own rows vary most, B zero; ranks go where they explain most
//               (Paischer et al., 2024; eva.h)
//
// Those of W itself keep the model where it was by a second, frozen update that takes the start off again: W + s B A - s B0 A0. The
// base stays as it is, in whatever numbers it is held, and the adapter that is saved is one of twice the rank, B|B0 and A|-A0, which fits the
// base for every reader. A new start is one function and one row in lora_start.cpp.
// Decompositions are computed on the CPU in fp32, so that a resumed run finds the same.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/peft/targets.h"

#include <ATen/core/Generator.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace luthier::peft {

struct LoraStartInput {
    const Place& place;
    std::int64_t rank = 0;
    double scale = 1;                   // of the update
    std::filesystem::path baseFolder;   // whose weights are numbers; may be empty
    at::Generator& generator;           // CPU
    bool hasDirections = false;         // the adapter begins with them already
};

struct LoraFactors {
    at::Tensor a; // [r, in] fp32 on the CPU
    at::Tensor b; // [out, r]
};

struct LoraStart {
    std::string id;    // as PEFT's init_lora_weights spells it; "usual": A at random, B zero
    std::string label; // English source string
    Result<LoraFactors> (*factors)(const LoraStartInput& input) = nullptr; // null: the usual
    bool isTakenOff = false; // by a frozen update, so that step 0 is the base
    bool readsRows = false;  // begins with Start::directions
};

std::span<const LoraStart> loraStarts();
const LoraStart* findLoraStart(std::string_view id); // null: no such row

// The trained update of the place begins so; a frozen one is added where the start is taken off.
Result<void> beginLowRank(nn::LowRank& adapter, const LoraStart& start, const LoraStartInput& input);

// While it lives, updates with a frozen one beside them stand as one of twice the rank: for saving.
class WholeUpdates {
public:
    explicit WholeUpdates(nn::Decoder& decoder);
    ~WholeUpdates();
    WholeUpdates(const WholeUpdates&) = delete;
    WholeUpdates& operator=(const WholeUpdates&) = delete;

private:
    nn::Decoder& m_decoder;
    std::vector<std::vector<nn::LowRank>> m_before; // of each group
};

} // namespace luthier::peft
