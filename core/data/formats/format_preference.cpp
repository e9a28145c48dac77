// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/ascii_space.h"
#include "core/data/example_text.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"
#include "core/data/formats/transcript.h"
#include "core/data/sources/row_text.h"

#include <cmath>
#include <tuple>

namespace luthier::data {

namespace preference_format {
namespace {

constexpr Names kChosen = {"chosen", "preferred_output", "chosen_response", "preferred", "better", "response_j"};
constexpr Names kRejected = {"rejected", "non_preferred_output", "rejected_response", "dispreferred", "worse", "response_k"};
constexpr Names kMargin = {"margin"};
constexpr Names kPair = {"output", "outputs"}; // LLaMA-Factory's older rows: [better, worse]

// The two outputs under the names of a pair; null where they are no pair.
Json unfolded(const Json& row)
{
    const Json* pair = nameIn(row, kChosen) ? nullptr : fieldIn(row, kPair);
    const Json list = pair ? unpacked(*pair) : Json();
    if (!list.is_array() || list.size() != 2 || !list[0].is_string() || !list[1].is_string()) {
        return {};
    }
    Json whole = row;
    whole["chosen"] = list[0];
    whole["rejected"] = list[1];
    return whole;
}

double matches(std::span<const Json> rows)
{
    return shareOf(rows, [](const Json& row) {
        return (nameIn(row, kChosen) && nameIn(row, kRejected)) || (nameIn(row, kPromptNames) && !unfolded(row).is_null());
    });
}

bool sameMessage(const Message& a, const Message& b)
{
    return a.role == b.role && a.content == b.content && a.extra == b.extra;
}

// White space around an answer is no other answer; most templates take it away.
bool sameButForEnds(const Message& a, const Message& b)
{
    return a.role == b.role && stripped(a.content) == stripped(b.content) && a.extra == b.extra;
}

// What both answers begin with is the prompt, whole messages where they are lists.
void takeCommonTurns(Example& example)
{
    auto& chosen = example.chosen;
    auto& rejected = example.rejected;
    std::size_t same = 0;
    while (same + 1 < chosen.size() && same + 1 < rejected.size()
           && sameMessage(chosen[same], rejected[same])) {
        ++same;
    }
    const auto count = static_cast<std::ptrdiff_t>(same);
    if (same > 0) {
        example.messages.assign(chosen.begin(), chosen.begin() + count);
        chosen.erase(chosen.begin(), chosen.begin() + count);
        rejected.erase(rejected.begin(), rejected.begin() + count);
    }
}

// Where the last question or heading ends in what both texts begin with; 0: there is none.
std::size_t questionEnd(std::string_view same)
{
    std::size_t end = 0;
    for (const std::string_view mark : {"\n", "?", ":", "\xEF\xBC\x9F", "\xEF\xBC\x9A"}) { // the last two are wide
        const auto at = same.rfind(mark);
        end = at == std::string_view::npos ? end : std::max(end, at + mark.size());
    }
    return end;
}

// The same for texts: up to the end of a question or a line in what both begin with. Two answers may well begin with the same
// words, which are no prompt.
void takeCommonText(Example& example)
{
    std::string& chosen = example.chosen.front().content;
    std::string& rejected = example.rejected.front().content;
    const auto differs = std::mismatch(chosen.begin(), chosen.end(), rejected.begin(), rejected.end());
    auto same = static_cast<std::size_t>(differs.first - chosen.begin());
    same = chosen == rejected ? same : questionEnd(std::string_view(chosen).substr(0, same));
    if (!isBlank(std::string_view(chosen).substr(0, same))) {
        example.messages = {{"user", chosen.substr(0, same), {}}};
        chosen.erase(0, same);
        rejected.erase(0, same);
    }
}

Result<void> takePrompt(const Json& row, Example& example)
{
    const bool lists = !example.messages.empty()
                       || (messagesOrText(*fieldIn(row, kChosen)).is_array() && messagesOrText(*fieldIn(row, kRejected)).is_array());
    if (lists && example.messages.empty()) {
        takeCommonTurns(example);
    }
    const Json* conversation = nameIn(row, kPromptNames) ? nullptr : fieldIn(row, kMessageNames);
    if (conversation && example.messages.empty()) {
        auto messages = parseMessages(unpacked(*conversation), nameOr(row, kMessageNames));
        if (!messages) {
            return messages.error();
        }
        example.messages = std::move(*messages);
        return {};
    }
    if (!nameIn(row, kPromptNames)) {
        if (!lists) {
            takeCommonText(example);
        }
        return example.messages.empty()
                   ? Result<void>(
                         Error{"\"prompt\" is missing, and \"chosen\" and \"rejected\" do not begin with the same question; "
                               "add the prompt"})
                   : Result<void>();
    }
    // Answers that repeat the conversation say it better than a prompt beside them.
    if (example.messages.empty()) {
        auto prompt = parsePrompt(row);
        if (!prompt) {
            return prompt.error();
        }
        example.messages = std::move(*prompt);
    }
    return {};
}

bool isSilent(const std::vector<Message>& answer)
{
    return std::all_of(answer.begin(), answer.end(), saysNothing);
}

Result<void> checkAnswers(const Json& row, const Example& example)
{
    const auto isAnswer = [](const Message& m) { return m.role == "assistant"; };
    for (const auto& [name, names, answer] :
         {std::tuple{"chosen", kChosen, &example.chosen}, std::tuple{"rejected", kRejected, &example.rejected}}) {
        if (std::none_of(answer->begin(), answer->end(), isAnswer)) {
            return Error{std::string("\"") + name + "\" holds no message of the assistant; add its answer"};
        }
        const Json* given = fieldIn(row, names);
        if (isSilent(*answer) && given && given->is_string() && !isBlankText(*given)) {
            return Error{std::string("\"") + name
                         + "\" is empty after what both answers begin with; write a whole answer"};
        }
    }
    if (std::equal(example.chosen.begin(), example.chosen.end(), example.rejected.begin(), example.rejected.end(), sameButForEnds)) {
        const bool isSame = std::equal(example.chosen.begin(), example.chosen.end(), example.rejected.begin(), sameMessage);
        return Error{std::string("\"chosen\" and \"rejected\" are the same") + (isSame ? "" : " but for white space around them")
                     + ", so neither can be preferred; change one or leave the row out"};
    }
    return {};
}

// A number, or what reads as one, as in CSV.
Result<void> takeMargin(const Json& row, Example& example)
{
    const Json* given = fieldIn(row, kMargin);
    Json margin = given ? *given : Json();
    if (margin.is_string() && !isBlankText(margin)) {
        auto number = base::parseJson(margin.get_ref<const std::string&>());
        margin = number ? std::move(*number) : std::move(margin);
    }
    if (margin.is_null() || isBlankText(margin)) {
        return {};
    }
    if (!margin.is_number() || !std::isfinite(margin.get<double>())) {
        return Error{"\"" + nameOr(row, kMargin) + "\" is " + kindOf(margin) + "; it must be a number, how much better the chosen answer is"};
    }
    example.margin = margin.get<double>();
    return {};
}

// One text that is a whole conversation, as its turns.
void openTranscript(std::vector<Message>& messages)
{
    if (messages.size() == 1) {
        if (auto turns = turnsOfTranscript(messages.front().content); !turns.empty()) {
            messages = std::move(turns);
        }
    }
}

// Both answers, or neither, repeat the conversation as one text.
void openTranscripts(Example& example)
{
    auto chosen = example.chosen;
    auto rejected = example.rejected;
    openTranscript(chosen);
    openTranscript(rejected);
    if (chosen.size() > 1 && rejected.size() > 1) {
        example.chosen = std::move(chosen);
        example.rejected = std::move(rejected);
        takeCommonTurns(example);
    }
}

Result<Example> toExample(const Json& given)
{
    const Json pair = given.is_object() ? unfolded(given) : Json();
    const Json& row = pair.is_null() ? given : pair;
    auto object = requireObject(row, "a preference row has \"prompt\", \"chosen\" and \"rejected\"");
    auto chosen = object ? parseTextOrMessages(row, kChosen, "assistant") : object.error();
    if (!chosen) {
        return chosen.error();
    }
    auto rejected = parseTextOrMessages(row, kRejected, "assistant");
    if (!rejected) {
        return rejected.error();
    }
    Example example;
    example.kind = ExampleKind::Preference;
    example.chosen = std::move(*chosen);
    example.rejected = std::move(*rejected);
    openTranscripts(example);
    auto done = takePrompt(row, example);
    done = done ? takeSystem(row, example.messages) : done;
    done = done ? checkAnswers(row, example) : done;
    done = done ? takeMargin(row, example) : done;
    if (done) {
        auto all = example.messages;
        all.insert(all.end(), example.chosen.begin(), example.chosen.end());
        done = checkConversation(all);
    }
    done = done ? takeTemplateFields(row, example) : done;
    return done ? Result<Example>(std::move(example)) : Result<Example>(done.error());
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    const Json* chosen = fieldIn(row, kChosen);
    // A prompt beside answers that repeat the conversation is not what is read.
    const bool repeated = chosen && chosen->is_array() && chosen->size() > 1;
    if (!row.is_object()) {
        return paths;
    }
    if (nameIn(row, kPromptNames) && !repeated) {
        appendPromptPaths(row, paths);
    }
    if (const char* pair = unfolded(row).is_null() ? nullptr : nameIn(row, kPair)) {
        paths.push_back(std::string(pair) + "/0");
        paths.push_back(std::string(pair) + "/1");
        return paths;
    }
    for (const Names& names : {kChosen, kRejected}) {
        const Json* value = fieldIn(row, names);
        appendTextPaths(value ? *value : Json(), nameOr(row, names), paths);
    }
    return paths;
}

} // namespace
} // namespace preference_format

DatasetFormat preferenceFormat()
{
    return {"preference",
            "Preference",
            "\"prompt\", \"chosen\" and \"rejected\", texts or lists of messages; the prompt may be what "
            "both begin with",
            preference_format::matches,
            preference_format::toExample,
            preference_format::editablePaths};
}

} // namespace luthier::data
