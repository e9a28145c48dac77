// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/micro_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace luthier::train {

namespace {

// Which places are trained is known here, so no device has to look for them and make the host wait.
struct Writer {
    std::int64_t* ids;
    std::vector<std::int64_t> places;
    std::vector<std::int64_t> targets;

    void write(std::span<const std::int32_t> row, std::int64_t at)
    {
        for (std::size_t i = 0; i < row.size(); ++i) {
            ids[at + static_cast<std::int64_t>(i)] = TokenStore::idOf(row[i]);
            if (i > 0 && TokenStore::isTarget(row[i])) {
                places.push_back(at + static_cast<std::int64_t>(i) - 1);
                targets.push_back(row[i]);
            }
        }
    }
};

at::Tensor tensorOf(const std::vector<std::int64_t>& values, at::TensorOptions options)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, options);
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<std::int64_t>());
    return tensor;
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
    Writer writer{batch.ids.mutable_data_ptr<std::int64_t>(), {}, {}};
    std::fill_n(writer.ids, count * width, 0);
    std::int64_t at = 0;
    for (const std::uint32_t row : rows) {
        writer.write(store.row(row), at);
        at += packed ? store.length(row) : width;
    }
    batch.targets = tensorOf(writer.targets, options);
    if (batch.trained < count * width) {
        batch.places = tensorOf(writer.places, options);
    }
    return batch;
}

MicroBatch toDevice(MicroBatch batch, at::Device device)
{
    if (!device.is_cpu()) {
        batch.ids = batch.ids.to(device, at::kLong, /*non_blocking=*/true);
        batch.targets = batch.targets.to(device, at::kLong, /*non_blocking=*/true);
        if (batch.places.defined()) {
            batch.places = batch.places.to(device, at::kLong, /*non_blocking=*/true);
        }
    }
    return batch;
}

at::Tensor pickTargets(const at::Tensor& hidden, const MicroBatch& batch)
{
    const at::Tensor flat = hidden.reshape({-1, hidden.size(-1)});
    return batch.places.defined() ? flat.index_select(0, batch.places) : flat;
}

} // namespace luthier::train
