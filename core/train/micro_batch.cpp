// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/micro_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kNoTarget = -100;

void writeRow(std::span<const std::int32_t> row, std::int64_t* ids, std::int64_t* targets)
{
    for (std::size_t i = 0; i < row.size(); ++i) {
        const bool predicts = i + 1 < row.size() && TokenStore::isTarget(row[i + 1]);
        ids[i] = TokenStore::idOf(row[i]);
        targets[i] = predicts ? row[i + 1] : kNoTarget;
    }
}

} // namespace

MicroBatch makeMicroBatch(const TokenStore& store, std::span<const std::uint32_t> rows, bool packed, bool pinned)
{
    MicroBatch batch;
    std::int64_t longest = 0;
    for (const std::uint32_t row : rows) {
        batch.tokens += store.length(row);
        batch.trained += store.numTrained(row);
        longest = std::max(longest, store.length(row));
        if (packed) {
            batch.segments.push_back(store.length(row));
        }
    }
    const std::int64_t count = packed ? 1 : static_cast<std::int64_t>(rows.size());
    const std::int64_t width = packed ? batch.tokens : longest;
    const auto options = at::TensorOptions().dtype(at::kLong).pinned_memory(pinned);
    batch.ids = at::empty({count, width}, options);
    batch.targets = at::empty({count * width}, options);
    auto* ids = batch.ids.mutable_data_ptr<std::int64_t>();
    auto* targets = batch.targets.mutable_data_ptr<std::int64_t>();
    std::fill_n(ids, count * width, 0);
    std::fill_n(targets, count * width, kNoTarget);
    std::int64_t at = 0;
    for (const std::uint32_t row : rows) {
        writeRow(store.row(row), ids + at, targets + at);
        at += packed ? store.length(row) : width;
    }
    return batch;
}

MicroBatch toDevice(MicroBatch batch, at::Device device)
{
    if (!device.is_cpu()) {
        batch.ids = batch.ids.to(device, at::kLong, /*non_blocking=*/true);
        batch.targets = batch.targets.to(device, at::kLong, /*non_blocking=*/true);
    }
    return batch;
}

} // namespace luthier::train
