// SPDX-License-Identifier: GPL-3.0-or-later
// BlockLoops: the inner loops of 4-bit blocks over plain memory, one thread; the machine's widest instruction set is taken
// when the program runs. Knows no torch.
//
// `elements` values in blocks of `blockSize` (even; the last block may be shorter). Byte k of the codes holds element 2k in
// its high and 2k + 1 in its low four bits.
#pragma once

#include "core/quant/code_tables.h"

#include <cstdint>

namespace luthier::quant {

struct Blocks {
    std::int64_t elements = 0;
    std::int64_t blockSize = 64;

    std::int64_t count() const { return (elements + blockSize - 1) / blockSize; }
};

constexpr std::int64_t kNestedBlockSize = 256;

// The constants of a weight's blocks: fp32, or codes of the dynamic map that stand around `offset` in blocks of their own.
struct BlockScales {
    std::int64_t blockSize = 64;
    const float* absmax = nullptr; // null: nested
    const std::uint8_t* codes = nullptr;
    const float* nested = nullptr;
    float offset = 0;
};

// Those of the blocks [first, first + count).
void readScales(const BlockScales& scales, std::int64_t first, std::int64_t count, float* out);

// x -> codes [(elements + 1) / 2] and absmax [count]; a missing last element counts as 0.
void quantiseBlocks(const CodeTable& table, const Blocks& blocks, const float* x, std::uint8_t* codes, float* absmax);

// out[i] = table[code] * absmax of its block. The bits of Bf16 are those of bfloat16, rounded to nearest even.
void dequantiseBlocks(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax, float* out);
void dequantiseBlocksBf16(const CodeTable& table, const Blocks& blocks, const std::uint8_t* codes, const float* absmax,
                          std::uint16_t* out);

} // namespace luthier::quant
