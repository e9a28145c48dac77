// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/items.h"

#include "core/base/hash.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace luthier::train {

namespace {

template <class T>
std::string_view bytesOf(const std::vector<T>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

} // namespace

ItemStore::ItemStore(TokenStore sequences) : m_sequences(std::move(sequences))
{
    m_items.resize(m_sequences.size());
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        m_items[i].place.row = static_cast<std::int64_t>(i);
        m_items[i].first = static_cast<std::uint32_t>(i);
        m_items[i].count = 1;
    }
}

void ItemStore::append(Item item, std::span<const objectives::Sequence> sequences, std::span<const float> values)
{
    item.first = static_cast<std::uint32_t>(m_sequences.size());
    item.count = static_cast<std::uint32_t>(sequences.size());
    for (const objectives::Sequence& sequence : sequences) {
        m_sequences.append(sequence.ids, sequence.trained);
    }
    m_items.push_back(item);
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        m_values[i].push_back(values[i]);
    }
}

void ItemStore::appendJoined(Item item, std::span<const std::int32_t> stored, std::span<const Piece> pieces)
{
    item.first = static_cast<std::uint32_t>(m_sequences.size());
    item.count = 1;
    m_sequences.append(stored);
    m_items.push_back(item);
    m_pieces.insert(m_pieces.end(), pieces.begin(), pieces.end());
    m_pieceEnds.push_back(m_pieces.size());
}

void ItemStore::append(const ItemStore& other, std::size_t index)
{
    Item item = other.m_items[index];
    if (!other.m_pieceEnds.empty()) {
        appendJoined(item, other.m_sequences.row(item.first), other.pieces(index));
        return;
    }
    const std::size_t first = std::exchange(item.first, static_cast<std::uint32_t>(m_sequences.size()));
    for (std::size_t i = first; i < first + item.count; ++i) {
        m_sequences.append(other.m_sequences.row(i));
    }
    m_items.push_back(item);
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        m_values[i].push_back(other.m_values[i][index]);
    }
}

std::int64_t ItemStore::length(std::size_t index) const
{
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < m_items[index].count; ++i) {
        tokens += m_sequences.length(m_items[index].first + i);
    }
    return tokens;
}

std::int64_t ItemStore::longest(std::size_t index) const
{
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < m_items[index].count; ++i) {
        tokens = std::max(tokens, m_sequences.length(m_items[index].first + i));
    }
    return tokens;
}

std::int64_t ItemStore::numTrained(std::size_t index) const
{
    std::int64_t targets = 0;
    for (std::size_t i = 0; i < m_items[index].count; ++i) {
        targets += m_sequences.numTrained(m_items[index].first + i);
    }
    return targets;
}

std::vector<Piece> ItemStore::pieces(std::size_t index) const
{
    if (m_pieceEnds.empty()) {
        return {{m_items[index].place, numTrained(index)}};
    }
    const std::size_t begin = index == 0 ? 0 : m_pieceEnds[index - 1];
    return {m_pieces.begin() + static_cast<std::ptrdiff_t>(begin),
            m_pieces.begin() + static_cast<std::ptrdiff_t>(m_pieceEnds[index])};
}

std::optional<std::span<const float>> ItemStore::find(std::string_view name) const
{
    const auto at = std::find(m_columns.begin(), m_columns.end(), name);
    return at == m_columns.end() ? std::nullopt : std::optional(column(static_cast<std::size_t>(at - m_columns.begin())));
}

void ItemStore::setColumn(const std::string& name, std::vector<float> values)
{
    const auto found = std::find(m_columns.begin(), m_columns.end(), name);
    if (found != m_columns.end()) {
        m_values[static_cast<std::size_t>(found - m_columns.begin())] = std::move(values);
        return;
    }
    m_columns.push_back(name);
    m_values.push_back(std::move(values));
}

std::string ItemStore::hash() const
{
    const bool isPlain = m_hashed == 0 && m_sequences.size() == m_items.size();
    if (isPlain) {
        return m_sequences.hash(); // as checkpoints had it when every row was one sequence
    }
    std::vector<std::uint32_t> counts;
    for (const Item& item : m_items) {
        counts.push_back(item.count);
    }
    std::string parts = m_sequences.hash() + base::sha256(bytesOf(counts));
    for (std::size_t i = 0; i < m_hashed; ++i) {
        parts += base::sha256(bytesOf(m_values[i]));
    }
    return base::sha256(parts);
}

std::vector<std::uint32_t> longestFirst(const ItemStore& items)
{
    std::vector<std::uint32_t> order(items.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return items.longest(a) > items.longest(b); });
    return order;
}

} // namespace luthier::train
