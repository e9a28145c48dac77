// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/columns.h"
#include "core/data/formats/format.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace luthier::data {

namespace {

struct Wanted {
    const char* field;
    std::vector<std::string_view> names; // usual elsewhere; lower case, letters and digits alone; best first
};
struct Shape {
    const char* format;
    std::vector<Wanted> fields;
};

// First that fits. A new shape or name is a line here.
const std::vector<Shape>& shapes()
{
    const std::vector<std::string_view> ask
        = {"prompt",  "question", "query", "instruction", "input",   "user",   "human",   "problem", "request",
           "message", "ask",      "task",  "source",      "context", "inputs", "article", "title"};
    const std::vector<std::string_view> say
        = {"completion", "answer",    "response", "output", "solution", "reply", "assistant", "bot",
           "target",     "targets",   "outputs",  "result", "summary",  "gpt",   "model",     "generation",
           "translation", "highlights", "rewrite",  "answers"};
    static const std::vector<Shape> table{
        {"preference",
         {{"prompt", ask},
          {"chosen", {"chosen", "preferred", "better", "winner", "accepted", "win", "positive", "good"}},
          {"rejected", {"rejected", "dispreferred", "worse", "loser", "lose", "negative", "bad"}}}},
        {"chat", {{"messages", {"messages", "conversations", "conversation", "dialog", "dialogue", "chat", "turns"}}}},
        {"completion", {{"prompt", ask}, {"completion", say}}},
        {"classification",
         {{"text", {"text", "sentence", "review", "content", "comment", "body", "tweet", "document"}},
          {"label", {"label", "category", "class", "sentiment", "intent", "tag", "topic", "labels", "rating", "stars"}}}},
        {"text", {{"text", {"text", "content", "body", "document", "article", "story", "passage", "raw", "code"}}}},
    };
    return table;
}

std::string plainName(const std::string& name)
{
    std::string plain;
    for (const char c : name) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || static_cast<unsigned char>(lower) >= 0x80) {
            plain += lower;
        }
    }
    return plain;
}

struct Column {
    std::string name;
    std::string plain;
    std::size_t texts = 0; // rows with a text in it
    std::size_t bytes = 0; // of those
};

std::vector<Column> columnsOfRows(std::span<const Json> rows)
{
    std::vector<Column> columns;
    std::map<std::string, std::size_t> places;
    for (const Json& row : rows) {
        if (!row.is_object()) {
            continue;
        }
        for (const auto& [name, value] : row.items()) {
            const auto [place, isNew] = places.emplace(name, columns.size());
            if (isNew) {
                columns.push_back({name, plainName(name), 0, 0});
            }
            Column& column = columns[place->second];
            column.texts += value.is_string() ? 1 : 0;
            column.bytes += value.is_string() ? value.get_ref<const std::string&>().size() : 0;
        }
    }
    return columns;
}

// The column for a field: the name itself first, then one that begins or ends with it.
const Column* columnFor(const Wanted& wanted, const std::vector<Column>& columns, const Columns& taken)
{
    const auto isFree = [&](const Column& column) {
        return std::none_of(taken.begin(), taken.end(), [&](const ColumnName& other) { return other.column == column.name; });
    };
    for (const std::string_view name : wanted.names) {
        for (const Column& column : columns) {
            if (column.plain == name && isFree(column)) {
                return &column;
            }
        }
    }
    for (const std::string_view name : wanted.names) {
        for (const Column& column : columns) {
            if (name.size() > 2 && (column.plain.starts_with(name) || column.plain.ends_with(name)) && isFree(column)) {
                return &column;
            }
        }
    }
    return nullptr;
}

std::optional<Columns> byNames(const Shape& shape, const std::vector<Column>& columns)
{
    Columns found;
    for (const Wanted& wanted : shape.fields) {
        const Column* column = columnFor(wanted, columns, found);
        if (!column) {
            return std::nullopt;
        }
        found.push_back({wanted.field, column->name});
    }
    return found;
}

// Of the columns that are texts in most rows: one is a text; of several the longest is the answer to the first other.
std::optional<ColumnGuess> byContent(const std::vector<Column>& columns, std::size_t numRows)
{
    std::vector<const Column*> texts;
    for (const Column& column : columns) {
        if (column.texts * 2 > numRows) {
            texts.push_back(&column);
        }
    }
    if (texts.empty()) {
        return std::nullopt;
    }
    const Column* longest = texts[0];
    for (const Column* column : texts) { // of equal ones the last
        longest = column->bytes >= longest->bytes ? column : longest;
    }
    if (texts.size() == 1) {
        return ColumnGuess{"text", {{"text", longest->name}}};
    }
    const Column* first = texts[texts[0] == longest ? 1 : 0];
    return ColumnGuess{"completion", {{"prompt", first->name}, {"completion", longest->name}}};
}

bool readsMost(const ColumnGuess& guess, std::span<const Json> rows)
{
    const DatasetFormat* format = findFormat(guess.format);
    const auto good = std::count_if(rows.begin(), rows.end(), [&](const Json& row) {
        return format->toExample(withColumns(row, guess.columns)).ok();
    });
    return static_cast<std::size_t>(good) * 2 >= rows.size() && good > 0;
}

} // namespace

std::optional<ColumnGuess> guessColumns(std::span<const Json> rows)
{
    // Prompts alone are a shape, too, but one that is easily taken for a question whose answer has another name.
    const auto known = detectFormat(rows);
    if (rows.empty() || (known && (*known)->id != "prompt")) {
        return std::nullopt;
    }
    const auto columns = columnsOfRows(rows);
    for (const Shape& shape : shapes()) {
        if (auto found = byNames(shape, columns)) {
            ColumnGuess guess{shape.format, std::move(*found)};
            if (readsMost(guess, rows)) {
                return guess;
            }
        }
    }
    auto guess = known ? std::nullopt : byContent(columns, rows.size());
    return guess && readsMost(*guess, rows) ? guess : std::nullopt;
}

} // namespace luthier::data
