// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/bookkeeping.h"
#include "core/data/formats/chosen_column.h"
#include "core/data/formats/columns.h"
#include "core/data/formats/format.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/unknown_shape.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace luthier::data {

namespace {

using Words = std::vector<std::string_view>; // lower case, letters and digits alone; best first

struct Wanted {
    const char* field;
    const Words& names; // usual elsewhere
};
struct Shape {
    const char* format;
    std::vector<Wanted> fields;
};

const Words& asks()
{
    static const Words words = {
        "prompt", "question", "query", "instruction", "input", "user", "human", "problem", "request", "message", "ask", "source", "task", "context",
        "inputs", "article", "dialogue", "dialog", "conversation", "transcript", "document", "passage", "post", "doc", "ctx", "stem", "title", "headline", "subject", "song", "docstring", "src", "front", "term", "word", "q",
        // German, Spanish, Italian, Portuguese, Dutch, Russian in both cases, Chinese, Japanese, Korean
        "frage", "anweisung", "pregunta", "instrucci\u00f3n", "domanda", "pergunta", "vraag", "\u0432\u043e\u043f\u0440\u043e\u0441",
        "\u0412\u043e\u043f\u0440\u043e\u0441", "\u95ee\u9898", "\u6307\u4ee4", "\u8f93\u5165", "\u8cea\u554f", "\uc9c8\ubb38"};
    return words;
}

const Words& says()
{
    static const Words words = {
        "completion", "answer", "response", "output", "solution", "reply", "assistant", "bot", "target", "targets", "outputs", "result", "summary", "gpt",
        "model", "generation", "translation", "highlights", "rewrite", "answers", "expected", "ideal", "reference", "groundtruth", "gold", "tgt", "back",
        "definition", "meaning", "description", "body", "selftext", "lyrics", "sql", "query", "summaries", "responses", "solutions", "replies", "a",
        "antwort", "ausgabe", "respuesta", "r\u00e9ponse", "risposta", "resposta", "antwoord", "\u043e\u0442\u0432\u0435\u0442", "\u041e\u0442\u0432\u0435\u0442",
        "\u7b54\u6848", "\u56de\u7b54", "\u8f93\u51fa", "\u56de\u7b54", "\ub2f5\ubcc0"};
    return words;
}

const Words kChosen = {"chosen", "preferred", "better", "winner", "accepted", "win", "positive", "good"};
const Words kRejected = {"rejected", "dispreferred", "worse", "loser", "lose", "negative", "bad"};
const Words kTalks = {"messages", "conversations", "conversation", "dialog", "dialogue", "chat", "turns"};
const Words kJudged = {"text", "sentence", "review", "content", "comment", "body", "tweet", "document"};
const Words kLabels = {"label", "category", "class", "sentiment", "intent", "tag", "topic", "labels", "rating", "stars"};
const Words kTexts = {"text", "content", "body", "document", "article", "story", "passage", "raw", "code"};
const Words kQuestions = {"prompt", "question", "query", "instruction", "problem", "inputs"};

// First that fits. A new shape or name is a line here.
const std::vector<Shape>& shapes()
{
    static const std::vector<Shape> table{
        {"preference", {{"prompt", asks()}, {"chosen", kChosen}, {"rejected", kRejected}}},
        {"chat", {{"messages", kTalks}}},
        {"completion", {{"prompt", asks()}, {"completion", says()}}},
        {"classification", {{"text", kJudged}, {"label", kLabels}}},
        {"prompt", {{"prompt", kQuestions}}},
        {"text", {{"text", kTexts}}},
    };
    return table;
}

bool holds(const Words& words, std::string_view plain)
{
    return std::find(words.begin(), words.end(), plain) != words.end();
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
    bool isAsked = false;   // it lies in what asks, {"inputs": {...}}
    bool isSaid = false;    // it lies in what answers, {"outputs": {...}}
    bool isMark = true;     // bookkeeping in every row, without a space
    std::size_t rows = 0;   // that have it
    std::size_t texts = 0;  // rows with a text in it
    std::size_t bytes = 0;  // of those
    std::size_t talks = 0;  // rows with a message or a list of them
    std::size_t values = 0; // rows with a text, a number or a truth value
    std::size_t lists = 0;  // rows with a list of those

    bool isTalk() const { return talks * 2 > rows; }
    // Something that can be a question or an answer; lists alone where the name says so, as an object says nothing by itself.
    bool isReadable(bool isNamed) const { return (values + talks + (isNamed ? lists : 0)) * 2 >= rows && rows > 0; }
};

bool isTalkOf(const Json& value)
{
    const Json list = value.is_object() ? Json::array({value}) : unpacked(value);
    return isListOfTurns(list);
}

class ColumnList {
public:
    explicit ColumnList(bool looksInside) : m_looksInside(looksInside) {}

