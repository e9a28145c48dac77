// SPDX-License-Identifier: GPL-3.0-or-later
// WeightQuantiser: fills a QuantisedWeight from numbers that come piece by piece, so that a matrix is never in memory whole.
// Internal to core: names torch types.
//
//   WeightQuantiser quantiser(weight);
//   for (piece) { quantiser.add(piece); }
//   auto done = quantiser.finish();
#pragma once

#include "core/base/result.h"
#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::quant {

class WeightQuantiser {
public:
    // `weight` as emptyWeight() made it; must outlive this.
    explicit WeightQuantiser(QuantisedWeight& weight);

    // The next numbers in flat order; whole blocks, but for the last. Any float dtype, on the weight's device or the CPU.
    void add(const at::Tensor& values);

    // Quantises the constants where the weight is nested. An error says that a number was not finite.
    Result<void> finish();

private:
    void addOnCpu(const at::Tensor& values);
    void addPlain(const at::Tensor& values);

    QuantisedWeight& m_weight;
    at::Tensor m_absmax; // fp32 [blocks]
    std::int64_t m_done = 0;
};

// All at once; `values` [rows, columns].
Result<void> quantise(const at::Tensor& values, QuantisedWeight& weight);

} // namespace luthier::quant
