// SPDX-License-Identifier: GPL-3.0-or-later
// FlatRow: a row as views of the bytes that it was read from, for those that look at millions of rows: no value of it has memory of
// its own. It holds what nearly every row is like; of the others nothing is said, and Json reads them (json_plain.h).
//
// Threads: belongs to one thread at a time. Views live until the row is read anew.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

struct FlatValue {
    enum class Kind : std::uint8_t { Null, Text, Other, List, Object };

    std::string_view name;  // of a member; empty in a list
    std::string_view text;  // of a text
    std::uint32_t past = 0; // the place behind it and all that it holds
    Kind kind = Kind::Null;
};

class FlatRow {
public:
    // Room for the bytes of a row, to be written by whoever reads it; what was there is gone.
    char* room(std::size_t bytes);
    std::string_view bytes() const { return {m_bytes.data() + m_begin, m_size}; }
    // Fewer of them are the row.
    void cut(std::size_t begin, std::size_t size);

    // These bytes as JSON. False: it is not as nearly all are, or no JSON.
    bool readJson();
    // These bytes as a record of a table: all fields are texts. False: it is not as nearly all are, or wrong.
    bool readRecord(char delimiter, const std::vector<std::string>& names);

    // In the order of the row: a value, behind it what it holds.
    std::span<const FlatValue> values() const { return {m_values.data(), m_count}; }
    bool isObject() const { return m_count > 0 && m_values.front().kind == FlatValue::Kind::Object; }

private:
    class Reader;
    FlatValue& add(std::string_view name, FlatValue::Kind kind)
    {
        if (m_count == m_values.size()) {
            m_values.resize(2 * m_count + 64);
        }
        FlatValue& value = m_values[m_count++];
        value.name = name;
        value.text = {};
        value.kind = kind;
        return value;
    }

    std::vector<char> m_bytes;
    std::size_t m_begin = 0;
    std::size_t m_size = 0;
    std::string m_resolved; // texts with escapes
    std::vector<FlatValue> m_values; // the first of them are the row's
    std::size_t m_count = 0;
};

} // namespace luthier::data
