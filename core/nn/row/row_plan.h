// SPDX-License-Identifier: GPL-3.0-or-later
// RowPlan: where everything lies that one token's way through a decoder's layers reads and writes, as plain memory.
// Made anew for each token, so that the adapters of its pass are seen; from one token to the next of an answer
// only the position differs. Internal to core.
#pragma once

#include "core/nn/decoder.h"
#include "core/nn/row/numbers.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace luthier::nn::row {

struct RowUpdate { // scale * B (A x), added to rows [begin, begin + size)
    Numbers a;     // [rank, in]
    Numbers b;     // [size, rank]
    std::int64_t rank = 0;
    std::int64_t begin = 0;
    std::int64_t size = 0;
    float scale = 1;
    bool operator==(const RowUpdate&) const = default;
};

struct RowCodes { // rows [begin, begin + its own) of a weight
    const quant::QuantisedWeight* weight = nullptr;
    const void* codes = nullptr; // its memory: two plans with one are one
    std::int64_t begin = 0;
    bool operator==(const RowCodes&) const = default;
};

struct RowLinear {
    Numbers weight; // [out, in]; nothing where the weight is in 4-bit codes
    std::vector<RowCodes> quantised; // a slice each
    Numbers bias;   // [out] or nothing
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::vector<RowUpdate> updates;

    bool isQuantised() const { return !quantised.empty(); }
    std::int64_t ranks() const; // of its updates together
    bool operator==(const RowLinear&) const = default;
};

struct RowNorm {
    Numbers weight; // nothing: the norm is absent
    float eps = 0;
    float shift = 0; // 1: multiplies by 1 + w

    bool exists() const { return weight.data != nullptr; }
    bool operator==(const RowNorm&) const = default;
};

struct RowLayer {
    RowNorm inputNorm;
    RowNorm queryNorm;
    RowNorm keyNorm;
    RowNorm attentionNorm;
    RowNorm mlpNorm;
    RowNorm outputNorm;
    RowLinear qkv;
    RowLinear output;
    RowLinear gateUp;
    RowLinear down;
    Numbers keys; // [K, capacity, D]: this token's are written at `position`
    Numbers values;
    std::int64_t window = 0;    // keys seen, this token's included; 0: all
    const float* cos = nullptr; // [positions, half]
    const float* sin = nullptr;

    std::array<const RowLinear*, 4> linears() const { return {&qkv, &output, &gateUp, &down}; }
    std::int64_t firstSeen(std::int64_t position) const
    {
        return window > 0 && position >= window ? position + 1 - window : 0;
    }
    bool operator==(const RowLayer&) const = default;
};

struct RowPlan {
    std::vector<RowLayer> layers;
    std::int64_t hidden = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t dim = 0;
    std::int64_t intermediate = 0;
    std::int64_t half = 0; // of the rotating dimensions
    std::int64_t position = 0;
    std::int64_t capacity = 0;
    float scale = 1;
    float cap = 0;
    bool silu = true;
    bool wholeNorm = false; // norms of q and k over the projection, not over a head

    std::int64_t largestRank() const; // of all updates; at least 1
    bool operator==(const RowPlan&) const = default;
};

// Nothing where a part is of a kind that this way does not know (LayerNorm, plain MLPs, DoRA and IA3, fp16):
// the layers' own operators then do it. `tables` and `local` hold the row of this token's position, in memory that holds all before it.
std::optional<RowPlan> planRow(const DecoderConfig& config, const std::vector<Layer>& layers, const PassAdapters& adapters,
                               const KvCache& cache, const RopeTables& tables, const RopeTables& local);

} // namespace luthier::nn::row
