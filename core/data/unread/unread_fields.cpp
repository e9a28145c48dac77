// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/unread/unread_fields.h"

#include "core/base/amount.h"
#include "core/data/ascii_space.h"
#include "core/data/example_text.h"
#include "core/data/formats/bookkeeping.h"
#include "core/data/formats/chosen_column.h"
#include "core/data/formats/comparison.h"
#include "core/data/formats/format_messages.h"
#include "core/data/row_walk.h"
#include "core/data/sources/row_text.h"
#include "core/data/unread/better_shape.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace luthier::data {

namespace {

constexpr int kMostTraces = 2000;
constexpr std::size_t kMostTried = 256;      // groups
constexpr std::size_t kTellingBytes = 16;    // a shorter text may stand anywhere

void append(std::string& trace, const Message& message, bool withAsked)
{
    trace += message.role + '\x1f' + message.content + '\x1f' + (message.trained ? '1' : '0');
    if (withAsked && message.extra.is_object()) {
        for (const auto& [key, value] : message.extra.items()) {
            trace += '\x1f' + key + '\x1f' + base::dumpJson(value);
        }
    }
    trace += '\x1e';
}

// The whole example; without what only some templates write, names, thoughts, calls and tools, where that is not known.
std::string exampleTrace(const Example& example, bool withAsked)
{
    std::string trace = std::to_string(static_cast<int>(example.kind)) + example.text;
    for (const auto* messages : {&example.messages, &example.chosen, &example.rejected}) {
        trace += '\x1d';
        for (const Message& message : *messages) {
            append(trace, message, withAsked);
        }
    }
    return trace + (example.desirable ? *example.desirable ? "+" : "-" : "") + (example.margin ? std::to_string(*example.margin) : "") + '\x1d'
           + example.label + '\x1f' + example.labelled + '\x1d'
           + (withAsked ? base::dumpJson(example.tools) + base::dumpJson(example.templateVariables) : std::string());
}

// One field of a group, over the rows that are tried out.
struct Trial {
    FieldPlace place;
    bool isRead = false;
    bool isTried = false;
    bool isHeld = false;      // an example has it, so the template dropped it
    bool isAsked = false;     // a template may ask for it
    bool isRepeated = true;   // in every row
    bool isBookkeeping = true;
};

// Whether the example says this text already: a short one may stand anywhere, so that it must be all that somebody asks or says before.
bool saysText(const Example& example, const std::string& readable, std::string_view text)
{
    const std::string_view bare = stripped(text);
    return (bare.size() >= kTellingBytes && readable.find(bare) != std::string::npos)
           || (!bare.empty() && std::any_of(example.messages.begin(), example.messages.end(), [bare](const Message& message) {
                  return message.role != "assistant" && stripped(message.content) == bare;
              }));
}

// The same of a text, or of all that is spoken in a list of messages.
bool saysAgain(const Example& example, const std::string& readable, const Json& value)
{
    const Json list = messagesOrText(value);
    const auto messages = looksLikeMessages(list) ? parseMessages(list, "") : Result<std::vector<Message>>(Error{});
    if (messages) {
        return std::all_of(messages->begin(), messages->end(), [&](const Message& message) { return message.extra.is_null() && saysText(example, readable, message.content); });
    }
    return value.is_string() && saysText(example, readable, value.get_ref<const std::string&>());
}

using RowAt = std::function<Result<Json>(std::int64_t)>;

class Judge {
public:
    Judge(const DatasetFormat& format, RowAt rowAt, const UnreadSettings& settings)
        : m_format(format), m_rowAt(std::move(rowAt)), m_settings(settings)
    {
        if (m_settings.trace == nullptr && m_settings.encoder && m_settings.encoder->chatTemplate) {
            m_settings.trace = encodedTrace(*m_settings.encoder);
        }
    }

    bool isTired() const { return m_traces >= kMostTraces; }
    bool hasPartWeights() const { return m_hasPartWeights; } // of turns, neither 0 nor 1
    bool hasPairs() const { return m_hasPairs; } // two answers in a list
    bool hasMany() const { return m_hasMany; }   // more than two answers of which two are a pair
    bool hasAlternatives() const { return m_hasAlternatives; } // right answers of which the first is learned
    bool losesCalls() const { return m_losesCalls; } // tool calls that leave no trace, however the row writes them

