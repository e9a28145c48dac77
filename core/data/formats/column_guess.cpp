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
           "message", "ask",      "task",  "source",      "context", "inputs", "article", "title",
           // German, Spanish, Italian, Portuguese, Dutch, Russian in both cases, Chinese, Japanese, Korean
           "frage", "anweisung", "pregunta", "instrucci\u00f3n", "domanda", "pergunta", "vraag", "\u0432\u043e\u043f\u0440\u043e\u0441",
           "\u0412\u043e\u043f\u0440\u043e\u0441", "\u95ee\u9898", "\u6307\u4ee4", "\u8f93\u5165", "\u8cea\u554f", "\uc9c8\ubb38"};
    const std::vector<std::string_view> say
        = {"completion", "answer",    "response", "output", "solution", "reply", "assistant", "bot",
           "target",     "targets",   "outputs",  "result", "summary",  "gpt",   "model",     "generation",
           "translation", "highlights", "rewrite",  "answers",
           "antwort", "ausgabe", "respuesta", "r\u00e9ponse", "risposta", "resposta", "antwoord", "\u043e\u0442\u0432\u0435\u0442", "\u041e\u0442\u0432\u0435\u0442",
           "\u7b54\u6848", "\u56de\u7b54", "\u8f93\u51fa", "\u56de\u7b54", "\ub2f5\ubcc0"};
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

class ColumnList {
public:
    explicit ColumnList(bool looksInside) : m_looksInside(looksInside) {}

    // Members of objects inside too, "data/question", behind their path.
    void add(const Json& object, const std::string& path = {}, int depth = 0)
    {
        for (const auto& [name, value] : object.items()) {
            const std::string here = path + name;
            const auto [place, isNew] = m_places.emplace(here, m_columns.size());
            if (isNew) {
                m_columns.push_back({here, plainName(name), 0, 0});
            }
            Column& column = m_columns[place->second];
            column.texts += value.is_string() ? 1 : 0;
            column.bytes += value.is_string() ? value.get_ref<const std::string&>().size() : 0;
            if (m_looksInside && value.is_object() && depth < kDeepest && value.size() <= kMostMembers) {
                add(value, here + "/", depth + 1);
            }
        }
    }
    std::vector<Column> take() { return std::move(m_columns); }

private:
    static constexpr int kDeepest = 2;
    static constexpr std::size_t kMostMembers = 64;
    bool m_looksInside;
    std::vector<Column> m_columns;
    std::map<std::string, std::size_t> m_places;
};

std::vector<Column> columnsOfRows(std::span<const Json> rows)
{
    ColumnList columns(rows.size() > 1); // an object alone is a document, whose members say little
    for (const Json& row : rows) {
        if (row.is_object()) {
            columns.add(row);
        }
    }
    return columns.take();
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
    // Texts beside one judgement of them, as in pairs of sentences: all of them are judged.
    constexpr std::array<std::string_view, 6> kJudgements = {"label", "labels", "goldlabel", "class", "similarity", "entailment"};
    const auto judged = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
        return std::find(kJudgements.begin(), kJudgements.end(), column.plain) != kJudgements.end();
    });
    if (judged != columns.end()) {
        std::string joined;
        for (const Column* column : texts) {
            joined += column->name == judged->name ? std::string() : (joined.empty() ? "" : "+") + column->name;
        }
        return ColumnGuess{"classification", {{"text", joined}, {"label", judged->name}}};
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

std::optional<ColumnGuess> guessByNames(std::span<const Json> rows)
{
    const auto columns = columnsOfRows(rows);
    for (const Shape& shape : shapes()) {
        if (auto found = byNames(shape, columns)) {
            ColumnGuess guess{shape.format, std::move(*found)};
            if (readsMost(guess, rows)) {
                return guess;
            }
        }
    }
    return std::nullopt;
}

std::optional<ColumnGuess> guessColumns(std::span<const Json> rows)
{
    // Prompts alone are a shape, too, but one that is easily taken for a question whose answer has another name.
    const auto known = detectFormat(rows);
    if (rows.empty() || (known && (*known)->id != "prompt")) {
        return std::nullopt;
    }
    if (auto guess = guessByNames(rows)) {
        return guess;
    }
    auto guess = known ? std::nullopt : byContent(columnsOfRows(rows), rows.size());
    return guess && readsMost(*guess, rows) ? guess : std::nullopt;
}

} // namespace luthier::data
