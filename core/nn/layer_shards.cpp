// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layer_shards.h"

#include "core/nn/layers/fp8_groups.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <malloc.h>
#include <utility>

namespace luthier::nn {

namespace {

constexpr std::int64_t kAligned = 256; // bytes: so that any numbers may begin there

std::int64_t aligned(std::int64_t bytes, std::int64_t to)
{
    return (bytes + to - 1) / to * to;
}

// What a group's products read, in an order of its own.
std::vector<at::Tensor*> heldBy(LinearGroup& group)
{
    if (!group.isQuantised()) {
        return {&group.weight};
    }
    std::vector<at::Tensor*> held;
    for (quant::QuantisedWeight& weight : group.quantised) {
        held.insert(held.end(), {&weight.codes, &weight.absmax});
        if (weight.isNested()) {
            held.push_back(&weight.nestedAbsmax);
        }
    }
    return held;
}

// In the place of what is not here: whoever reads it outside of a pass fails.
void forget(at::Tensor& tensor)
{
    tensor = at::empty(tensor.sizes(), tensor.options().device(at::kMeta));
}

at::Tensor bytesOf(const at::Tensor& tensor)
{
    return tensor.contiguous().view({-1}).view(at::kByte);
}

} // namespace

void LayerShards::makeRoom(LinearGroup& group) const
{
    for (quant::QuantisedWeight& weight : group.quantised) {
        const float offset = weight.offset;
        weight = quant::emptyWeight(weight.kind, weight.isNested(), weight.rows, weight.columns, m_device);
        weight.offset = offset;
    }
    if (!group.isQuantised()) {
        group.weight = at::empty(group.weight.sizes(), group.weight.options().device(m_device));
    }
}

void LayerShards::split(LinearGroup& group)
{
    const at::NoGradGuard noGrad;
    const std::size_t layer = group.index / kGroups;
    const std::size_t place = group.index % kGroups;
    m_splits.resize(std::max(m_splits.size(), layer + 1));
    Split& split = m_splits[layer];
    split.groups[place] = &group;
    for (at::Tensor* tensor : heldBy(group)) {
        split.coming[place].push_back(*tensor);
        forget(*tensor);
    }
    if (std::none_of(split.coming.begin(), split.coming.end(), [](const auto& tensors) { return tensors.empty(); })) {
        keepOwn(split);
    }
}

void LayerShards::keepOwn(Split& split)
{
    const std::int64_t ranks = m_team.size();
    for (std::size_t place = 0; place < kGroups; ++place) {
        for (std::size_t i = 0; i < split.coming[place].size(); ++i) {
            const at::Tensor& tensor = split.coming[place][i];
            split.parts.push_back({split.groups[place], i, split.bytes, tensor.sizes().vec(), tensor.scalar_type()});
            split.bytes = aligned(split.bytes + static_cast<std::int64_t>(tensor.nbytes()), kAligned);
        }
    }
    split.bytes = aligned(split.bytes, kAligned * ranks);
    at::Tensor whole = at::empty({split.bytes}, at::TensorOptions().dtype(at::kByte).device(m_device));
    std::size_t part = 0;
    for (std::vector<at::Tensor>& tensors : split.coming) {
        for (at::Tensor& tensor : tensors) {
            const at::Tensor bytes = bytesOf(std::exchange(tensor, {}));
            whole.narrow(0, split.parts[part++].begin, bytes.numel()).copy_(bytes);
        }
    }
    split.coming = {};
    split.own = whole.narrow(0, m_team.rank() * (split.bytes / ranks), split.bytes / ranks).clone();
    whole.reset();
    if (m_device.is_cpu()) {
        ::malloc_trim(0); // what was let go lies between what is kept
    }
}

std::int64_t LayerShards::bytes() const
{
    std::int64_t sum = 0;
    for (const Split& split : m_splits) {
        sum += split.own.defined() ? split.own.numel() : 0;
    }
    return sum;
}

void LayerShards::enter(std::size_t layer, Way way)
{
    const at::NoGradGuard noGrad;
    const std::size_t position = way == Way::Forward ? layer : layers() - 1 - layer;
    if (!m_walks || m_way != way || position < m_position) {
        end();
        begin(way);
    }
    if (m_shown == nullptr || position != m_position) {
        letGo();
        while (m_gathered <= position) {
            gather(m_gathered++, way);
        }
        m_team.joinSums();
        show(m_splits[layer], m_slots[position % 2]);
        m_position = position;
    }
    if (m_gathered == position + 1 && m_gathered < layers()) {
        gather(m_gathered++, way); // into what the layer before has left
    }
}

void LayerShards::finish()
{
    const at::NoGradGuard noGrad;
    end();
    for (;;) {
        const auto begun = m_team.sums({0, 0});
        if (begun[0] == 0 && begun[1] == 0) {
            return;
        }
        serve(begun[0] > 0 ? Way::Forward : Way::Backward);
    }
}

// Where ranks begin different walks, that forward goes first: nobody waits for what its own walk would give.
void LayerShards::begin(Way way)
{
    for (;;) {
        const auto begun = m_team.sums({way == Way::Forward ? 1.0 : 0.0, way == Way::Backward ? 1.0 : 0.0});
        const Way next = begun[0] > 0 ? Way::Forward : Way::Backward;
        if (next == way) {
            break;
        }
        serve(next);
    }
    m_walks = true;
    m_way = way;
    m_gathered = 0;
    m_position = 0;
}

// The others go on to the last layer, wherever this rank's pass ended.
void LayerShards::end()
{
    letGo();
    while (m_walks && m_gathered < layers()) {
        gather(m_gathered++, m_way);
    }
    m_walks = false;
}

void LayerShards::serve(Way way)
{
    for (std::size_t position = 0; position < layers(); ++position) {
        gather(position, way);
    }
    m_team.joinSums();
}

void LayerShards::gather(std::size_t position, Way way)
{
    if (!m_slots.front().defined()) {
        std::int64_t largest = 0;
        for (const Split& split : m_splits) {
            largest = std::max(largest, split.bytes);
        }
        for (at::Tensor& slot : m_slots) {
            slot = at::empty({largest}, at::TensorOptions().dtype(at::kByte).device(m_device));
        }
    }
    const Split& split = m_splits[layerAt(position, way)];
    m_team.gatherBeside(split.own, m_slots[position % 2].narrow(0, 0, split.bytes));
}

void LayerShards::show(const Split& split, const at::Tensor& slot)
{
    for (const Part& part : split.parts) {
        at::Tensor& tensor = *heldBy(*part.group)[part.tensor];
        tensor = slot.narrow(0, part.begin, static_cast<std::int64_t>(tensor.nbytes())).view(part.dtype).view(part.sizes);
    }
    for (LinearGroup* group : split.groups) {
        if (m_makesFp8 && takesFp8(*group)) {
            group->fp8 = fp8WeightOf(group->weight);
        }
    }
    m_shown = &split;
}

void LayerShards::letGo()
{
    if (m_shown == nullptr) {
        return;
    }
    for (LinearGroup* group : m_shown->groups) {
        group->fp8 = {};
        for (at::Tensor* tensor : heldBy(*group)) {
            forget(*tensor);
        }
    }
    m_shown = nullptr;
}

} // namespace luthier::nn