    // The group's unread fields.
    std::vector<Trial> judge(const FieldGroup& group);

private:
    std::vector<Json> rowsOf(const FieldGroup& group) const;
    void tryRow(const Json& row, const Example& example, std::vector<Trial>& trials);
    void tryCalls(const Example& example);
    void tryField(const Json& row, const Example& example, Trial& trial);
    // Whether the row teaches the same when it is changed; nothing: it gives no example then.
    std::optional<bool> staysSame(const Json& changed, const Example& before, Trial& trial);
    const std::string* encodedBefore(const Example& example);

    const DatasetFormat& m_format;
    RowAt m_rowAt;
    UnreadSettings m_settings;
    std::optional<std::string> m_before; // trace of the row that is tried
    int m_traces = 0;
    bool m_hasPairs = false;
    bool m_hasMany = false;
    bool m_hasAlternatives = false;
    bool m_hasPartWeights = false;
    bool m_losesCalls = false;
    bool m_rowLosesCalls = false; // of the row that is tried
};

const std::string* Judge::encodedBefore(const Example& example)
{
    if (!m_before) {
        ++m_traces;
        auto trace = m_settings.trace(example);
        m_before = trace ? std::move(*trace) : std::string();
    }
    return m_before->empty() ? nullptr : &*m_before;
}

std::optional<bool> Judge::staysSame(const Json& changed, const Example& before, Trial& trial)
{
    const auto example = m_format.toExample(changed);
    if (!example) {
        return std::nullopt;
    }
    if (exampleTrace(*example, true) == exampleTrace(before, true)) {
        return true;
    }
    // A text is learned as it stands.
    if (!m_settings.trace || (example->kind == ExampleKind::Text && before.kind == ExampleKind::Text)) {
        const bool isSame = exampleTrace(*example, false) == exampleTrace(before, false);
        trial.isAsked = trial.isAsked || isSame;
        return isSame;
    }
    const std::string* whole = encodedBefore(before);
    if (!whole) {
        return false; // the row cannot be encoded, which is said elsewhere
    }
    ++m_traces;
    const auto trace = m_settings.trace(*example);
    if (!trace) {
        return std::nullopt;
    }
    trial.isHeld = true;
    return *trace == *whole;
}

// Whether the answers would be the same without their tool calls.
void Judge::tryCalls(const Example& example)
{
    m_rowLosesCalls = false;
    Example bare = example;
    bool hasCalls = false;
    for (auto* messages : {&bare.messages, &bare.chosen, &bare.rejected}) {
        for (Message& message : *messages) {
            const bool calls = message.extra.is_object() && message.extra.erase("tool_calls") > 0;
            message.trained = message.trained && !(calls && isBlank(message.content)); // what is left is no answer
            hasCalls = hasCalls || calls;
        }
    }
    const std::string* whole = hasCalls && m_settings.trace ? encodedBefore(example) : nullptr;
    if (whole) {
        ++m_traces;
        const auto without = m_settings.trace(bare);
        m_rowLosesCalls = without && *without == *whole;
        m_losesCalls = m_losesCalls || m_rowLosesCalls;
    }
}

bool isCalls(const FieldPlace& place)
{
    return isSameName(place.path.back(), "tool_calls") || isSameName(place.path.back(), "function_call");
}

void Judge::tryField(const Json& row, const Example& example, Trial& trial)
{
    if (isCalls(trial.place) && (m_rowLosesCalls || (!m_settings.trace && !trial.place.role.empty()))) {
        trial.isTried = true;
        (m_rowLosesCalls ? trial.isHeld : trial.isAsked) = true;
        return;
    }
    Json altered = row;
    const bool canAlter = alterField(altered, trial.place);
    const auto other = canAlter ? staysSame(altered, example, trial) : std::nullopt;
    // A score may be read though a value near to it decides the same.
    bool isCompared = false;
    for (const double far : {1e6, -1e6}) {
        Json moved = row;
        isCompared = isCompared || (other == true && setNumber(moved, trial.place, far) && staysSame(moved, example, trial) == false);
    }
    if (other == false || isCompared) {
        trial.isRead = true;
        return;
    }
    Json removed = row;
    removeField(removed, trial.place);
    const auto without = staysSame(removed, example, trial);
    trial.isTried = true;
    trial.isRead = without == false || (!without && !other); // what the row cannot do without, and takes no other value for
}

void Judge::tryRow(const Json& row, const Example& example, std::vector<Trial>& trials)
{
    m_before.reset();
    m_hasPairs = m_hasPairs || (example.kind == ExampleKind::Preference && nameIn(row, {"output", "outputs"}) && !nameIn(row, {"chosen", "rejected", "preferred_output"}));
    m_hasMany = m_hasMany || (m_format.id == "comparison" && comparedAnswers(row).size() > 2);
    const Json* alternatives = m_format.id == "completion" ? fieldIn(row, {"answers"}) : nullptr;
    m_hasAlternatives = m_hasAlternatives || (alternatives && alternatives->is_structured() && alternatives->size() > 1);
    for (const Message& message : example.messages) {
        for (auto extra = message.extra.begin(); message.extra.is_object() && extra != message.extra.end(); ++extra) {
            m_hasPartWeights = m_hasPartWeights || isTrainedMark(extra.key());
        }
    }
    tryCalls(example);
    const std::string readable = wholeTextOf(example);
    for (Trial& trial : trials) {
        if (!trial.isRead) {
            tryField(row, example, trial);
        }
    }
    forEachField(row, [&](const FieldPlace& place, const Json& value) {
        const auto trial = std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return t.place == place; });
        if (trial == trials.end() || trial->isRead) {
            return;
        }
        trial->isRepeated = trial->isRepeated && saysAgain(example, readable, value);
        trial->isBookkeeping = trial->isBookkeeping && isBookkeeping(place.path.back(), value);
    });
}

