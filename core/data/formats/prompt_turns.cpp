// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"
#include "core/data/formats/transcript.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <iterator>

namespace luthier::data {

namespace {

// Earlier turns: [[question, answer], ...].
Result<void> takeHistory(const Json& row, std::vector<Message>& messages)
{
    const Json* field = fieldIn(row, {"history"});
    if (!field || isBlankText(*field)) {
        return {};
    }
    const Json history = unpacked(*field);
    if (!history.is_array() || !std::all_of(history.begin(), history.end(), isPairOfTexts)) {
        return Error{"\"history\" must be a list of pairs of texts, [[question, answer], ...]"};
    }
    for (const Json& turn : history) {
        messages.push_back({"user", turn[0].get<std::string>()});
        messages.push_back({"assistant", turn[1].get<std::string>()});
    }
    return {};
}

// The field beside the prompt that belongs to it; null: none, or it is the prompt itself.
const char* inputBeside(const Json& row, Names prompt)
{
    const char* input = nameIn(row, kInputNames);
    const char* own = nameIn(row, prompt);
    return input && own && std::string_view(input) != own && !isBlankText(row[input]) ? input : nullptr;
}

// One text with the speakers' names that waits for an answer ("\n\nHuman: Who bakes?\n\nAssistant:") as its turns: the names are
// the template's to write.
void openPrompt(std::vector<Message>& prompt)
{
    const bool isQuestion = prompt.size() == 1 && prompt.front().role == "user";
    auto turns = isQuestion ? turnsOfTranscript(prompt.front().content) : std::vector<Message>();
    if (!turns.empty() && turns.back().role == "assistant" && turns.back().content.empty()) {
        turns.pop_back();
        prompt = std::move(turns);
    }
}

} // namespace

Result<std::vector<Message>> parsePrompt(const Json& row, Names names)
{
    std::vector<Message> messages;
    auto history = takeHistory(row, messages);
    auto prompt = history ? parseTextOrMessages(row, names, "user") : history.error();
    if (!prompt) {
        return prompt.error();
    }
    openPrompt(*prompt);
    if (const char* input = inputBeside(row, names)) {
        std::string& words = prompt->back().content;
        words += (isBlank(words) ? "" : "\n") + textOf(row[input]); // many tables leave the instruction empty
    }
    messages.insert(messages.end(), std::make_move_iterator(prompt->begin()), std::make_move_iterator(prompt->end()));
    auto system = takeSystem(row, messages);
    return system ? Result<std::vector<Message>>(std::move(messages)) : Result<std::vector<Message>>(system.error());
}

void appendPromptPaths(const Json& row, std::vector<std::string>& paths, Names names)
{
    if (!row.is_object()) {
        return;
    }
    if (const char* system = nameIn(row, kSystemNames)) {
        paths.push_back(system);
    }
    const Json* history = fieldIn(row, {"history"});
    for (std::size_t i = 0; history && history->is_array() && i < history->size(); ++i) {
        if ((*history)[i].is_array() && (*history)[i].size() == 2) {
            paths.push_back("history/" + std::to_string(i) + "/0");
            paths.push_back("history/" + std::to_string(i) + "/1");
        }
    }
    const Json* value = fieldIn(row, names);
    const Json* held = value ? fieldIn(*value, {"messages"}) : nullptr;
    appendTextPaths(held ? *held : value ? *value : Json(), nameOr(row, names) + (held ? "/messages" : ""), paths);
    if (const char* input = inputBeside(row, names)) {
        paths.push_back(input);
    }
}

Result<Example> answeredExample(const Json& row, std::vector<Message> prompt, std::vector<Message> answer)
{
    Example example;
    example.messages = std::move(prompt);
    example.messages.insert(example.messages.end(), std::make_move_iterator(answer.begin()), std::make_move_iterator(answer.end()));
    auto system = takeSystem(row, example.messages);
    if (!system) {
        return system.error();
    }
    auto good = checkConversation(example.messages);
    auto taken = good ? takeTemplateFields(row, example) : good;
    return taken ? Result<Example>(std::move(example)) : Result<Example>(taken.error());
}

std::vector<std::string> textPaths(const Json& row, std::initializer_list<Names> fields)
{
    std::vector<std::string> paths;
    for (const Names& names : row.is_object() ? fields : std::initializer_list<Names>()) {
        const Json* value = fieldIn(row, names);
        appendTextPaths(value ? *value : Json(), nameOr(row, names), paths);
    }
    return paths;
}

} // namespace luthier::data
