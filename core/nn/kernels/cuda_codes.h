// SPDX-License-Identifier: GPL-3.0-or-later
// Arguments of the kernels that read 4-bit codes, as quant.cu and codes.cu have them. Only in builds with CUDA.
#pragma once

#include "core/quant/quantised_weight.h"

#include <optional>

namespace luthier::nn::kernels::cuda {

struct CodesArgument {
    const void* codes = nullptr;
    const void* absmax = nullptr;
    const void* nested = nullptr; // null: absmax are fp32
    float offset = 0;
    int shift = 0;                // log2 of the block's size

    bool operator==(const CodesArgument&) const = default;
};

struct TablesArgument {
    float codes[16];
    float map[256];
};
TablesArgument tablesOf(quant::CodeKind kind);

// Nothing where blocks or rows do not suit the kernels: 64 neighbours of a row must share a constant.
std::optional<CodesArgument> codesOf(const quant::QuantisedWeight& weight);

} // namespace luthier::nn::kernels::cuda
