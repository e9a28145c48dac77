// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"
#include "core/data/formats/unknown_shape.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace luthier::data {

std::span<const DatasetFormat> formats()
{
    static const std::vector<DatasetFormat> table{
        instructionFormat(), chatFormat(),           completionFormat(), preferenceFormat(),
        textFormat(),        classificationFormat(), promptFormat(),
        unpairedFormat(),    comparisonFormat(),
    };
    return table;
}

const DatasetFormat* findFormat(std::string_view id)
{
    for (const DatasetFormat& format : formats()) {
        if (format.id == id) {
            return &format;
        }
    }
    return nullptr;
}

namespace {

// Words of a text beside a tag for each, as sets for named entities have them.
bool isTagged(const Json& row)
{
    const Json* words = fieldIn(row, {"tokens", "words", "sentence_words"});
    const Json* tags = fieldIn(row, {"ner_tags", "tags", "labels", "ner", "pos_tags", "ner_labels", "entities", "chunk_tags"});
    return words && tags && words->is_array() && tags->is_array() && !words->empty() && words->size() == tags->size()
           && std::all_of(words->begin(), words->end(), [](const Json& word) { return word.is_string(); })
           && std::all_of(tags->begin(), tags->end(), [](const Json& tag) { return tag.is_primitive(); });
}

// One object that holds a table by its columns, as pandas writes it unless it is told otherwise.
bool isByColumn(std::span<const Json> rows)
{
    if (rows.size() != 1 || !rows[0].is_object() || rows[0].size() < 2 || isTagged(rows[0])) {
        return false;
    }
    const Json& first = *rows[0].begin();
    const auto isWord = [](const Json& value) { return value.is_primitive(); };
    return (first.is_array() || first.is_object()) && first.size() > 1 && std::all_of(rows[0].begin(), rows[0].end(), [&](const Json& column) {
               return column.type() == first.type() && column.size() == first.size() && std::all_of(column.begin(), column.end(), isWord)
                      && (column.is_array() || column.contains("0"));
           });
}

// Shapes of other programs that say nothing to learn as they stand, each with what makes rows of it. New one: a line.
struct ForeignShape {
    bool (*is)(const Json& row);
    const char* sentence;
    bool isKnownElse = false; // a shape would read it, and teach what nobody means
};

bool hasAll(const Json& row, std::initializer_list<const char*> names)
{
    return row.is_object() && std::all_of(names.begin(), names.end(), [&row](const char* name) { return row.contains(name); });
}

// Whether the first message of a list in this member has all of these.
bool holdMessages(const Json& row, const char* list, std::initializer_list<const char*> names)
{
    const auto found = row.find(list); // none in what is no object
    return found != row.end() && found->is_array() && !found->empty() && hasAll(found->front(), names);
}

// OpenAI's answer to a request: {"choices": [{"message": {...}}]}
bool isApiAnswer(const Json& member)
{
    const auto choices = member.find("choices"); // none in what is no object
    return choices != member.end() && choices->is_array() && !choices->empty() && hasAll(choices->front(), {"message"});
}

// A piece of an answer that a server streams, as OpenAI, Anthropic and Ollama send them.
bool isStreamPiece(const Json& row)
{
    for (const char* asked : {"prompt", "question", "query", "instruction", "messages", "conversations"}) {
        if (row.contains(asked)) { // no piece says what it answers: a row of its own, whatever its type is called
            return false;
        }
    }
    const auto choices = row.find("choices");
    if (choices != row.end() && choices->is_array() && !choices->empty() && hasAll(choices->front(), {"delta"})) {
        return true;
    }
    if (const auto type = row.find("type"); type != row.end() && type->is_string()) {
        const auto& name = type->get_ref<const std::string&>();
        return name.starts_with("content_block_") || name.starts_with("message_") || name.starts_with("response.");
    }
    if (!hasAll(row, {"model", "created_at", "done"})) {
        return false;
    }
    const bool isLast = row["done"] == true; // whose text is empty, or it is an answer as a whole
    const Json* text = hasAll(row, {"response"}) ? &row["response"] : hasAll(row, {"message"}) && hasAll(row["message"], {"content"}) ? &row["message"]["content"] : nullptr;
    return text != nullptr && (!isLast || *text == "");
}

constexpr std::array kForeignShapes = {
    ForeignShape{isStreamPiece,
                 "these are the pieces of an answer as a server streams them, of which none is whole; ask for whole answers (\"stream\": false) and write each behind its "
                 "question, {\"prompt\": ..., \"completion\": ...}",
                 true},
    ForeignShape{[](const Json& row) { return hasAll(row, {"text", "ts", "type"}) || hasAll(row, {"text", "ts", "user"}); },
                 "these are messages as Slack exports them, one a row, and nothing says which of them answers which; write a question with its answer as one "
                 "row, {\"messages\": [{\"role\": \"user\", \"content\": ...}, {\"role\": \"assistant\", \"content\": ...}]}, or learn every text by itself "
                 "with --format text (data.format)",
                 true},
    ForeignShape{[](const Json& row) { return holdMessages(row, "messages", {"from_id", "text"}) || holdMessages(row, "messages", {"author", "timestamp"})
                                              || holdMessages(row, "messages", {"sender_name", "timestamp_ms"}); },
                 "this is a chat between people, as Telegram, Discord or Messenger export it, whose messages name persons instead of user and assistant; "
                 "choose whose words are to be learned, and write what came before and the answer as a row, {\"messages\": [{\"role\": \"user\", \"content\": "
                 "...}, {\"role\": \"assistant\", \"content\": ...}]}",
                 true},
    ForeignShape{[](const Json& row) { return std::any_of(row.begin(), row.end(), [](const Json& member) { return isApiAnswer(member); }); },
                 "these are requests to a model with its answers, as programs between log them; put the answer behind the messages that were sent, as "
                 "jq -c '{messages: (.messages // .request_body.messages // .request.messages) + [(.response // .response_body).choices[0].message]}' FILE > rows.jsonl does",
                 true},
    ForeignShape{[](const Json& row) { return hasAll(row, {"error"}) && row.size() <= 3 && !row["error"].is_null() && !hasAll(row, {"text"}); },
                 "this is the answer of a server that had nothing, instead of a file; fetch the file itself"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"prefix", "middle", "suffix"}); },
                 "these are texts with a gap to fill in the middle; write each as one text with the marks that the model knows for it, {\"text\": "
                 "\"<fim_prefix>...<fim_suffix>...<fim_middle>...\"}, or take the two sides as a question with --format completion --map "
                 "prompt=prefix+suffix,completion=middle"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"cells", "nbformat"}); },
                 "this is a notebook; write its text out (jupyter nbconvert --to markdown) and learn that"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"resourceSpans"}); },
                 "these are traces of OpenTelemetry, whose messages lie in lists of attributes; export the spans of the model from where they are looked at, as rows "
                 "of messages"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"question_id", "turns"}); },
                 "these are questions of a benchmark (MT-bench) without answers to learn, the later turns follow what was answered before; ask a model the "
                 "first of each, as jq -c '{prompt: .turns[0]}' FILE > prompts.jsonl writes them"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"turns"}) && row["turns"].is_array() && !row["turns"].empty()
                                              && std::all_of(row["turns"].begin(), row["turns"].end(), [](const Json& turn) { return turn.is_string(); }); },
                 "\"turns\" is a list of texts that do not say who speaks; write each row as {\"messages\": [{\"role\": \"user\", \"content\": ...}, {\"role\": "
                 "\"assistant\", \"content\": ...}]}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"prompt"}) && hasAll(row["prompt"], {"replies"}); },
                 "these are trees of messages with several replies each (OpenAssistant); write each way through a tree as a row, {\"messages\": [{\"role\": "
                 "\"user\", \"content\": ...}, {\"role\": \"assistant\", \"content\": ...}, ...]}",
                 true},
    ForeignShape{[](const Json& row) { return hasAll(row, {"question_id", "model_id", "choices"}); },
                 "these are a model's answers to a benchmark (MT-bench) without its questions; join both by \"question_id\" into rows {\"messages\": [question, "
                 "answer, ...]}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"run_type", "inputs", "outputs"}) || (hasAll(row, {"inputs", "outputs"}) && hasAll(row["outputs"], {"generations"})); },
                 "these are LangSmith's traces of runs; add the runs that are meant to a data set there and export that, in the form of OpenAI's fine-tuning"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"vars", "assert"}); },
                 "these are promptfoo's tests, whose prompt stands in another file and whose answers are only checked; write rows {\"prompt\": ..., "
                 "\"completion\": ...}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"fields", "responses"}) && row["fields"].is_object(); },
                 "these are Argilla's records, with the answers of several annotators each; choose one of them and write rows {\"prompt\": ..., "
                 "\"completion\": ...}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"paragraphs"}); },
                 "its questions lie inside of paragraphs, as SQuAD has them; write a row for each, as jq -c '.data[].paragraphs[] | .context as $c | "
                 ".qas[] | {question, context: $c, answers}' FILE > rows.jsonl does"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"annotations", "data"}); },
                 "these are Label Studio's tasks with everything about their annotation; export them from there as JSON-MIN or CSV"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"mapping"}) && row["mapping"].is_object() && !row["mapping"].empty() && hasAll(*row["mapping"].begin(), {"message"}); },
                 "these are conversations as ChatGPT exports them, as trees; write the messages that lead to the last of each as a row, as jq -c '.[] | .mapping as "
                 "$m | {messages: [[.current_node // last($m[].id) | recurse($m[.].parent // empty)] | reverse[] | $m[.].message // empty | {role: .author.role, "
                 "content: ([.content.parts[]? | strings] | join(\"\"))} | select(.content != \"\")]}' FILE > rows.jsonl does"},
    ForeignShape{isTagged,
                 "these are words of a text with a tag for each, as for named entities, which are no answer as they stand; write what is to be answered, "
                 "{\"prompt\": the text, \"completion\": \"Odo: PER\"}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"custom_id", "response"}); },
                 "these are answers of OpenAI's batches without their questions, which stand in the file that was sent; join both by \"custom_id\" "
                 "into rows {\"messages\": [question, answer]}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"custom_id", "body"}); },
                 "these are requests to OpenAI's batches without answers, so there is nothing to learn; join them with the file of answers by "
                 "\"custom_id\" into rows {\"messages\": [question, answer]}"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"columns", "data"}) && row["columns"].is_array() && row["data"].is_array(); },
                 "it holds the names of its columns beside a list of their values (pandas' orient=\"split\"); write an object for each row: "
                 "to_json(orient=\"records\", lines=True)"},
    ForeignShape{[](const Json& row) { return hasAll(row, {"intents"}) || hasAll(row, {"patterns", "responses"}); },
                 "these are intents with several patterns and responses each; write a row for every pattern, {\"prompt\": ..., \"completion\": ...}, as "
                 "jq -c '.intents[] | .responses[0] as $r | .patterns[] | {prompt: ., completion: $r}' FILE > rows.jsonl does"},
    ForeignShape{isLoneMessage,
                 "its rows are single messages; put those of one conversation into one row, {\"messages\": [{\"role\": \"user\", \"content\": ...}, "
                 "{\"role\": \"assistant\", \"content\": ...}]}"},
};

