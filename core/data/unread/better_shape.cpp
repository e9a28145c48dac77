// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/unread/better_shape.h"

#include "core/data/example_text.h"
#include "core/data/formats/chosen_column.h"
#include "core/data/formats/format_messages.h"
#include "core/data/sources/ascii_case.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>

namespace luthier::data {

namespace {

constexpr std::size_t kLabelBytes = 32; // a longer value is no label

struct ColumnSize {
    std::size_t rows = 0; // that fill it
    std::size_t bytes = 0;
    bool isText = false;

    std::size_t mean() const { return rows == 0 ? 0 : bytes / rows; }
};

// Letters for the most part, not a number or a date.
bool isWords(const std::string& text)
{
    const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    });
    return static_cast<std::size_t>(letters) * 3 > text.size();
}

// Null: the row has no column of this name.
const Json* columnIn(const Json& row, const std::string& column)
{
    const auto found = row.find(column); // none in what is no object
    return found == row.end() ? nullptr : &*found;
}

ColumnSize sizeOf(const std::string& column, std::span<const Json> rows)
{
    ColumnSize size;
    for (const Json& row : rows) {
        const Json* field = columnIn(row, column);
        if (!field || field->is_null() || isBlankText(*field)) {
            continue;
        }
        const std::string text = textOf(*field);
        ++size.rows;
        size.bytes += text.size();
        size.isText = size.isText || ((field->is_string() || field->is_array()) && isWords(text));
    }
    return size;
}

// Whether what is asked now, its first line, is still there: another answer may be better, a question that is lost is not.
bool keepsQuestion(const Example& now, const Example& then)
{
    const std::string whole = wholeTextOf(then);
    return whole.find(now.text) != std::string::npos && std::all_of(now.messages.begin(), now.messages.end(), [&whole](const Message& message) {
               return message.role == "assistant" || whole.find(message.content.substr(0, message.content.find('\n'))) != std::string::npos;
           });
}

bool readsBetter(const ColumnGuess& guess, const DatasetFormat& read, std::span<const Json> rows)
{
    const DatasetFormat* format = findFormat(guess.format);
    std::size_t better = 0;
    for (const Json& row : rows) {
        const auto now = read.toExample(row);
        const auto then = format->toExample(withColumns(row, guess.columns));
        better += then && (!now || (exampleHash(*now) != exampleHash(*then) && keepsQuestion(*now, *then))) ? 1 : 0;
    }
    return better * 2 > rows.size();
}

