// SPDX-License-Identifier: GPL-3.0-or-later
// QuantisedWeight: a matrix in blocks of 4-bit codes, as bitsandbytes keeps one: blocks run over the flat matrix and each
// has the largest absolute value as its constant. Doubly quantised (QLoRA), these constants are 8-bit codes of the dynamic map
// in blocks of 256 around their mean: 0.127 bit a weight instead of 0.5.
//   w = table[code] * absmax,  absmax = map[absmax code] * nestedAbsmax + offset, each product and sum rounded to fp32
// Internal to core: names torch types. Nothing here is recorded by autograd.
#pragma once

#include "core/quant/block_loops.h"
#include "core/quant/code_tables.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::quant {

constexpr std::int64_t kBlockSize = 64;

struct QuantisedWeight {
    CodeKind kind = CodeKind::Nf4;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t blockSize = kBlockSize; // 32 ... 4096
    at::Tensor codes;        // uint8 [(rows * columns + 1) / 2]; the first of two elements in the high four bits
    at::Tensor absmax;       // fp32 [blocks], or uint8 [blocks] when nested
    at::Tensor nestedAbsmax; // fp32 [ceil(blocks / 256)]; undefined: absmax is not quantised
    float offset = 0;        // nested: mean of all absmax

    bool exists() const { return codes.defined(); }
    bool isNested() const { return nestedAbsmax.defined(); }
    std::int64_t elements() const { return rows * columns; }
    std::int64_t blocks() const { return (elements() + blockSize - 1) / blockSize; }
    std::int64_t bytes() const; // of codes and constants
};

// Memory on a device, not filled (see weight_quantiser.h).
QuantisedWeight emptyWeight(CodeKind kind, bool nested, std::int64_t rows, std::int64_t columns, at::Device device);

QuantisedWeight onDevice(QuantisedWeight weight, at::Device device);

// Writes the numbers into `out` [rows, columns], contiguous, on the weight's device, fp32, bf16 or fp16. On a card this is
// queued on the current stream.
void dequantise(const QuantisedWeight& weight, const at::Tensor& out);

// Of a weight on the CPU, as plain memory.
BlockScales scalesOf(const QuantisedWeight& weight);

// The constants of all blocks in fp32, [blocks].
at::Tensor absmaxOf(const QuantisedWeight& weight);

} // namespace luthier::quant
