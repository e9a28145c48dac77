// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/choice_rows.h"

#include "core/evaluation/scored_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace luthier::evaluation {

namespace {

constexpr std::array kQuestionKeys{"question", "query", "ctx", "context", "sentence", "prompt", "text", "goal"};
constexpr std::array kChoiceKeys{"choices", "endings", "options"};
constexpr std::array kAnswerKeys{"answer", "label", "gold", "answerKey", "answer_idx", "correct"};

template <class Keys>
const Json* firstOf(const Json& row, const Keys& keys)
{
    for (const char* key : keys) {
        if (const auto found = row.find(key); found != row.end() && !found->is_null()) {
            return &*found;
        }
    }
    return nullptr;
}

struct Choices {
    std::vector<std::string> texts;
    std::vector<std::string> labels; // empty: A, B, ...
    bool fromOne = false;            // numbers count from 1
};

std::optional<std::vector<std::string>> textsIn(const Json& list)
{
    std::vector<std::string> texts;
    if (!list.is_array()) {
        return std::nullopt;
    }
    for (const Json& one : list) {
        if (one.is_object() || one.is_array() || one.is_null()) {
            return std::nullopt;
        }
        texts.push_back(one.is_string() ? one.get<std::string>() : base::dumpJson(one));
    }
    return texts;
}

std::optional<Choices> choicesOf(const Json& row)
{
    if (const Json* found = firstOf(row, kChoiceKeys)) {
        if (found->is_object() && found->contains("text")) { // as ARC has them
            auto texts = textsIn((*found)["text"]);
            auto labels = textsIn(found->value("label", Json::array()));
            return texts && labels ? std::optional<Choices>({std::move(*texts), std::move(*labels), false}) : std::nullopt;
        }
        if (found->is_object()) { // {"A":"...","B":"..."}
            Choices choices;
            for (const auto& [label, text] : found->items()) {
                if (!text.is_string()) {
                    return std::nullopt;
                }
                choices.labels.push_back(label);
                choices.texts.push_back(text.get<std::string>());
            }
            return choices;
        }
        auto texts = textsIn(*found);
        return texts ? std::optional<Choices>({std::move(*texts), {}, false}) : std::nullopt;
    }
    Choices choices{{}, {}, true};
    for (const char* prefix : {"option", "sol", "choice"}) {
        for (int i = 1; choices.texts.size() == static_cast<std::size_t>(i - 1); ++i) {
            const auto found = row.find(prefix + std::to_string(i));
            if (found == row.end() || !found->is_string()) {
                break;
            }
            choices.texts.push_back(found->get<std::string>());
        }
        if (!choices.texts.empty()) {
            choices.fromOne = std::string_view(prefix) != "sol"; // PIQA counts its two solutions from 0
            return choices;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> rightOf(const Json& answer, const Choices& choices)
{
    const auto count = choices.texts.size();
    const std::string word = answer.is_string() ? answer.get<std::string>() : base::dumpJson(answer);
    const auto at = [&](const std::vector<std::string>& list) -> std::optional<std::size_t> {
        const auto found = std::find(list.begin(), list.end(), word);
        return found == list.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - list.begin()));
    };
    if (const auto label = at(choices.labels)) {
        return label;
    }
    if (answer.is_string()) { // "7" may be the text of a choice; a number is a place
        if (const auto text = at(choices.texts)) {
            return text;
        }
    }
    if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z' && static_cast<std::size_t>(word[0] - 'A') < count) {
        return static_cast<std::size_t>(word[0] - 'A');
    }
    std::int64_t place = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), place);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) {
        return std::nullopt;
    }
    place -= choices.fromOne ? 1 : 0;
    return place >= 0 && place < static_cast<std::int64_t>(count) ? std::optional(static_cast<std::size_t>(place)) : std::nullopt;
}

// "___", or "_" alone between blanks: begin and end of the first one.
std::optional<std::pair<std::size_t, std::size_t>> blankIn(const std::string& text)
{
    for (auto begin = text.find('_'); begin != std::string::npos; begin = text.find('_', begin)) {
        auto end = text.find_first_not_of('_', begin);
        end = end == std::string::npos ? text.size() : end;
        const bool standsAlone = (begin == 0 || text[begin - 1] == ' ') && (end == text.size() || std::string_view(" .,;:!?").find(text[end]) != std::string_view::npos);
        if (end - begin >= 3 || standsAlone) {
            return std::pair(begin, end);
        }
        begin = end;
    }
    return std::nullopt;
}

} // namespace

bool hasChoices(const Json& row)
{
    return row.is_object() && choicesOf(row).has_value() && firstOf(row, kQuestionKeys) != nullptr;
}

Result<EvalRow> choiceRow(const Json& json)
{
    if (!json.is_object()) {
        return Error{"it is no object; a row is {\"question\":\"...\",\"choices\":[\"...\",\"...\"],\"answer\":0}"};
    }
    const Json* question = firstOf(json, kQuestionKeys);
    if (question == nullptr || !question->is_string()) {
        return Error{"\"question\" is missing, or no text"};
    }
    auto choices = choicesOf(json);
    if (!choices || choices->texts.size() < 2) {
        return Error{"\"choices\" must be a list of at least two texts"};
    }
    const Json* answer = firstOf(json, kAnswerKeys);
    const auto right = answer == nullptr ? std::nullopt : rightOf(*answer, *choices);
    if (!right) {
        return Error{answer == nullptr ? "\"answer\" is missing: which of the choices is right"
                                       : "\"answer\" " + base::dumpJson(*answer) + " names none of its " + std::to_string(choices->texts.size())
                                             + " choices; give its place from 0, its letter or its text"};
    }
    EvalRow row;
    const std::string text = question->get<std::string>();
    row.prompt.push_back({"user", text, {}});
    row.choices = std::move(choices->texts);
    row.right = *right;
    row.references.push_back(row.choices[row.right]);
    const auto blank = blankIn(text);
    row.before = blank ? text.substr(0, blank->first) : text;
    row.behind = blank ? text.substr(blank->second) : "";
    // Blanks at the end of the question belong to the choice, as a tokenizer wants them.
    const auto end = row.before.find_last_not_of(" \n\t");
    row.before.resize(end == std::string::npos ? 0 : end + 1);
    if (row.before.empty()) {
        return Error{"nothing stands before its choices"};
    }
    row.group = "question " + row.before;
    if (const auto tags = json.find("subject"); tags != json.end() && tags->is_string()) {
        row.tags.push_back(tags->get<std::string>());
    }
    return row;
}

Result<bool> isChoiceFile(const std::filesystem::path& path)
{
    return firstRowIs(path, hasChoices);
}

Result<EvalRows> choiceRows(const std::filesystem::path& path, const EvalRowSettings& settings, const base::CancelToken& cancel)
{
    return scoredRowsOfFile(path, "a row with choices", settings, choiceRow, cancel);
}

} // namespace luthier::evaluation