// Names of columns that end as sentences do are none; a short one may be an abbreviation ("No."), several are not.
bool looksLikeSentences(const Json& columns)
{
    std::size_t shortOnes = 0;
    for (const auto& [name, value] : columns.items()) {
        const auto last = name.find_last_not_of(' ');
        if (last != std::string::npos && last > 0 && (name[last] == '?' || name[last] == '.' || name[last] == '!')) {
            if (last > 3) {
                return true;
            }
            ++shortOnes;
        }
    }
    return shortOnes > 1;
}

// A name that stands in every row as what it names, a licence say, is a value of the first.
bool repeatsName(std::span<const Json> rows)
{
    if (rows.empty() || !rows[0].is_object()) {
        return false;
    }
    for (const auto& [name, value] : rows[0].items()) {
        if (std::all_of(rows.begin(), rows.end(), [&name](const Json& row) { return row.is_object() && row.contains(name) && row[name] == Json(name); })) {
            return true;
        }
    }
    return false;
}

// A first line of which one cell is filled is a title; the others are named by their numbers.
bool looksLikeTitle(const Json& columns)
{
    std::size_t numbered = 0;
    for (const auto& [name, value] : columns.items()) {
        numbered += name.starts_with("column ") ? 1 : 0;
    }
    return numbered > 0 && numbered + 1 >= columns.size();
}

