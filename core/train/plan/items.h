// SPDX-License-Identifier: GPL-3.0-or-later
// ItemStore: what a run learns from, item by item. An item is what a loss looks at together and nothing may tear apart:
// one sequence (a prompt with its answer), two (a chosen and a rejected answer), a group. Plans shuffle, sort and pack
// items; micro-batches hold whole ones. Torch-free.
//
// Invariant: the sequences of item i stand one behind the other in sequences(), in the order of the objective that made
// them; items stand in the order of their first sequences.
// Threads: const functions from any thread at once.
#pragma once

#include "core/objectives/objectives.h"
#include "core/train/plan/token_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::train {

inline constexpr const char* kOrderColumn = "order"; // what data.order_by gave each item

// Where a row stands in a run's files.
struct RowPlace {
    std::uint32_t file = 0; // of data.train, or of data.held_out
    std::int64_t row = 0;   // from 0
    bool operator==(const RowPlace&) const = default;
};

struct Item {
    std::uint64_t hash = 0;    // base::rowHash of its row
    std::uint64_t stratum = 0; // data::stratumOf; 0 when not asked for
    RowPlace place;            // its row; of joined texts the one it begins in
    std::uint32_t first = 0;   // sequence in the store
    std::uint32_t count = 0;   // sequences
    bool synthetic = false;    // made by augmentation, never held out
};

// Tokens of an item that one row gave.
struct Piece {
    RowPlace place;
    std::int64_t trained = 0; // targets among them
};

class ItemStore {
public:
    ItemStore() = default;
    // `columns`: names of the numbers that each item carries (Objective::columns).
    explicit ItemStore(std::vector<std::string> columns)
        : m_columns(std::move(columns)), m_values(m_columns.size()), m_hashed(m_columns.size())
    {
    }
    // Each sequence an item by itself that comes from no row.
    explicit ItemStore(TokenStore sequences);

    // `item.first` and `item.count` are filled in here. `values`: one for each column.
    void append(Item item, std::span<const objectives::Sequence> sequences, std::span<const float> values = {});
    // Of one sequence that several rows gave; `stored` as TokenStore holds it. Not to be mixed with the others.
    void appendJoined(Item item, std::span<const std::int32_t> stored, std::span<const Piece> pieces);
    void append(const ItemStore& other, std::size_t index); // of a store with the same columns

    std::size_t size() const { return m_items.size(); }
    bool isEmpty() const { return m_items.empty(); }
    const Item& item(std::size_t index) const { return m_items[index]; }
    const TokenStore& sequences() const { return m_sequences; }

    std::int64_t length(std::size_t index) const;     // tokens of all its sequences
    std::int64_t longest(std::size_t index) const;    // tokens of its longest sequence
    std::int64_t numTrained(std::size_t index) const; // targets of all its sequences
    std::vector<Piece> pieces(std::size_t index) const;

    const std::vector<std::string>& columns() const { return m_columns; }
    std::span<const float> column(std::size_t column) const { return m_values[column]; } // one number for each item
    std::optional<std::span<const float>> find(std::string_view name) const; // a column by its name
    // A column that the run worked out itself; a column of that name goes.
    void setColumn(const std::string& name, std::vector<float> values);

    // Identity of the data in checkpoints: of all sequences in order, how they make items, and the columns that came
    // with the items.
    std::string hash() const;

private:
    std::vector<Item> m_items;
    TokenStore m_sequences;
    std::vector<std::string> m_columns;
    std::vector<std::vector<float>> m_values; // a column each
    std::size_t m_hashed = 0;                 // the first so many columns came with the items
    std::vector<Piece> m_pieces; // of joined items alone
    std::vector<std::size_t> m_pieceEnds;
};

// The places of a store's items, the longest first.
std::vector<std::uint32_t> longestFirst(const ItemStore& items);

} // namespace luthier::train