bool namesOneOf(const std::string& column, std::initializer_list<std::string_view> words)
{
    const std::string name = lowered(column);
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

// A name that says a judgement or an answer does not belong to the question.
bool tellsAnswer(const std::string& column)
{
    return namesOneOf(column, {"label", "answer", "target", "class", "score", "rating", "solution", "correct", "output", "response"});
}

// What leads to the answer belongs before it, not behind the question: it would give the answer away.
bool tellsReasoning(const std::string& column)
{
    return namesOneOf(column, {"thinking", "thought", "reason", "rationale", "explanation", "chain_of", "cot"});
}

// A name that says of what kind or where from the row is.
bool tellsKind(const std::string& column)
{
    return namesOneOf(column, {"category", "type", "source", "split", "lang", "model", "date", "author", "license", "url"});
}

// What a question is about: nobody asks with it.
bool tellsTopic(const std::string& column)
{
    return namesOneOf(column, {"topic", "subject", "domain", "difficulty", "level", "quality"});
}

// A label comes again; what is another in every row is a mark of it, or its title.
bool comesAgain(const std::string& column, std::span<const Json> rows)
{
    constexpr std::size_t kFewest = 8; // fewer rows say nothing
    std::set<std::string> values;
    std::size_t filled = 0;
    for (const Json& row : rows) {
        const Json* field = columnIn(row, column);
        if (field && !field->is_null()) {
            values.insert(textOf(*field));
            ++filled;
        }
    }
    return filled < kFewest || values.size() < filled;
}

// A name of a text's title: what the text could be asked for with.
bool tellsTitle(const std::string& column)
{
    return namesOneOf(column, {"title", "headline", "heading"}) || isSameName(column, "subject") || isSameName(column, "name");
}

// A text with what else is there: its label or its answer, or the title that it answers.
std::optional<ColumnGuess> besideText(const std::vector<std::string>& unread, std::span<const Json> rows)
{
    const auto title = std::find_if(unread.begin(), unread.end(), [&](const std::string& column) {
        const ColumnSize size = sizeOf(column, rows);
        return tellsTitle(column) && size.isText && size.rows * 2 > rows.size();
    });
    if (title != unread.end()) {
        return ColumnGuess{"completion", {{"prompt", *title}, {"completion", nameOr(rows.front(), {"text"})}}};
    }
    const std::string* best = nullptr;
    ColumnSize size;
    for (const std::string& column : unread) {
        const ColumnSize one = tellsKind(column) && !namesOneOf(column, {"category"}) ? ColumnSize() : sizeOf(column, rows);
        if (one.rows * 2 > rows.size() && (!best || (one.isText && !size.isText))) {
            best = &column;
            size = one;
        }
    }
    if (!best || (size.mean() <= kLabelBytes && !comesAgain(*best, rows))) {
        return std::nullopt;
    }
    return size.mean() <= kLabelBytes ? ColumnGuess{"classification", {{"label", *best}}}
                                      : ColumnGuess{"completion", {{"prompt", nameOr(rows.front(), {"text"})}, {"completion", *best}}};
}

// Before the answer.
std::optional<ColumnGuess> besideAnswer(const DatasetFormat& read, const std::vector<std::string>& unread, std::span<const Json> rows)
{
    const char* answer = read.id == "completion" || read.id == "instruction" ? nameIn(rows.front(), kAnswerNames) : nullptr;
    const auto found = std::find_if(unread.begin(), unread.end(), [&](const std::string& column) { return tellsReasoning(column) && sizeOf(column, rows).isText; });
    if (!answer || found == unread.end()) {
        return std::nullopt;
    }
    return ColumnGuess{read.id, {{read.id == "instruction" ? "output" : "completion", *found + "+" + answer}}};
}

// The row once more, as it was before or as a conversation.
bool tellsAgain(const std::string& column, std::span<const Json> rows)
{
    const auto talks = [&column](const Json& row) {
        const Json* field = columnIn(row, column);
        return field && (field->is_structured() || mayBePacked(*field)) && isListOfTurns(unpacked(*field));
    };
    return namesOneOf(column, {"original", "orig_"}) || std::any_of(rows.begin(), rows.end(), talks);
}

// One word that is the same in every row asks nothing.
bool isConstant(const std::string& column, std::span<const Json> rows)
{
    const auto valueOf = [&column](const Json& row) {
        const Json* field = columnIn(row, column);
        return field ? *field : Json();
    };
    const Json first = valueOf(rows.front());
    const bool isWord = first.is_string() && first.get_ref<const std::string&>().find(' ') == std::string::npos;
    return rows.size() > 1 && isWord && std::all_of(rows.begin(), rows.end(), [&](const Json& row) { return valueOf(row) == first; });
}

// The columns of what stands behind the question: what is there already, and those of `unread` that belong there; empty: none does.
std::string inputColumns(const std::vector<std::string>& unread, std::span<const Json> rows)
{
    std::string columns;
    for (const Json& row : rows) {
        if (const char* input = columns.empty() ? nameIn(row, kInputNames) : nullptr; input && nameIn(row, kPromptNames) != std::string(input)) {
            columns = input;
        }
    }
    bool any = false;
    for (const std::string& column : unread) {
        const bool isElse = tellsAnswer(column) || tellsReasoning(column) || tellsKind(column) || tellsTopic(column) || tellsAgain(column, rows);
        if (sizeOf(column, rows).isText && !isElse && !isConstant(column, rows)) {
            columns += (columns.empty() ? "" : "+") + column;
            any = true;
        }
    }
    return any ? columns : std::string();
}

std::optional<ColumnGuess> besideQuestion(const DatasetFormat& read, const std::vector<std::string>& unread, std::span<const Json> rows)
{
    const std::string columns = inputColumns(unread, rows);
    return columns.empty() ? std::nullopt : std::optional(ColumnGuess{read.id, {{"input", columns}}});
}

// An answer that only names one of the choices beside it: the choices before it, and what it names.
std::optional<ColumnGuess> besideChoices(const DatasetFormat& read, const std::vector<std::string>& unread, std::span<const Json> rows)
{
    const char* answer = read.id == "completion" || read.id == "instruction" ? nameIn(rows.front(), kAnswerNames) : nullptr;
    std::vector<std::string> choices = joinedChoices(unread);
    choices.insert(choices.end(), unread.begin(), unread.end());
    for (const std::string& one : choices) {
        const auto chosen = answer ? chosenName(rows, one, answer) : std::nullopt;
        if (!chosen) {
            continue;
        }
        std::vector<std::string> others = unread;
        std::erase_if(others, [&one](const std::string& column) { return isPartOf(one, column); });
        const std::string before = inputColumns(others, rows);
        return ColumnGuess{read.id, {{"input", before.empty() ? one : before + "+" + one}, {read.id == "instruction" ? "output" : "completion", *chosen}}};
    }
    return std::nullopt;
}

// Where a text is what asks, a field that is called input would take its place. One that is empty in most rows asks nothing, and what
// stands beside it does: a title first.
void addPrompt(ColumnGuess& guess, std::span<const Json> rows)
{
    const auto at = [&guess](std::string_view field) {
        return std::find_if(guess.columns.begin(), guess.columns.end(), [field](const ColumnName& column) { return column.field == field; });
    };
    const auto input = at("input");
    const char* text = nameIn(rows.front(), {"text", "article", "document", "dialogue", "dialog", "transcript", "sentence"});
    if (!text || input == guess.columns.end() || at("prompt") != guess.columns.end() || nameIn(rows.front(), kPromptNames)) {
        return;
    }
    if (sizeOf(text, rows).rows * 2 > rows.size()) {
        guess.columns.insert(guess.columns.begin(), {"prompt", text});
        return;
    }
    std::vector<std::string> parts = partsOf(input->column);
    const auto title = std::find_if(parts.begin(), parts.end(), tellsTitle);
    const std::string asks = title == parts.end() ? parts.front() : *title;
    std::erase(parts, asks);
    std::string rest;
    for (const std::string& part : parts) {
        rest += part == text ? "" : (rest.empty() ? "" : "+") + part;
    }
    input->column = rest;
    std::erase_if(guess.columns, [](const ColumnName& column) { return column.column.empty(); });
    guess.columns.insert(guess.columns.begin(), {"prompt", asks});
}

// As a shell takes it for one word.
std::string shellWord(const std::string& text)
{
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=,./:@%";
    if (text.find_first_not_of(kPlain) == std::string::npos) {
        return text;
    }
    std::string word = "'";
    for (const char byte : text) {
        word += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
    }
    return word + "'";
}

} // namespace

std::optional<ColumnGuess> betterShape(const DatasetFormat& read, const std::vector<std::string>& unread, std::span<const Json> rows)
{
    if (unread.empty() || rows.empty()) {
        return std::nullopt;
    }
    const bool asks = read.id == "completion" || read.id == "instruction" || read.id == "preference" || read.id == "unpaired";
    auto guess = read.id == "text" ? besideText(unread, rows) : besideChoices(read, unread, rows);
    guess = guess || !asks ? guess : besideAnswer(read, unread, rows);
    if (asks && !guess) {
        guess = besideQuestion(read, unread, rows);
    }
    if (guess && read.id == "completion") {
        addPrompt(*guess, rows);
    }
    return guess && readsBetter(*guess, read, rows) ? guess : std::nullopt;
}

std::string flagsOf(const ColumnGuess& guess)
{
    return "--format " + guess.format + " --map " + shellWord(toText(guess.columns)) + ", or data.format and data.columns in a recipe";
}

} // namespace luthier::data
