// SPDX-License-Identifier: GPL-3.0-or-later
// TensorLoader: brings stored tensors to where they are needed, in pieces, so that no second copy of them is in memory.
// Internal to core: names torch types.
//
// Threads: one loader, one thread at a time; progress is called on it. Errors name file and tensor; "cancelled".
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/quant/quantised_weight.h"
#include "core/weights/model_folder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace luthier::weights {

class TensorLoader {
public:
    // Both must outlive it. Progress counts bytes of what addTotal() named.
    TensorLoader(const base::Progress& progress, const base::CancelToken& cancel) : m_progress(progress), m_cancel(cancel) {}

    void addTotal(const StoredTensor& tensor) { m_total += tensor.info->end - tensor.info->begin; }

    // Counts what was read elsewhere.
    void count(const StoredTensor& tensor) { advance(tensor.info->end - tensor.info->begin); }

    // Converts to the target's dtype; shapes are equal.
    Result<void> copy(const StoredTensor& stored, const at::Tensor& target);

    // Into blocks of 4-bit codes; `transposed`: the stored matrix is [columns, rows].
    Result<void> quantise(const StoredTensor& stored, quant::QuantisedWeight& target, bool transposed);

private:
    // Numbers in their stored dtype, on the CPU, valid during the call.
    using Take = std::function<void(const at::Tensor& numbers, std::int64_t first)>;
    Result<void> inPieces(const StoredTensor& stored, const Take& take);

    void advance(std::uint64_t bytes);

    const base::Progress& m_progress;
    const base::CancelToken& m_cancel;
    at::Tensor m_buffer;
    std::uint64_t m_done = 0;
    std::uint64_t m_total = 0;
};

} // namespace luthier::weights