// One object whose members are the rows, or that has questions for names.
bool isKeyed(std::span<const Json> rows)
{
    if (rows.size() != 1 || !rows[0].is_object() || rows[0].size() < 2) {
        return false;
    }
    const Json& first = *rows[0].begin();
    const auto isAlike = [&first](const Json& item) {
        return item.is_object() && !item.empty() && first.is_object() && !first.empty() && item.begin().key() == first.begin().key();
    };
    const auto isText = [](const Json& item) { return item.is_string(); };
    return std::all_of(rows[0].begin(), rows[0].end(), isAlike)
           || (rows[0].size() > 2 && std::all_of(rows[0].begin(), rows[0].end(), isText) && looksLikeSentences(rows[0]));
}

Error unknownShape(std::span<const Json> rows)
{
    if (!rows.empty() && std::all_of(rows.begin(), rows.end(), [](const Json& row) { return row.is_array(); })) {
        return Error{"its rows are lists, and nothing says what stands in them; write the names of the columns as a first row, "
                     "[\"question\", \"answer\"], or each row as an object, {\"question\": ..., \"answer\": ...}, or as a list of messages, "
                     "[{\"role\": \"user\", \"content\": ...}, ...]"};
    }
    for (const ForeignShape& shape : kForeignShapes) {
        if (!rows.empty() && std::all_of(rows.begin(), rows.end(), shape.is)) {
            return Error{shape.sentence};
        }
    }
    if (!rows.empty() && rows[0].is_object() && looksLikeTitle(rows[0])) {
        return Error{"its first line names only one of its columns, " + columnsOf(rows[0]) + "; if that is a title, remove what stands above the names of the columns"};
    }
    if (isKeyed(rows)) {
        return Error{"it is one object, with a member for each row, " + columnsOf(rows[0]) + "; write a list of rows, [{\"question\": ..., \"answer\": ...}, ...]"};
    }
    Json columns = Json::object();
    for (const Json& row : rows) {
        if (row.is_object()) {
            columns.update(row);
        }
    }
    if (looksLikeSentences(columns) || repeatsName(rows)) {
        return Error{"its first line holds a row instead of the names of its columns, " + columnsOf(columns)
                     + "; put a line of names above it, such as question,answer, with what divides the others between them"};
    }
    if (!rows.empty() && std::all_of(rows.begin(), rows.end(), [](const Json& row) { return row.is_object() && row.empty(); })) {
        return Error{"its rows are objects without any field, so there is nothing to learn; was the file written before it was filled?"};
    }
    std::string known;
    for (const DatasetFormat& format : formats()) {
        known += (known.empty() ? "" : "; ") + format.label + ": " + format.help;
    }
    const std::string found = columnsOf(columns);
    return Error{std::string(kUnknownShape)
                 + (found.empty() ? std::string("The rows are no objects with fields")
                                  : "The columns found are " + found)
                 + ". Rename them to one of these: " + known};
}

} // namespace

Result<const DatasetFormat*> detectFormat(std::span<const Json> rows)
{
    if (isByColumn(rows)) {
        return Error{"it holds its columns one after the other, " + columnsOf(rows[0])
                     + "; write an object for each row (in pandas, to_json(orient=\"records\", lines=True))"};
    }
    for (const ForeignShape& shape : kForeignShapes) {
        if (shape.isKnownElse && !rows.empty() && std::all_of(rows.begin(), rows.end(), shape.is)) {
            return Error{shape.sentence};
        }
    }
    const DatasetFormat* best = nullptr;
    double bestScore = 0;
    for (const DatasetFormat& format : formats()) {
        const double score = format.matches(rows);
        if (score > bestScore) {
            best = &format;
            bestScore = score;
        }
    }
    return best ? Result<const DatasetFormat*>(best) : unknownShape(rows);
}

} // namespace luthier::data
