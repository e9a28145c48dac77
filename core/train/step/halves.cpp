// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/halves.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <numeric>

namespace luthier::train {

namespace {

// Where each half ends: items, sequences, places in [B*T], targets.
struct Cut {
    std::int64_t items = 0;
    std::int64_t sequences = 0;
    std::int64_t place = 0;
    std::int64_t targets = 0;
};

at::Tensor part(const at::Tensor& values, std::int64_t cut, bool isSecond)
{
    return isSecond ? values.slice(0, cut) : values.slice(0, 0, cut);
}

MicroBatch half(const MicroBatch& batch, const Cut& cut, bool isSecond)
{
    MicroBatch result;
    const bool isPacked = !batch.segments.empty();
    result.ids = isPacked ? (isSecond ? batch.ids.slice(1, cut.place) : batch.ids.slice(1, 0, cut.place)) : part(batch.ids, cut.sequences, isSecond);
    result.ids = result.ids.contiguous();
    if (batch.places.defined()) {
        result.places = part(batch.places, cut.targets, isSecond).sub(isSecond ? cut.place : 0);
    }
    result.targets = part(batch.targets, cut.targets, isSecond).contiguous();
    const auto border = batch.segments.begin() + cut.sequences * static_cast<std::int64_t>(isPacked);
    result.segments = isPacked ? (isSecond ? std::vector<std::int64_t>(border, batch.segments.end()) : std::vector<std::int64_t>(batch.segments.begin(), border))
                               : std::vector<std::int64_t>();
    result.tokens = isPacked ? std::accumulate(result.segments.begin(), result.segments.end(), std::int64_t{0})
                             : (isSecond ? batch.tokens - batch.tokens / 2 : batch.tokens / 2);
    result.trained = isSecond ? batch.trained - cut.targets : cut.targets;
    result.items = isSecond ? batch.items - cut.items : cut.items;
    if (batch.owners.defined()) {
        result.owners = part(batch.owners, cut.targets, isSecond).sub(isSecond ? cut.sequences : 0);
        result.ends = part(batch.ends, cut.sequences, isSecond).sub(isSecond ? cut.place : 0);
        const std::int64_t perItem = batch.sequences() / batch.items;
        result.firsts = result.owners.remainder(perItem).eq(0).sum().item<std::int64_t>();
    }
    for (const auto& [name, column] : batch.columns) {
        result.columns.emplace_back(name, part(column, cut.items, isSecond).contiguous());
    }
    for (const auto& [name, column] : batch.perTargetColumns) {
        result.perTargetColumns.emplace_back(name, part(column, cut.targets, isSecond).contiguous());
    }
    return result;
}

} // namespace

std::optional<std::pair<MicroBatch, MicroBatch>> halvesOf(const MicroBatch& batch)
{
    const bool isPacked = !batch.segments.empty();
    const std::int64_t sequences = isPacked ? static_cast<std::int64_t>(batch.segments.size()) : batch.ids.size(0);
    const bool isWhole = batch.items >= 2 && sequences % batch.items == 0 && batch.fronts.empty() && batch.mismatched.empty();
    if (!isWhole) {
        return std::nullopt;
    }
    Cut cut;
    cut.items = batch.items / 2;
    cut.sequences = cut.items * (sequences / batch.items);
    cut.place = isPacked ? std::accumulate(batch.segments.begin(), batch.segments.begin() + cut.sequences, std::int64_t{0}) : cut.sequences * batch.ids.size(1);
    cut.targets = batch.places.defined() ? batch.places.lt(cut.place).sum().item<std::int64_t>() : cut.place;
    return std::pair{half(batch, cut, false), half(batch, cut, true)};
}

std::pair<StepBatches, bool> cutFiner(const StepBatches& step, std::int64_t times)
{
    std::vector<MicroBatch> batches;
    std::vector<std::uint64_t> places;
    for (std::size_t i = 0; i < step.batches.size(); ++i) {
        batches.push_back(step.batches[i]);
        places.push_back(step.placeOf(i));
    }
    bool isCut = times == 0;
    for (std::int64_t time = 0; time < times; ++time) {
        isCut = false;
        std::vector<MicroBatch> finer;
        std::vector<std::uint64_t> their;
        for (std::size_t i = 0; i < batches.size(); ++i) {
            auto halves = halvesOf(batches[i]);
            if (!halves) {
                finer.push_back(std::move(batches[i]));
                their.push_back(places[i]);
                continue;
            }
            // Each draws its own numbers: the second half's place is one that no batch of the plan has.
            constexpr std::uint64_t kSecond = std::uint64_t{1} << 40;
            finer.push_back(std::move(halves->first));
            finer.push_back(std::move(halves->second));
            their.push_back(places[i]);
            their.push_back(places[i] + (kSecond << time));
            isCut = true;
        }
        batches = std::move(finer);
        places = std::move(their);
    }
    StepBatches result = step;
    result.batches = std::move(batches);
    result.places = std::move(places);
    return {std::move(result), isCut};
}

} // namespace luthier::train