    // Members of objects inside too, "data/question", behind their path, and of the first in a list of them, "summaries/0/text".
    void add(const Json& object, const Column& outer = {}, int depth = 0)
    {
        for (const auto& [name, value] : object.items()) {
            if (name.empty()) {
                continue; // nothing could name it
            }
            const std::string here = outer.name + name;
            const auto [place, isNew] = m_places.emplace(here, m_columns.size());
            const bool isMark = (depth > 0 && outer.isMark) || (isBookkeeping(name, value) && (value.is_object() || textOf(value).find(' ') == std::string::npos));
            if (isNew) {
                const Words segments = segmentsOf(name);
                const bool isAsked = outer.isAsked || holdsOne(asks(), segments);
                m_columns.push_back({here, plainName(name), isAsked, outer.isSaid || (!isAsked && holdsOne(says(), segments)), isMark});
            }
            count(m_columns[place->second], value, isMark);
            const bool isListed = value.is_array() && !value.empty() && value.front().is_object() && !isTalkOf(value);
            const Json& object = isListed ? value.front() : value;
            if (m_looksInside && object.is_object() && depth < kDeepest && object.size() <= kMostMembers) {
                Column inside = m_columns[place->second];
                inside.name += isListed ? "/0/" : "/";
                inside.isAsked = inside.isAsked || (!inside.isSaid && holds(asks(), inside.plain));
                inside.isSaid = inside.isSaid || (!inside.isAsked && (holds(says(), inside.plain) || inside.plain.starts_with("expected")));
                add(object, inside, depth + 1);
            }
        }
    }
    std::vector<Column> take() { return std::move(m_columns); }

private:
    static constexpr int kDeepest = 2;
    static constexpr std::size_t kMostMembers = 64;

    // Of "attributes.input.value", as tables of nested objects name their columns; of other names nothing.
    static Words segmentsOf(std::string_view name)
    {
        Words segments;
        for (std::size_t begin = 0; name.find('.') != std::string_view::npos && begin <= name.size();) {
            const std::size_t end = std::min(name.find('.', begin), name.size());
            segments.push_back(name.substr(begin, end - begin));
            begin = end + 1;
        }
        return segments;
    }
    static bool holdsOne(const Words& words, const Words& segments)
    {
        return std::any_of(segments.begin(), segments.end(), [&words](std::string_view segment) { return holds(words, segment); });
    }

    static void count(Column& column, const Json& value, bool isMark)
    {
        if (value.is_null() || (value.is_string() && isBlankText(value))) {
            return;
        }
        ++column.rows;
        column.isMark = column.isMark && isMark;
        column.texts += value.is_string() ? 1 : 0;
        column.bytes += value.is_string() ? value.get_ref<const std::string&>().size() : 0;
        const bool isTalk = (value.is_structured() || mayBePacked(value)) && isTalkOf(value);
        const bool isList = value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_primitive(); });
        column.talks += isTalk ? 1 : 0;
        column.values += !isTalk && value.is_primitive() ? 1 : 0;
        column.lists += !isTalk && isList ? 1 : 0;
    }

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

bool isFree(const Column& column, const Columns& taken)
{
    return std::none_of(taken.begin(), taken.end(), [&](const ColumnName& other) { return other.column == column.name; });
}

// What every conversation begins with is neither question nor answer, and has a field of its own.
bool tellsSystem(const Column& column)
{
    return column.plain.starts_with("system") || column.plain == "metainstruction";
}

// Whether what the column holds can be the field: a question does not lie in an answer, a conversation is one.
bool suits(const Wanted& wanted, const Column& column, bool isNamed)
{
    if (&wanted.names == &kTalks) {
        return column.isTalk();
    }
    const bool isElsewhere = &wanted.names == &asks() ? column.isSaid : &wanted.names == &says() && column.isAsked;
    return !isElsewhere && !tellsSystem(column) && column.isReadable(isNamed);
}

