// SPDX-License-Identifier: GPL-3.0-or-later
// DotCodes: a matrix in 4-bit blocks times one vector, one thread: each code is read once and becomes a number in a register,
// so that a token's product reads a quarter of what bfloat16 weights are. Sums are in fp32. Knows no torch.
#pragma once

#include "core/quant/block_loops.h"
#include "core/quant/code_tables.h"

#include <cstdint>
#include <vector>

namespace luthier::quant {

// The instructions that the loops are made of. Pairs: AVX-512 with products of bfloat16.
enum class CodeLoops { Plain, Avx2, Avx512, Pairs };

bool runsHere(CodeLoops loops);
CodeLoops fastestLoops(); // of this machine

// A vector in the order in which the loops meet its elements: of each 64 the even ones first. Its size is a multiple of 64.
class CodeInput {
public:
    void set(const float* x, std::int64_t n);
    // Bits of bfloat16. Pairs then also round the table to it, which is no coarser than rounding each weight; the others are exact.
    void setNarrow(const std::uint16_t* x, std::int64_t n);

    bool isNarrow() const { return m_isNarrow; }
    const float* wide() const { return m_wide.data(); }
    const std::uint16_t* narrow() const { return m_narrow.data(); }

private:
    bool m_isNarrow = false;
    std::vector<float> m_wide;
    std::vector<std::uint16_t> m_narrow;
};

struct CodeRows {
    const CodeTable* table = nullptr;
    std::int64_t columns = 0;            // a multiple of 64
    const std::uint8_t* codes = nullptr; // of row 0
    BlockScales scales;                  // of all blocks, which run over the flat matrix; their size is a multiple of 64

    bool canBeDotted() const { return columns % 64 == 0 && scales.blockSize % 64 == 0; }
};

// y[i] = m[first + i] . x, for `rows` rows.
void dotCodes(const CodeRows& m, const CodeInput& x, std::int64_t first, std::int64_t rows, float* y,
              CodeLoops loops = fastestLoops());

} // namespace luthier::quant
