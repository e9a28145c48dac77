// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/checks.h"

#include "core/base/hash.h"
#include "core/data/checks/text_scan.h"
#include "core/data/example_text.h"
#include "core/data/formats/format_messages.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <numeric>

namespace luthier::data {

namespace {

constexpr std::size_t kShortCopy = 24; // bytes; shorter answers may well stand in the prompt
constexpr auto kNone = std::string_view::npos;

// The list of messages in the row, also where the row is too broken to give an example.
const Json* listOf(const Json& row)
{
    const Json* list = row.is_array() ? &row : fieldIn(row, kMessageNames);
    return list && looksLikeMessages(*list) ? list : nullptr;
}

bool isBlankAnswer(const Json& message)
{
    const Json* content = fieldIn(message, {"content", "value"});
    const bool calls = message.contains("tool_calls") || message.contains("function_call");
    return speakerOf(message) == "assistant" && !calls && (!content || isBlankText(*content));
}

bool isEmptyAnswer(const CheckedRow& checked)
{
    if (checked.example || !checked.row) {
        return checked.example && hasEmptyTurn(*checked.example, "assistant");
    }
    const Json* list = listOf(*checked.row);
    return list && std::any_of(list->begin(), list->end(), isBlankAnswer);
}

// Its answers are made while training: that it has none is its shape.
bool waitsForAnAnswer(const CheckedRow& checked)
{
    return checked.isPrompt && checked.example && !checked.example->messages.empty() && checked.example->messages.back().role == "user";
}

bool isEmptyQuestion(const CheckedRow& checked)
{
    return checked.example && hasEmptyTurn(*checked.example, "user");
}

// After a system message user and assistant take turns, whoever begins; tools answer calls; the assistant has the last word.
template <class Roles>
bool isBrokenOrder(const Roles& roles)
{
    std::string before;
    for (const std::string& role : roles) {
        const bool isSystem = role == "system" || role == "developer";
        const bool begins = before.empty() || before == "system" || before == "developer";
        const bool good = isSystem              ? before.empty()
                          : role == "user"      ? begins || before == "assistant"
                          : role == "assistant" ? begins || before == "user" || before == "tool"
                          : role == "tool"      ? before == "assistant" || before == "tool"
                                                : false;
        if (!good) {
            return true;
        }
        before = role;
    }
    return before != "assistant";
}

bool hasBrokenRoles(const CheckedRow& checked)
{
    std::vector<std::string> roles;
    if (checked.example) {
        if (checked.example->kind == ExampleKind::Text) {
            return false;
        }
        for (const auto* messages : {&checked.example->messages, &checked.example->chosen}) {
            for (const Message& message : *messages) {
                roles.push_back(message.role);
            }
        }
        if (waitsForAnAnswer(checked)) {
            roles.push_back("assistant");
        }
        return isBrokenOrder(roles);
    }
    const Json* list = checked.row ? listOf(*checked.row) : nullptr;
    if (!list) {
        return false;
    }
    for (const Json& message : *list) {
        roles.push_back(speakerOf(message));
    }
    if (!roles.empty() && roles.back() == "user" && std::find(roles.begin(), roles.end(), "assistant") == roles.end()) {
        roles.emplace_back("assistant"); // it waits for an answer, which the row's own error says
    }
    return isBrokenOrder(roles);
}

// More bytes that are not white space than so many.
bool hasMoreVisible(std::string_view text, std::size_t bytes)
{
    std::size_t visible = 0;
    for (std::size_t i = 0; i < text.size() && visible <= bytes; ++i) {
        visible += static_cast<unsigned char>(text[i]) > ' ' ? 1 : 0;
    }
    return visible > bytes;
}

bool isCopied(const CheckedRow& checked)
{
    if (!checked.example || checked.example->kind == ExampleKind::Text) {
        return false;
    }
    const std::string prompt = squeezed(checked.prompt);
    if (hasMoreVisible(checked.answer, prompt.size())) {
        return false; // most answers are longer than their prompts
    }
    const std::string answer = squeezed(checked.answer);
    return !answer.empty() && (answer == prompt || (answer.size() >= kShortCopy && prompt.find(answer) != kNone));
}

bool isTooShort(const CheckedRow& checked)
{
    if (!checked.example || isEmptyAnswer(checked) || waitsForAnAnswer(checked)) {
        return false; // an empty answer is told as such
    }
    const bool calls = !checked.example->messages.empty() && !checked.example->messages.back().extra.is_null();
    std::int64_t visible = 0;
    for (std::size_t i = 0; i < checked.answer.size() && visible < checked.settings->fewestCharacters; ++i) {
        const auto byte = static_cast<unsigned char>(checked.answer[i]);
        visible += byte > ' ' && (byte & 0xC0U) != 0x80U ? 1 : 0;
    }
    return !calls && visible < checked.settings->fewestCharacters;
}

template <class IsOne> bool asksWithMissing(const Json& row, const IsOne& isOne)
{
    for (const Names& names : {kInputNames, kSystemNames}) {
        const Json* value = fieldIn(row, names);
        if (value && value->is_string() && isOne(value->get_ref<const std::string&>())) {
            return true;
        }
    }
    return false;
}

// What spreadsheets write where a formula fails, in any language: #REF!, #DIV/0!, #NAME?, #BEZUG!, #NV.
bool isSheetError(std::string_view text)
{
    const bool ends = text.ends_with('!') || text.ends_with('?');
    const bool isNone = text == "#NV" || text == "#N/A" || text == "#N/D";
    return isNone || (ends && text.size() > 3 && text.front() == '#' && std::all_of(text.begin() + 1, text.end() - 1, [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
           }));
}

// A mark of the model's own that no template's table knows; the one behind a text stands where it would be put anyway.
bool holdsEnd(const CheckedRow& checked)
{
    if (!checked.example || checked.settings->ends.empty() || findTemplateMark(checked.whole) != kNone) {
        return false;
    }
    const bool isText = checked.example->kind == ExampleKind::Text;
    return std::any_of(checked.settings->ends.begin(), checked.settings->ends.end(), [&](const std::string& mark) {
        const std::size_t at = checked.whole.find(mark);
        return at != kNone && !(isText && at + mark.size() == checked.whole.size());
    });
}

// What programs write where a table has no value.
bool isMissingWord(const CheckedRow& checked)
{
    constexpr std::array<std::string_view, 8> kWords = {"nan", "null", "none", "n/a", "na", "#n/a", "<na>", "undefined"};
    if (!checked.example || checked.example->kind == ExampleKind::Text) {
        return false;
    }
    const auto isOne = [&kWords](const std::string& text) {
        const std::string bare = text.size() <= 16 ? squeezed(text) : std::string();
        return isSheetError(bare) || std::find(kWords.begin(), kWords.end(), lowered(bare)) != kWords.end();
    };
    // Behind a question it is asked with: an input that a table had none for.
    const bool isAsked = checked.row && checked.row->is_object() && std::any_of(checked.row->begin(), checked.row->end(), [&](const Json& value) {
        return value.is_string() && isOne(value.get_ref<const std::string&>());
    });
    return isOne(checked.answer) || (isAsked && asksWithMissing(*checked.row, isOne));
}

constexpr std::array kChecks = {
    Check{"empty_answer", "Empty answer", "The answer holds nothing or white space alone: there is nothing to learn.",
          "Write the answer, or exclude the row.", CheckKind::Row, isEmptyAnswer},
    Check{"conflicting_answers", "Same prompt, different answers",
          "Rows that ask exactly the same and answer differently pull the model both ways.",
          "Keep the best answer and exclude the others, unless variety is wanted.", CheckKind::AcrossRows, nullptr},
    Check{"copied_answer", "Answer copied from the prompt",
          "The answer stands word for word in the prompt: the model learns to repeat.",
          "Write an answer of its own, or exclude the row.", CheckKind::Row, isCopied},
    Check{"broken_roles", "Broken order of roles",
          "User and assistant do not take turns, or the conversation does not end with an answer.",
          "Merge, move or remove turns so that questions and answers alternate.", CheckKind::Row, hasBrokenRoles},
    Check{"open_fence", "Unbalanced code fence", "A ``` block is opened and never closed.",
          "Close the block at its end.", CheckKind::Row, [](const CheckedRow& r) { return hasOpenFence(r.answer); }},
    Check{"template_marks", "Template marks in the text",
          "Marks such as <|im_start|> or [INST] stand inside a text: a template adds them once more, and a plain text is learned with them.",
          "Remove the marks, and split turns that they separated.", CheckKind::Row,
          [](const CheckedRow& r) { return findTemplateMark(r.whole) != kNone; }},
    Check{"media_mark", "Mark of a picture", "A mark such as <image> stands where a picture, sound or film was; none is read, so that the mark is learned as words.",
          "Exclude rows that ask about what cannot be seen, or take the mark out where the rest says enough.", CheckKind::Row,
          [](const CheckedRow& r) { return findMediaMark(r.whole) != kNone; }},
    Check{"email", "E-mail address", "The text holds an e-mail address, which the model may give away.",
          "Replace it with an invented one.", CheckKind::Row, [](const CheckedRow& r) { return findEmail(r.whole) != kNone; }},
    Check{"phone", "Phone number", "The text holds what looks like a phone number.",
          "Replace it with an invented one.", CheckKind::Row, [](const CheckedRow& r) { return findPhone(r.whole) != kNone; }},
    Check{"secret_key", "Key or password", "The text holds what looks like an access key or a private key.",
          "Remove it here, and withdraw the key: it is no secret any more.", CheckKind::Row,
          [](const CheckedRow& r) { return findKey(r.whole) != kNone; }},
    Check{"non_text", "Mostly not text", "More than half of the answer is neither letters nor digits.",
          "Look whether something was lost in conversion; exclude what is noise.", CheckKind::Row,
          [](const CheckedRow& r) { return isMostlyNonText(r.answer); }},
    Check{"too_long", "Longer than the limit", "The row has more tokens than the limit; its end is cut off.",
          "Raise the limit, shorten the prompt or split the row.", CheckKind::Row,
          [](const CheckedRow& r) { return r.tokens > r.settings->maxTokens; }, true},
    Check{"too_short", "Very short answer", "The answer has hardly a character.",
          "Fine for labels; otherwise write a whole answer.", CheckKind::Row, isTooShort},
    Check{"refusal", "Refusal", "The answer begins as an assistant that declines; the model learns to decline too.",
          "Exclude it unless refusing is what it shall learn.", CheckKind::Row,
          [](const CheckedRow& r) { return r.example && r.example->kind != ExampleKind::Text && isRefusal(r.answer); }},
    Check{"empty_question", "Empty question", "A turn of the user holds nothing or white space alone: the answer is learned without its question.",
          "Write the question, or exclude the row.", CheckKind::Row, isEmptyQuestion},
    Check{"missing_word", "Missing value as words", "The whole answer, or what stands behind the question, is what programs write for a missing value, such as nan, NULL or #REF!: it is learned as a word.",
          "Exclude the row or empty the field, unless the word is meant.", CheckKind::Row, isMissingWord},
    Check{"lost_characters", "Lost or wrong characters",
          "The text holds control characters, or signs that stand where letters were lost or read in another encoding (\uFFFD, \u00C3\u00A9).",
          "Save the source as UTF-8 again, or replace the signs.", CheckKind::Row, [](const CheckedRow& r) { return hasLostCharacters(r.whole); }},
    Check{"written_line_ends", "Line ends written out", "The answer holds line ends as a backslash and an n, and the model learns to write them so.",
          "Replace them by real line ends, unless it is code.", CheckKind::Row,
          [](const CheckedRow& r) { return hasWrittenLineEnds(r.answer); }},
    Check{"end_mark", "End mark of the model", "What ends a text or an answer for this model stands inside a text and is read as that mark: an answer that holds it ends there.",
          "Write it otherwise, or take it out.", CheckKind::Row, holdsEnd, true},
};
static_assert(kChecks.size() <= 32, "CheckMask has a bit for each check");

CheckMask maskOf(const CheckedRow& checked)
{
    CheckMask mask = 0;
    for (std::size_t i = 0; i < kChecks.size(); ++i) {
        if (kChecks[i].find && kChecks[i].find(checked)) {
            mask |= CheckMask{1} << i;
        }
    }
    return mask;
}

} // namespace

std::span<const Check> checks()
{
    return kChecks;
}

int findCheck(std::string_view id)
{
    const auto found = std::find_if(kChecks.begin(), kChecks.end(), [id](const Check& check) { return check.id == id; });
    return found == kChecks.end() ? -1 : static_cast<int>(found - kChecks.begin());
}

RowChecks checkRow(const Dataset& dataset, std::int64_t row, const CheckSettings& settings, std::int64_t tokens)
{
    RowChecks result;
    auto json = dataset.row(row);
    auto example = json ? dataset.format().toExample(*json) : Result<Example>(json.error());
    CheckedRow checked;
    checked.settings = &settings;
    checked.tokens = tokens;
    checked.isPrompt = std::string_view(dataset.format().id) == "prompt";
    checked.row = json ? &*json : nullptr;
    if (example) {
        checked.example = &*example;
        checked.prompt = promptTextOf(*example);
        checked.answer = answerTextOf(*example);
        checked.whole = wholeTextOf(*example);
        // An empty answer is not learned, so it contradicts none.
        const bool isSilent = isBlank(checked.answer) && hasEmptyTurn(*example, "assistant");
        result.print.isComparable = example->kind != ExampleKind::Text && !checked.prompt.empty() && !isSilent;
        if (result.print.isComparable) {
            result.print.prompt = promptHash(*example);
            result.print.answer = base::rowHash(squeezed(checked.answer));
        }
        if (tokens < 0 && settings.encoder) {
            auto encoded = settings.encoder->encode(*example, {settings.maxTokens, false});
            checked.tokens = encoded ? encoded->fullLength : -1;
        }
    }
    result.mask = maskOf(checked);
    return result;
}

void markConflicts(const std::vector<RowPrint>& prints, std::vector<CheckMask>& masks)
{
    const CheckMask bit = CheckMask{1} << findCheck("conflicting_answers");
    std::vector<std::uint32_t> order;
    for (std::size_t i = 0; i < prints.size(); ++i) {
        masks[i] &= ~bit;
        if (prints[i].isComparable) {
            order.push_back(static_cast<std::uint32_t>(i));
        }
    }
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return prints[a].prompt < prints[b].prompt; });
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first;
        bool differs = false;
        for (; end < order.size() && prints[order[end]].prompt == prints[order[first]].prompt; ++end) {
            differs = differs || prints[order[end]].answer != prints[order[first]].answer;
        }
        for (std::size_t i = first; differs && i < end; ++i) {
            masks[order[i]] |= bit;
        }
        first = end;
    }
}

std::vector<std::int64_t> CheckReport::rowsOf(int check) const
{
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < masks.size(); ++i) {
        if (masks[i] >> check & 1U) {
            rows.push_back(static_cast<std::int64_t>(i));
        }
    }
    return rows;
}

Result<CheckReport> checkRows(const Dataset& dataset, const CheckSettings& settings, const WalkOptions& options)
{
    const auto count = static_cast<std::size_t>(dataset.rowCount());
    CheckReport report;
    report.masks.resize(count);
    std::vector<RowPrint> prints(count);
    auto walked = walkRows(dataset.rowCount(), options, [&](std::int64_t row, std::size_t) {
        if (!dataset.isExcluded(row)) {
            const RowChecks found = checkRow(dataset, row, settings);
            report.masks[static_cast<std::size_t>(row)] = found.mask;
            prints[static_cast<std::size_t>(row)] = found.print;
        }
    });
    if (!walked) {
        return walked.error();
    }
    markConflicts(prints, report.masks);
    report.counts.assign(kChecks.size(), 0);
    for (const CheckMask mask : report.masks) {
        for (std::size_t i = 0; i < kChecks.size(); ++i) {
            report.counts[i] += mask >> i & 1U;
        }
    }
    return report;
}

} // namespace luthier::data
