// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/stored_numbers.h"

#include "core/weights/load.h"
#include "core/weights/stored_names.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::weights {

namespace {

constexpr std::int64_t kPiece = std::int64_t{1} << 22; // numbers that are compared at once

bool isFinite(const at::Tensor& tensor)
{
    return at::isfinite(tensor).all().item<bool>();
}

Result<at::Tensor> readRows(const StoredTensor& stored, std::int64_t first, std::int64_t rows, std::int64_t columns)
{
    const at::Tensor target = at::empty({rows, columns}, scalarTypeOf(stored.info->dtype));
    const std::int64_t size = sizeOf(stored.info->dtype);
    auto read = stored.file->read(*stored.info, static_cast<std::uint64_t>(first * columns * size),
                                  static_cast<std::uint64_t>(rows * columns * size), target.data_ptr());
    return read ? Result<at::Tensor>(target.to(at::kFloat)) : Result<at::Tensor>(read.error());
}

Result<void> compareRows(const std::string& name, const at::Tensor& live, const at::Tensor& meant, const at::Tensor& held)
{
    if (!isFinite(live)) {
        return Error{"the weight \"" + name + "\" holds numbers that are not finite (NaN or infinite), so what would be written is "
                     "broken; they come from the base or from an adapter whose training diverged"};
    }
    if (!isFinite(meant)) {
        return Error{"the weight \"" + name + "\" holds " + std::to_string(live.abs().max().item<float>())
                     + ", which this type of numbers cannot hold; take bf16 or f32"};
    }
    return meant.equal(held) ? Result<void>()
                             : Error{"\"" + name + "\" does not hold the numbers that were meant, so what was written was not kept"};
}

Result<void> compareTensor(const nn::NamedTensor& item, const StoredTensor& stored, const MeantTensor& meant,
                           const base::CancelToken& cancel)
{
    const bool isMatrix = item.tensor.dim() == 2;
    const at::Tensor matrix = item.tensor.detach().reshape({isMatrix ? item.tensor.size(0) : 1, -1});
    const std::int64_t rows = matrix.size(0);
    const std::int64_t columns = matrix.size(1);
    const std::int64_t step = meant.isWhole ? rows : std::max<std::int64_t>(1, kPiece / std::max<std::int64_t>(1, columns));
    for (std::int64_t first = 0; first < rows; first += step) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const std::int64_t count = std::min(step, rows - first);
        const at::Tensor live = matrix.narrow(0, first, count).to(at::kCPU).to(at::kFloat).contiguous();
        auto held = readRows(stored, first, count, columns);
        auto good = held ? compareRows(item.name, live, meant.meant(live), *held) : Result<void>(held.error());
        if (!good) {
            return good;
        }
    }
    return {};
}

} // namespace

Result<void> checkNumbers(nn::Decoder& decoder, const ModelFolder& written,
                          const std::function<Result<MeantTensor>(const nn::NamedTensor& item)>& meantOf,
                          const base::Progress& progress, const base::CancelToken& cancel)
{
    const at::NoGradGuard noGrad;
    const auto tensors = decoder.tensors();
    std::int64_t total = 0;
    std::int64_t done = 0;
    for (const nn::NamedTensor& item : tensors) {
        total += item.tensor.numel();
    }
    for (const nn::NamedTensor& item : tensors) {
        if (progress) {
            progress(done, total);
        }
        done += item.tensor.numel();
        if (auto fits = checkStored(written, item.name, item.tensor.sizes().vec()); !fits) {
            return fits;
        }
        auto meant = meantOf(item);
        auto same = meant ? compareTensor(item, findStored(written.tensors(), item.name)->second, *meant, cancel)
                          : Result<void>(meant.error());
        if (!same) {
            return same.message() == "cancelled" ? same : Error{written.path().string() + ": " + same.message()};
        }
    }
    return {};
}

Result<void> checkNumbers(nn::Decoder& decoder, const ModelFolder& written, at::ScalarType storedAs,
                          const base::Progress& progress, const base::CancelToken& cancel)
{
    const auto rounded = [storedAs](const at::Tensor& rows) { return rows.to(storedAs).to(at::kFloat); };
    return checkNumbers(decoder, written, [&](const nn::NamedTensor&) { return Result<MeantTensor>(MeantTensor{rounded}); }, progress,
                        cancel);
}

} // namespace luthier::weights