// The column for a field: the name itself first, then one that begins or ends with it, then what lies in an object of that
// name ({"inputs": {"ticket": ...}}); bookkeeping only by the name itself, and where there is nothing else.
const Column* columnFor(const Wanted& wanted, const std::vector<Column>& columns, const Columns& taken)
{
    const auto first = [&](bool isNamed, const auto& is) -> const Column* {
        for (const std::string_view name : wanted.names) {
            for (const Column& column : columns) {
                if (isFree(column, taken) && suits(wanted, column, isNamed) && is(column, name)) {
                    return &column;
                }
            }
        }
        return nullptr;
    };
    const Column* found = first(true, [](const Column& column, std::string_view name) { return !column.isMark && column.plain == name; });
    found = found ? found : first(false, [](const Column& column, std::string_view name) {
        return !column.isMark && name.size() > 2 && (column.plain.starts_with(name) || column.plain.ends_with(name));
    });
    // Of several the one that is called so: beside an input's value lies its kind.
    for (const bool isValue : {true, false}) {
        found = found ? found : first(false, [&](const Column& column, std::string_view) {
            const bool fits = !isValue || column.plain.ends_with("value");
            const bool isNumber = column.values > 0 && column.texts == 0;
            return fits && !isNumber && !column.isMark && ((column.isAsked && &wanted.names == &asks()) || (column.isSaid && &wanted.names == &says()));
        });
    }
    return found ? found : first(true, [](const Column& column, std::string_view name) { return column.plain == name; });
}

// What lies deeper, or has a name that formats do not know, and belongs to the question.
void addInput(const std::vector<Column>& columns, Columns& found)
{
    constexpr std::array<std::string_view, 7> kNames = {"context", "passage", "input", "document", "background", "header", "schema"};
    constexpr std::array<std::string_view, 4> kUnknown = {"body", "email", "selftext", "schema"}; // to formats
    for (const Column& column : columns) {
        const bool isUnknown = std::find(kUnknown.begin(), kUnknown.end(), column.plain) != kUnknown.end();
        const bool isMeant = isUnknown || (column.name.find('/') != std::string::npos && std::find(kNames.begin(), kNames.end(), column.plain) != kNames.end());
        if (isMeant && !column.isSaid && isFree(column, found) && column.isReadable(true)) {
            found.push_back({"input", column.name});
            return;
        }
    }
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
    if (std::string_view(shape.format) == "completion") {
        addInput(columns, found);
    }
    return found;
}

// Words for how two texts are judged, or a text.
bool tellsJudgement(const Column& column)
{
    constexpr std::array<std::string_view, 14> kJudgements = {"label", "labels", "goldlabel", "class", "similarity", "similarityscore", "entailment", "score",
                                                              "isduplicate", "duplicate", "paraphrase", "isparaphrase", "relatedness", "relatednessscore"};
    return std::find(kJudgements.begin(), kJudgements.end(), column.plain) != kJudgements.end();
}

// Two texts of one name, "sentence1" and "sentence2", and what is said of the two.
std::optional<ColumnGuess> byPair(const std::vector<Column>& columns)
{
    constexpr std::array<std::string_view, 3> kEnds = {"12", "ab", "01"};
    const auto judged = std::find_if(columns.begin(), columns.end(), [](const Column& column) { return tellsJudgement(column) && column.values > 0; });
    for (const Column& first : columns) {
        for (const Column& second : columns) {
            const bool isNamed = first.plain.size() > 2 && first.plain.size() == second.plain.size()
                                 && first.plain.compare(0, first.plain.size() - 1, second.plain, 0, second.plain.size() - 1) == 0;
            const bool isPair = isNamed && std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view ends) {
                return ends[0] == first.plain.back() && ends[1] == second.plain.back();
            });
            const bool areTexts = first.texts * 2 > first.rows && second.texts * 2 > second.rows;
            constexpr std::array<std::string_view, 4> kTexts = {"sentence", "question", "text", "sent"};
            const bool isMeant = std::any_of(kTexts.begin(), kTexts.end(), [&](std::string_view name) { return first.plain.starts_with(name); });
            if (isPair && areTexts && isMeant && judged != columns.end()) {
                return ColumnGuess{"classification", {{"text", first.name + "+" + second.name}, {"label", judged->name}}};
            }
        }
    }
    return std::nullopt;
}