// Whether the field lies in one that is unread as a whole.
bool isInside(const FieldPlace& place, const FieldPlace& outer)
{
    return place.path.size() > outer.path.size() && std::equal(outer.path.begin(), outer.path.end(), place.path.begin());
}

// The shortest first: what they show to be read need not be tried out on a whole book.
std::vector<Json> Judge::rowsOf(const FieldGroup& group) const
{
    std::vector<std::pair<std::size_t, Json>> sized;
    for (const std::int64_t index : group.first) {
        if (const auto row = m_rowAt(index)) {
            sized.emplace_back(base::dumpJson(*row).size(), withOpenLists(*row));
        }
    }
    std::stable_sort(sized.begin(), sized.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Json> rows;
    for (auto& [size, row] : sized) {
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Trial> Judge::judge(const FieldGroup& group)
{
    std::vector<Trial> trials;
    for (const FieldPlace& place : group.fields) {
        const bool isOurs = place.path.size() == 1 && m_settings.alsoRead.contains(place.path.front());
        // Beside a question it is true whatever it says: none is learned.
        const bool isIdleMark = !place.role.empty() && place.role != "assistant" && isTrainedMark(place.path.back());
        if (!isOurs && !isIdleMark) {
            trials.push_back({place});
        }
    }
    for (const Json& row : rowsOf(group)) {
        if (const auto example = m_format.toExample(row)) {
            tryRow(row, *example, trials);
        }
    }
    std::vector<Trial> unread;
    std::copy_if(trials.begin(), trials.end(), std::back_inserter(unread), [&](const Trial& trial) {
        return trial.isTried && !trial.isRead && std::none_of(trials.begin(), trials.end(), [&](const Trial& outer) {
            return outer.isTried && !outer.isRead && isInside(trial.place, outer.place);
        });
    });
    return unread;
}

UnreadWhy whyOf(const Trial& trial)
{
    return trial.isBookkeeping ? UnreadWhy::Bookkeeping
           : trial.isRepeated  ? UnreadWhy::Repeated
           : trial.isHeld      ? UnreadWhy::Template
           : trial.isAsked     ? UnreadWhy::AskTemplate
                               : UnreadWhy::Format;
}

// Texts of one speaker are a field of their own: a template may drop the system's alone.
std::string nameOf(const FieldPlace& place)
{
    const std::string& key = place.path.back();
    const bool isText = isSameName(key, "content") || isSameName(key, "value");
    return place.name() + (isText && !place.role.empty() ? " (" + place.role + ")" : "");
}

// `taken`: the names that this group has counted already, for another speaker.
void take(UnreadReport& report, const Trial& trial, std::int64_t rows, std::set<std::string>& taken)
{
    const std::string name = nameOf(trial.place);
    rows = taken.insert(name).second ? rows : 0;
    const auto known = std::find_if(report.fields.begin(), report.fields.end(), [&](const UnreadField& f) { return f.name == name; });
    if (known == report.fields.end()) {
        report.fields.push_back({name, rows, whyOf(trial)});
        return;
    }
    known->rows += rows;
    known->why = std::min(known->why, whyOf(trial)); // the loudest
}

// Columns that the shape has no place for, each once.
void takeColumns(const std::vector<Trial>& unread, std::vector<std::string>& columns)
{
    for (const Trial& trial : unread) {
        const std::string& column = trial.place.path.front();
        if (whyOf(trial) == UnreadWhy::Format && trial.place.path.size() == 1
            && std::find(columns.begin(), columns.end(), column) == columns.end()) {
            columns.push_back(column);
        }
    }
}

bool isDeveloper(const FieldPlace& place)
{
    return place.role == "developer";
}

// "3 rows (the first is row 7)"
std::string rowsFrom(const RowsWith& some)
{
    return base::amount(some.rows, "row") + (some.rows == 1 ? " (row " : " (the first is row ") + std::to_string(some.first + 1) + ")";
}

// What is written otherwise than it stands.
void addRemarks(UnreadReport& report, const FieldCensus& census, const UnreadSettings& settings, const Judge& judge)
{
    std::int64_t developers = 0;
    for (const FieldGroup* group : census.groups()) {
        developers += std::any_of(group->fields.begin(), group->fields.end(), isDeveloper) ? group->rows : 0;
    }
    const bool isKnown = settings.encoder && settings.encoder->chatTemplate;
    if (developers > 0 && isKnown && !settings.encoder->knowsDeveloper()) {
        report.remarks.push_back("the words of the role developer (" + base::amount(developers, "row")
                                 + ") are written as the system's, because the chat template knows no developer");
    }
    if (judge.losesCalls()) {
        report.remarks.push_back("the chat template writes no tool calls, so they are not learned, and an answer that is a call alone is "
                                 "context; choose a template that writes them (model.chat_template)");
    }
    if (judge.hasPartWeights()) {
        report.remarks.push_back("weights of turns that are neither 0 nor 1 count as 1");
    }
    if (judge.hasPairs()) {
        report.remarks.push_back("its lists of two outputs are read as a better and a worse answer, in this order; for lists that are answers give "
                                 "--format instruction (data.format)");
    }
    if (judge.hasMany()) {
        report.remarks.push_back("of more than two answers the best and the worst are a pair; those between them are not learned");
    }
    if (judge.hasAlternatives()) {
        report.remarks.push_back("of the answers in \"answers\" the first is learned, as any of them is right");
    }
    if (const RowsWith& marked = census.markedTurns(); marked.rows > 0) {
        report.remarks.push_back("marks of a chat template, such as <|end|>, stand inside of what is said in " + rowsFrom(marked)
                                 + "; in an answer they are learned, and may end it in its middle; luthier data check names such rows (template_marks)");
    }
    if (const RowsWith& ended = census.endedTurns(); ended.rows > 0) {
        report.remarks.push_back("what ends a text for this model stands inside of what is said in " + rowsFrom(ended)
                                 + " and is read as that mark: an answer that holds it ends there. Write it otherwise; luthier data check --model DIR names such rows (end_mark)");
    }
    if (const RowsWith& marked = census.markedTexts(); marked.rows > 0) {
        report.remarks.push_back(rowsFrom(marked) + (marked.rows == 1 ? " holds" : " hold")
                                 + " the marks of a chat template already; such texts are learned as they stand, questions among them; no second mark is put at "
                                   "their beginning. To learn the answers alone, give the rows as messages");
    }
}

std::vector<Json> sampleOf(const Dataset& dataset, const FieldCensus& census)
{
    std::vector<Json> rows;
    for (const FieldGroup* group : census.groups()) {
        for (const std::int64_t index : group->first) {
            if (auto row = dataset.row(index); row && rows.size() < kMostTried) {
                rows.push_back(std::move(*row));
            }
        }
    }
    return rows;
}

// The offer by the names that the file has, where its columns are read under others already, with those that it leaves as
// they are. Nothing: a column that is made of several would have to be a part of another, or of what is offered a part is read already.
std::optional<ColumnGuess> inNamesOfFile(std::optional<ColumnGuess> offer, const Dataset& dataset)
{
    const auto mapped = parseColumns(dataset.columns());
    if (!offer || !mapped || mapped->empty()) {
        return offer;
    }
    Columns kept = *mapped;
    for (auto& [field, column] : offer->columns) {
        const auto parts = partsOf(column);
        const auto isInside = [&parts](const ColumnName& one) {
            return std::any_of(parts.begin(), parts.end(), [&one](const std::string& part) { return one.column.starts_with(part + "/"); });
        };
        if (std::any_of(mapped->begin(), mapped->end(), isInside)) {
            return std::nullopt;
        }
        const auto same = [&field = field](const ColumnName& one) { return one.field == field; };
        std::erase_if(kept, same);
        for (const ColumnName& one : *mapped) {
            std::size_t at = column.find(one.field);
            const auto isEdge = [&](std::size_t place) { return place >= column.size() || std::string_view("+[]").find(column[place]) != std::string_view::npos; };
            if (at == std::string::npos || (at > 0 && !isEdge(at - 1)) || !isEdge(at + one.field.size())) {
                continue;
            }
            if (column.size() > one.field.size() && one.column.find_first_of("+[") != std::string::npos) {
                return std::nullopt;
            }
            column.replace(at, one.field.size(), one.column);
            std::erase_if(kept, [&](const ColumnName& other) { return other.field == one.field; });
        }
    }
    offer->columns.insert(offer->columns.end(), kept.begin(), kept.end());
    return offer;
}

} // namespace

Trace encodedTrace(const Encoder& encoder)
{
    return [&encoder](const Example& example) -> Result<std::string> {
        std::string trace;
        Example one = example;
        for (int answer = 0; answer < (example.kind == ExampleKind::Preference ? 2 : 1); ++answer) {
            const auto marked = encoder.mark(one, false);
            if (!marked) {
                return marked.error();
            }
            trace += marked->text + '\x1f';
            for (const text::Span& answer : marked->answers) {
                trace += answer.begin < answer.end ? std::to_string(answer.begin) + '-' + std::to_string(answer.end) + ' ' : std::string();
            }
            trace += '\x1e';
            std::swap(one.chosen, one.rejected);
        }
        return trace;
    };
}

UnreadReport unreadFields(const Dataset& dataset, const FieldCensus& census, const UnreadSettings& settings)
{
    UnreadReport report;
    report.rows = census.rows();
    report.untried = census.uncounted();
    report.leftOut = dataset.leftOut();
    report.remarks = dataset.remarks();
    report.format = dataset.format().label;
    Judge judge(dataset.format(), [&dataset](std::int64_t row) { return dataset.row(row); }, settings);
    std::size_t tried = 0;
    std::vector<std::string> columns;
    for (const FieldGroup* group : census.groups()) {
        if (judge.isTired() || ++tried > kMostTried) {
            report.untried += group->rows;
            continue;
        }
        const auto unread = judge.judge(*group);
        std::set<std::string> taken;
        for (const Trial& trial : unread) {
            take(report, trial, group->rows, taken);
        }
        takeColumns(unread, columns);
    }
    for (UnreadField& field : report.fields) {
        const bool mayBeAsked = settings.hasRewards && (field.why == UnreadWhy::Format || field.why == UnreadWhy::Template);
        field.why = mayBeAsked ? UnreadWhy::Rewards : field.why; // the answer of a row, too
    }
    std::stable_sort(report.fields.begin(), report.fields.end(), [](const UnreadField& a, const UnreadField& b) {
        return std::tuple(a.isQuiet(), b.rows) < std::tuple(b.isQuiet(), a.rows);
    });
    addRemarks(report, census, settings, judge);
    report.offer = columns.empty() ? std::nullopt : inNamesOfFile(betterShape(dataset.format(), columns, sampleOf(dataset, census)), dataset);
    return report;
}

Result<UnreadReport> findUnread(const Dataset& dataset, const UnreadSettings& settings, const WalkOptions& options)
{
    std::vector<FieldCensus> parts(static_cast<std::size_t>(walkThreads(options, dataset.rowCount())));
    auto walked = walkRows(dataset.rowCount(), options, [&](std::int64_t row, std::size_t worker) {
        const auto json = dataset.isExcluded(row) ? Result<Json>(Error{}) : dataset.row(row);
        const auto example = json ? dataset.format().toExample(*json) : Result<Example>(Error{});
        if (example) {
            parts[worker].add(row, *json, *example, settings.encoder ? settings.encoder->tokenizer.get() : nullptr);
        }
    });
    if (!walked) {
        return walked.error();
    }
    FieldCensus census;
    for (FieldCensus& part : parts) {
        census.merge(std::move(part));
    }
    return unreadFields(dataset, census, settings);
}

std::optional<ColumnGuess> fullerShape(const DatasetFormat& read, std::span<const Json> rows)
{
    FieldCensus census;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        census.add(static_cast<std::int64_t>(i), rows[i]);
    }
    Judge judge(read, [rows](std::int64_t row) { return Result<Json>(rows[static_cast<std::size_t>(row)]); }, {});
    std::vector<std::string> columns;
    for (const FieldGroup* group : census.groups()) {
        takeColumns(judge.judge(*group), columns);
    }
    return betterShape(read, columns, rows);
}

} // namespace luthier::data
