// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/micro_batch.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace luthier::objectives {

namespace {

const at::Tensor& named(const std::vector<std::pair<std::string, at::Tensor>>& columns, const std::string& name)
{
    static const at::Tensor none;
    for (const auto& [known, values] : columns) {
        if (known == name) {
            return values;
        }
    }
    return none;
}

} // namespace

const at::Tensor& MicroBatch::column(const std::string& name) const
{
    return named(columns, name);
}

const at::Tensor& MicroBatch::perTarget(const std::string& name) const
{
    return named(perTargetColumns, name);
}

std::vector<at::Tensor*> tensorsOf(MicroBatch& batch)
{
    std::vector<at::Tensor*> all{&batch.ids, &batch.targets, &batch.places, &batch.owners, &batch.ends};
    for (auto* columns : {&batch.columns, &batch.perTargetColumns}) {
        for (auto& [name, values] : *columns) {
            all.push_back(&values);
        }
    }
    for (at::Tensor* tensor : {&batch.firstScale, &batch.packing.borders, &batch.packing.positions}) {
        all.push_back(tensor);
    }
    for (MicroBatch& other : batch.mismatched) {
        const auto its = tensorsOf(other);
        all.insert(all.end(), its.begin(), its.end());
    }
    std::erase_if(all, [](const at::Tensor* tensor) { return !tensor->defined(); });
    return all;
}

MicroBatch toDevice(MicroBatch batch, at::Device device)
{
    if (!device.is_cpu()) {
        for (at::Tensor* tensor : tensorsOf(batch)) {
            *tensor = tensor->to(device, tensor->scalar_type(), /*non_blocking=*/true);
        }
    }
    return batch;
}

at::Tensor pickTargets(const at::Tensor& hidden, const MicroBatch& batch)
{
    const at::Tensor flat = hidden.reshape({-1, hidden.size(-1)});
    return batch.places.defined() ? flat.index_select(0, batch.places) : flat;
}

at::Tensor sumBySequence(const at::Tensor& values, const MicroBatch& batch)
{
    return at::zeros({batch.ends.size(0)}, values.options()).index_add(0, batch.owners, values);
}

at::Tensor firstScaleOf(const MicroBatch& batch)
{
    return batch.firstScale.defined() ? batch.firstScale : firstScaleOf(batch.items, batch.firsts, batch.ids);
}

at::Tensor firstScaleOf(std::int64_t items, std::int64_t firsts, const at::Tensor& ids)
{
    const double scale = static_cast<double>(items) / static_cast<double>(std::max<std::int64_t>(firsts, 1));
    const at::Tensor tensor = at::full({}, scale, at::TensorOptions().dtype(at::kFloat).device(ids.device()));
    return ids.is_cpu() && ids.is_pinned() ? tensor.pin_memory() : tensor;
}

} // namespace luthier::objectives
