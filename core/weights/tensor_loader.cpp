// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/tensor_loader.h"

#include "core/quant/weight_quantiser.h"
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>

namespace luthier::weights {

namespace {

constexpr std::uint64_t kPiece = std::uint64_t{16} << 20; // whole blocks of every size and dtype

} // namespace

void TensorLoader::advance(std::uint64_t bytes)
{
    m_done += bytes;
    if (m_progress) {
        m_progress(static_cast<std::int64_t>(m_done), static_cast<std::int64_t>(m_total));
    }
}

Result<void> TensorLoader::inPieces(const StoredTensor& stored, const Take& take)
{
    const at::ScalarType type = scalarTypeOf(stored.info->dtype);
    const std::uint64_t bytes = stored.info->end - stored.info->begin;
    const auto size = static_cast<std::uint64_t>(sizeOf(stored.info->dtype));
    if (!m_buffer.defined()) {
        m_buffer = at::empty({static_cast<std::int64_t>(kPiece)}, at::kByte);
    }
    for (std::uint64_t done = 0; done < bytes; done += kPiece) {
        if (m_cancel.isCancelled()) {
            return Error{"Loading was cancelled."};
        }
        const std::uint64_t step = std::min(kPiece, bytes - done);
        if (auto got = stored.file->read(*stored.info, done, step, m_buffer.data_ptr()); !got) {
            return got;
        }
        const auto count = static_cast<std::int64_t>(step / size);
        const at::Tensor numbers = at::from_blob(m_buffer.data_ptr(), {count}, at::TensorOptions().dtype(type));
        // Every answer of such a model is nonsense, and its cause is nowhere to be seen. The sum is quick, and not finite then.
        if (!std::isfinite(numbers.sum(at::kFloat).item<float>()) && !at::isfinite(numbers).all().item<bool>()) {
            return Error{stored.file->path().string() + ": tensor \"" + stored.info->name + "\" holds numbers that are not finite (NaN or "
                         "infinite): the training that made it diverged, or the file is damaged; take an earlier checkpoint or the file anew"};
        }
        take(numbers, static_cast<std::int64_t>(done / size));
        advance(step);
    }
    return {};
}

Result<void> TensorLoader::copy(const StoredTensor& stored, const at::Tensor& target)
{
    // A slice of rows is contiguous; anything else goes through a copy of its own.
    const at::Tensor flat = target.is_contiguous() ? target.view({-1})
                                                   : at::empty(target.sizes(), target.options()).view({-1});
    auto copied = inPieces(stored, [&](const at::Tensor& numbers, std::int64_t first) {
        flat.narrow(0, first, numbers.numel()).copy_(numbers);
    });
    if (copied && !target.is_contiguous()) {
        target.copy_(flat.view(target.sizes()));
    }
    return copied;
}

Result<void> TensorLoader::quantise(const StoredTensor& stored, quant::QuantisedWeight& target, bool transposed)
{
    quant::WeightQuantiser quantiser(target);
    at::Tensor whole; // blocks run along the rows of the matrix as it is used
    if (transposed) {
        whole = at::empty({target.columns, target.rows}, at::TensorOptions().dtype(scalarTypeOf(stored.info->dtype)));
    }
    auto read = inPieces(stored, [&](const at::Tensor& numbers, std::int64_t first) {
        if (transposed) {
            whole.view({-1}).narrow(0, first, numbers.numel()).copy_(numbers);
        } else {
            quantiser.add(numbers);
        }
    });
    if (!read) {
        return read;
    }
    if (transposed) {
        quantiser.add(whole.t().contiguous());
    }
    auto done = quantiser.finish();
    return done ? done : Error{stored.file->path().string() + ": tensor \"" + stored.info->name + "\" " + done.message()};
}

} // namespace luthier::weights
