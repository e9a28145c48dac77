// SPDX-License-Identifier: GPL-3.0-or-later
// FieldCensus: which fields the rows of a file fill, in groups of rows that fill the same ones, and which have the marks of a chat
// template in their texts. A field is a member of the row, of its messages, or of an object that holds messages; filled is what is
// not null, blank or empty.
//
// Threads: plain values; one census a thread, merged when all rows were added.
#pragma once

#include "core/base/json.h"
#include "core/data/example.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace luthier::data {

struct FieldPlace {
    std::vector<std::string> path; // {"messages", "*", "name"}: "*" is every message of the list
    std::string role;              // who speaks, of a message's members; else empty

    std::string name() const; // "messages/*/name"
    bool operator==(const FieldPlace&) const = default;
};

// Every filled field of the row, those inside of others behind them.
void forEachField(const Json& row, const std::function<void(const FieldPlace& place, const Json& value)>& each);

// The row with its lists of messages as lists where they stand as JSON inside a text.
Json withOpenLists(const Json& row);

void removeField(Json& row, const FieldPlace& place);
// Another value of its kind there. False: it has none of that kind (lists and objects), and the row stays as it is.
bool alterField(Json& row, const FieldPlace& place);
// A number there becomes this one, for scores that are compared. False: there is no number.
bool setNumber(Json& row, const FieldPlace& place, double number);

// Rows that have something, and the first of them, counted from 0; -1: none has.
struct RowsWith {
    std::int64_t rows = 0;
    std::int64_t first = -1;

    void add(std::int64_t row);
    void merge(const RowsWith& other);
};

struct FieldGroup {
    std::vector<FieldPlace> fields;
    std::int64_t rows = 0;
    std::vector<std::int64_t> first; // the first rows of it, at most kFirstRows, counted from 0

    static constexpr std::size_t kFirstRows = 4;
};

class FieldCensus {
public:
    static constexpr std::size_t kMostGroups = 1024; // rows of further ones are counted alone

    void add(std::int64_t row, const Json& json);
    // With its marks; `tokenizer`, where one is known, says what ends a text.
    void add(std::int64_t row, const Json& json, const Example& example, const text::Tokenizer* tokenizer);
    void merge(FieldCensus&& other); // of other rows

    std::int64_t rows() const { return m_rows; }
    std::int64_t uncounted() const { return m_uncounted; } // rows of groups beyond the most there may be
    std::vector<const FieldGroup*> groups() const;         // most rows first

    // Of the rows that were added with their examples.
    const RowsWith& markedTexts() const { return m_markedTexts; } // texts that a template wrote, or with the speakers' names
    const RowsWith& markedTurns() const { return m_markedTurns; } // marks inside of what somebody says
    const RowsWith& endedTurns() const { return m_endedTurns; }   // the tokenizer's end of a text inside of it, which is no mark of a template

private:
    std::map<std::string, FieldGroup> m_groups; // by their fields, written one behind the other
    std::int64_t m_rows = 0;
    std::int64_t m_uncounted = 0;
    RowsWith m_markedTexts;
    RowsWith m_markedTurns;
    RowsWith m_endedTurns;
};

} // namespace luthier::data