// Of the columns that are texts in most rows: one is a text; of several the longest is the answer to the first other. A list of
// messages is a conversation, whatever its name. Bookkeeping is neither.
std::optional<ColumnGuess> byContent(const std::vector<Column>& columns, std::size_t numRows)
{
    std::vector<const Column*> texts;
    for (const Column& column : columns) {
        if (column.talks * 2 > numRows) {
            return ColumnGuess{"chat", {{"messages", column.name}}};
        }
        if (column.texts * 2 > numRows && !column.isMark && !tellsSystem(column)) {
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
    const auto judged = std::find_if(columns.begin(), columns.end(), tellsJudgement);
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

// What the question is about, before the choices.
std::string withContext(const std::vector<Column>& columns, const std::string& choices, const Columns& taken)
{
    constexpr std::array<std::string_view, 7> kNames = {"premise", "context", "passage", "article", "background", "document", "story"};
    std::string input;
    for (const Column& column : columns) {
        const bool isMeant = std::find(kNames.begin(), kNames.end(), column.plain) != kNames.end();
        input += isMeant && isFree(column, taken) && column.texts > 0 ? column.name + "+" : std::string();
    }
    return input + choices;
}

// A name of what says which of several is right.
bool mayChoose(const Column& column)
{
    constexpr std::array<std::string_view, 8> kChoosers = {"answer", "label", "correct", "target", "gold", "key", "solution", "index"};
    return column.name.find('/') == std::string::npos
           && (column.plain == "cop" || std::any_of(kChoosers.begin(), kChoosers.end(), [&](std::string_view word) { return column.plain.find(word) != std::string::npos; }));
}

std::vector<std::string> joinedChoicesOf(const std::vector<Column>& columns)
{
    std::vector<std::string> names;
    for (const Column& column : columns) {
        names.push_back(column.name);
    }
    return joinedChoices(names);
}

// Where something chooses among columns, and it is not known how it counts, none of them is the answer.
void eraseChoices(std::vector<Column>& columns)
{
    for (const std::string& joined : joinedChoicesOf(columns)) {
        const auto isOne = [&joined](const Column& column) { return isPartOf(joined, column.name); };
        if (std::any_of(columns.begin(), columns.end(), [&](const Column& column) { return mayChoose(column) && !isOne(column); })) {
            std::erase_if(columns, isOne);
        }
    }
}

// A question with choices of which another column names the right one.
std::optional<ColumnGuess> byChoice(const std::vector<Column>& columns, std::span<const Json> rows)
{
    static const Words kSentences = {"sentence", "goal", "premise", "text"}; // where nothing asks
    std::vector<std::string> names = joinedChoicesOf(columns);
    for (const Column& column : columns) {
        names.push_back(column.name);
    }
    for (const Column& chooser : columns) {
        if (!mayChoose(chooser)) {
            continue;
        }
        for (const std::string& choices : names) {
            const auto chosen = choices == chooser.name ? std::nullopt : chosenName(rows, choices, chooser.name);
            if (!chosen) {
                continue;
            }
            Columns taken = {{"", choices}, {"", chooser.name}};
            for (const Column& column : columns) {
                if (isPartOf(choices, column.name)) {
                    taken.push_back({"", column.name});
                }
            }
            const Column* question = columnFor({"prompt", asks()}, columns, taken);
            question = question ? question : columnFor({"prompt", kSentences}, columns, taken);
            if (question) {
                taken.push_back({"", question->name});
                return ColumnGuess{"completion", {{"prompt", question->name}, {"input", withContext(columns, choices, taken)}, {"completion", *chosen}}};
            }
        }
    }
    return std::nullopt;
}

// Answers that are compared or judged, and lack nothing but their question.
std::optional<ColumnGuess> byQuestion(const std::vector<Column>& columns, std::span<const Json> rows)
{
    constexpr std::array<std::string_view, 3> kJudged = {"comparison", "preference", "unpaired"};
    const auto known = detectFormat(rows);
    const bool isJudged = known && std::find(kJudged.begin(), kJudged.end(), (*known)->id) != kJudged.end();
    const Column* question = isJudged ? columnFor({"prompt", asks()}, columns, {}) : nullptr;
    return question ? std::optional(ColumnGuess{(*known)->id, {{"prompt", question->name}}}) : std::nullopt;
}

} // namespace

std::optional<ColumnGuess> guessByNames(std::span<const Json> rows)
{
    auto columns = columnsOfRows(rows);
    if (auto question = byQuestion(columns, rows); question && readsMost(*question, rows)) {
        return question;
    }
    if (auto chosen = byChoice(columns, rows); chosen && readsMost(*chosen, rows)) {
        return chosen;
    }
    eraseChoices(columns);
    if (auto pair = byPair(columns); pair && readsMost(*pair, rows)) {
        return pair;
    }
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
    if (rows.empty() || (known ? (*known)->id != "prompt" : !known.message().starts_with(kUnknownShape))) {
        return std::nullopt;
    }
    if (auto guess = guessByNames(rows)) {
        return known && guess->format == "prompt" ? std::nullopt : guess;
    }
    auto guess = known ? std::nullopt : byContent(columnsOfRows(rows), rows.size());
    return guess && readsMost(*guess, rows) ? guess : std::nullopt;
}

} // namespace luthier::data
