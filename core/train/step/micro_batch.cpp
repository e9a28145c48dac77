// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/micro_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace luthier::train {

namespace {

// Where a sequence's tokens stand: the first `shared` of them from `front` on, those behind from `own` on.
struct Layout {
    std::int64_t front = 0;
    std::int64_t shared = 0;
    std::int64_t own = 0;

    std::int64_t placeOf(std::int64_t token) const { return token < shared ? front + token : own + token - shared; }
};

// Which places are trained is known here, so no device has to look for them and make the host wait.
struct Writer {
    std::int64_t* ids;
    std::vector<std::int64_t> places = {};
    std::vector<std::int64_t> targets = {};
    std::vector<std::int64_t> owners = {};
    std::vector<std::int64_t> ends = {};

    void write(std::span<const std::int32_t> sequence, const Layout& layout)
    {
        for (std::int64_t i = 0; i < static_cast<std::int64_t>(sequence.size()); ++i) {
            const std::int32_t stored = sequence[static_cast<std::size_t>(i)];
            ids[layout.placeOf(i)] = TokenStore::idOf(stored);
            if (i > 0 && TokenStore::isTarget(stored)) {
                places.push_back(layout.placeOf(i - 1));
                targets.push_back(stored);
            }
        }
        owners.resize(places.size(), static_cast<std::int64_t>(ends.size()));
        ends.push_back(layout.placeOf(static_cast<std::int64_t>(sequence.size()) - 1));
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

// Tokens that both sequences begin with; at least one is left to each.
std::int64_t sharedBy(std::span<const std::int32_t> a, std::span<const std::int32_t> b)
{
    const auto same = [](std::int32_t x, std::int32_t y) { return TokenStore::idOf(x) == TokenStore::idOf(y); };
    const auto found = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same).first - a.begin();
    const auto most = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())) - 1;
    return std::max<std::ptrdiff_t>(0, std::min<std::ptrdiff_t>(found, most));
}

// One behind the other, a pair's common beginning once, as a segment that both of its sequences go on from.
std::vector<Layout> packedLayouts(const ItemStore& store, std::span<const std::uint32_t> items, bool shared, MicroBatch& batch)
{
    const TokenStore& tokens = store.sequences();
    std::vector<Layout> layouts;
    std::int64_t next = 0;
    const auto add = [&](std::int64_t length, std::int64_t front) {
        batch.segments.push_back(length);
        batch.fronts.push_back(front);
        return std::exchange(next, next + length);
    };
    for (const std::uint32_t index : items) {
        const Item& item = store.item(index);
        const std::int64_t common = shared && item.count == 2 ? sharedBy(tokens.row(item.first), tokens.row(item.first + 1)) : 0;
        const auto segment = static_cast<std::int64_t>(batch.segments.size());
        const std::int64_t front = common > 0 ? add(common, -1) : 0;
        for (std::uint32_t i = 0; i < item.count; ++i) {
            layouts.push_back({front, common, add(tokens.length(item.first + i) - common, common > 0 ? segment : -1)});
        }
    }
    if (std::all_of(batch.fronts.begin(), batch.fronts.end(), [](std::int64_t front) { return front < 0; })) {
        batch.fronts.clear();
    }
    batch.tokens = next;
    return layouts;
}

std::vector<Layout> paddedLayouts(const TokenStore& tokens, const std::vector<std::uint32_t>& sequences, MicroBatch& batch, std::int64_t& width)
{
    width = 0;
    for (const std::uint32_t sequence : sequences) {
        batch.tokens += tokens.length(sequence);
        width = std::max(width, tokens.length(sequence));
    }
    std::vector<Layout> layouts;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        layouts.push_back({0, 0, static_cast<std::int64_t>(i) * width});
    }
    return layouts;
}

} // namespace

BatchForm formFor(const objectives::Objective& objective, std::int64_t maxLength, bool packed, bool pinned)
{
    BatchForm form{packed, objective.perSequence, pinned, objective.mismatches, maxLength};
    form.shared = packed && objective.perSequence && !pinned; // a card's kernel for packed rows knows no segments that go on
    return form;
}

MicroBatch makeMicroBatch(const ItemStore& store, std::span<const std::uint32_t> items, const BatchForm& form)
{
    MicroBatch batch;
    const TokenStore& tokens = store.sequences();
    const auto sequences = sequencesOf(store, items);
    for (const std::uint32_t sequence : sequences) {
        batch.trained += tokens.numTrained(sequence);
    }
    batch.items = static_cast<std::int64_t>(items.size());
    std::int64_t width = 0;
    const auto layouts = form.packed ? packedLayouts(store, items, form.shared, batch) : paddedLayouts(tokens, sequences, batch, width);
    width = form.packed ? batch.tokens : width;
    const std::int64_t count = form.packed ? 1 : static_cast<std::int64_t>(sequences.size());
    const auto options = at::TensorOptions().dtype(at::kLong).pinned_memory(form.pinned);
    batch.ids = at::empty({count, width}, options);
    Writer writer{batch.ids.mutable_data_ptr<std::int64_t>()};
    std::fill_n(writer.ids, count * width, 0);
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        writer.write(tokens.row(sequences[i]), layouts[i]);
    }
    batch.targets = tensorOf(writer.targets, options);
    if (batch.trained < count * width || !batch.fronts.empty()) {
        batch.places = tensorOf(writer.places, options);
    }
    if (const auto weights = store.find(objectives::kWeightColumn); weights && !form.perSequence) {
        std::vector<float> ofTargets;
        std::size_t next = 0; // among the sequences
        for (const std::uint32_t item : items) {
            for (std::uint32_t i = 0; i < store.item(item).count; ++i, ++next) {
                ofTargets.resize(ofTargets.size() + static_cast<std::size_t>(tokens.numTrained(sequences[next])), (*weights)[item]);
            }
        }
        at::Tensor column = at::empty({static_cast<std::int64_t>(ofTargets.size())}, options.dtype(at::kFloat));
        std::copy(ofTargets.begin(), ofTargets.end(), column.mutable_data_ptr<float>());
        batch.perTargetColumns.emplace_back(objectives::kWeightColumn, std::move(column));
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
