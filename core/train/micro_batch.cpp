// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/micro_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

namespace luthier::train {

namespace {

// Which places are trained is known here, so no device has to look for them and make the host wait.
struct Writer {
    std::int64_t* ids;
    std::vector<std::int64_t> places = {};
    std::vector<std::int64_t> targets = {};
    std::vector<std::int64_t> owners = {};
    std::vector<std::int64_t> ends = {};

    void write(std::span<const std::int32_t> sequence, std::int64_t at)
    {
        for (std::size_t i = 0; i < sequence.size(); ++i) {
            ids[at + static_cast<std::int64_t>(i)] = TokenStore::idOf(sequence[i]);
            if (i > 0 && TokenStore::isTarget(sequence[i])) {
                places.push_back(at + static_cast<std::int64_t>(i) - 1);
                targets.push_back(sequence[i]);
            }
        }
        owners.resize(places.size(), static_cast<std::int64_t>(ends.size()));
        ends.push_back(at + static_cast<std::int64_t>(sequence.size()) - 1);
    }
};

at::Tensor tensorOf(const std::vector<std::int64_t>& values, at::TensorOptions options)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, options);
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<std::int64_t>());
    return tensor;
}

// One number for each item, from a column of the store.
at::Tensor columnOf(std::span<const float> column, std::span<const std::uint32_t> items, at::TensorOptions options)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(items.size())}, options);
    auto* values = tensor.mutable_data_ptr<float>();
    for (std::size_t i = 0; i < items.size(); ++i) {
        values[i] = column[items[i]];
    }
    return tensor;
}

std::vector<std::uint32_t> sequencesOf(const ItemStore& store, std::span<const std::uint32_t> items)
{
    std::vector<std::uint32_t> sequences;
    for (const std::uint32_t item : items) {
        for (std::uint32_t i = 0; i < store.item(item).count; ++i) {
            sequences.push_back(store.item(item).first + i);
        }
    }
    return sequences;
}

// Item i's prompt with the answer of the item before it, the first one's with the last one's.
ItemStore mismatchedItems(const ItemStore& store, std::span<const std::uint32_t> items, std::int64_t maxLength)
{
    const auto tokensOf = [&](std::size_t i) { return store.sequences().row(store.item(items[i]).first); };
    TokenStore mixed;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto prompt = tokensOf(i);
        const auto answer = tokensOf(i == 0 ? items.size() - 1 : i - 1);
        const auto begins = [](std::span<const std::int32_t> tokens) { return std::find_if(tokens.begin(), tokens.end(), TokenStore::isTarget); };
        std::vector<std::int32_t> tokens(prompt.begin(), begins(prompt));
        tokens.insert(tokens.end(), begins(answer), answer.end());
        tokens.resize(std::min(tokens.size(), static_cast<std::size_t>(maxLength)));
        mixed.append(tokens);
    }
    return ItemStore(std::move(mixed));
}

} // namespace

BatchForm formFor(const objectives::Objective& objective, std::int64_t maxLength, bool packed, bool pinned)
{
    return {packed, objective.perSequence, pinned, objective.mismatches, maxLength};
}

MicroBatch makeMicroBatch(const ItemStore& store, std::span<const std::uint32_t> items, const BatchForm& form)
{
    MicroBatch batch;
    const TokenStore& tokens = store.sequences();
    const auto sequences = sequencesOf(store, items);
    std::int64_t longest = 0;
    for (const std::uint32_t sequence : sequences) {
        batch.tokens += tokens.length(sequence);
        batch.trained += tokens.numTrained(sequence);
        longest = std::max(longest, tokens.length(sequence));
        if (form.packed) {
            batch.segments.push_back(tokens.length(sequence));
        }
    }
    batch.items = static_cast<std::int64_t>(items.size());
    const std::int64_t count = form.packed ? 1 : static_cast<std::int64_t>(sequences.size());
    const std::int64_t width = form.packed ? batch.tokens : longest;
    const auto options = at::TensorOptions().dtype(at::kLong).pinned_memory(form.pinned);
    batch.ids = at::empty({count, width}, options);
    Writer writer{batch.ids.mutable_data_ptr<std::int64_t>()};
    std::fill_n(writer.ids, count * width, 0);
    std::int64_t at = 0;
    for (const std::uint32_t sequence : sequences) {
        writer.write(tokens.row(sequence), at);
        at += form.packed ? tokens.length(sequence) : width;
    }
    batch.targets = tensorOf(writer.targets, options);
    if (batch.trained < count * width) {
        batch.places = tensorOf(writer.places, options);
    }
    if (form.perSequence) {
        batch.owners = tensorOf(writer.owners, options);
        batch.ends = tensorOf(writer.ends, options);
        for (std::size_t i = 0; i < store.columns().size(); ++i) {
            batch.columns.emplace_back(store.columns()[i], columnOf(store.column(i), items, options.dtype(at::kFloat)));
        }
        for (const std::uint32_t item : items) {
            batch.firsts += tokens.numTrained(store.item(item).first);
        }
    }
    if (form.mismatches && items.size() > 1) {
        const ItemStore other = mismatchedItems(store, items, form.maxLength);
        std::vector<std::uint32_t> all(items.size());
        std::iota(all.begin(), all.end(), 0u);
        batch.mismatched.push_back(makeMicroBatch(other, all, {form.packed, true, form.pinned}));
    }
    return batch;
}

} // namespace luthier::train
