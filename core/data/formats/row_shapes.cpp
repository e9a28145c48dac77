// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/row_writer.h"

#include <algorithm>
#include <array>

namespace luthier::data {

namespace {

// With the mark of answers that are not to be learned.
Json markedMessages(const std::vector<Message>& messages)
{
    Json list = toJson(messages);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (!messages[i].trained && messages[i].role == "assistant") {
            list[i]["train"] = false;
        }
    }
    return list;
}

bool isMarked(const Message& message)
{
    return !message.trained && message.role == "assistant";
}

// What a shape has no place for must not be lost in silence.
Result<void> requirePlain(const Example& example, const char* shape)
{
    if (example.kind == ExampleKind::Preference) {
        return Error{std::string("a pair of answers does not fit into the shape ") + shape
                     + "; write it as preference, or as completion to keep the chosen answer"};
    }
    if (example.desirable == false) {
        return Error{std::string("its answer was judged bad, which the shape ") + shape
                     + " cannot say; write it as unpaired"};
    }
    if (!example.tools.is_null()) {
        return Error{std::string("it names tools, for which the shape ") + shape + " has no place; write it as chat"};
    }
    for (const Message& message : example.messages) {
        if (isMarked(message)) {
            return Error{std::string("it has an answer that is not to be learned, for which the shape ") + shape
                         + " has no place; write it as chat"};
        }
        if (!message.extra.is_null() || message.role == "tool") {
            return Error{std::string("it has tool calls, for which the shape ") + shape
                         + " has no place; write it as chat"};
        }
    }
    return {};
}

void addTemplateFields(const Example& example, Json& row)
{
    if (!example.tools.is_null()) {
        row["tools"] = example.tools;
    }
    if (!example.templateVariables.is_null()) {
        row["chat_template_kwargs"] = example.templateVariables;
    }
}

Result<Json> toChat(const Example& example)
{
    if (example.kind != ExampleKind::Conversation) {
        return Error{"it is no conversation; write it as text or preference"};
    }
    if (example.desirable == false) {
        return Error{"its answer was judged bad, which the shape chat cannot say; write it as unpaired"};
    }
    Json row = {{"messages", markedMessages(example.messages)}};
    addTemplateFields(example, row);
    return row;
}

Result<Json> toShareGpt(const Example& example)
{
    if (auto plain = requirePlain(example, "sharegpt"); !plain || example.kind != ExampleKind::Conversation) {
        return plain ? Error{"it is no conversation; write it as text"} : plain.error();
    }
    Json list = Json::array();
    for (const Message& message : example.messages) {
        const std::string from = message.role == "user" ? "human" : message.role == "assistant" ? "gpt" : message.role;
        list.push_back({{"from", from}, {"value", message.content}});
    }
    return Json{{"conversations", std::move(list)}};
}

// System message, pairs of questions and answers before the last, the last pair.
Result<Json> toInstruction(const Example& example)
{
    if (auto plain = requirePlain(example, "instruction"); !plain || example.kind != ExampleKind::Conversation) {
        return plain ? Error{"it is no conversation; write it as text"} : plain.error();
    }
    auto turn = example.messages.begin();
    Json row = {{"instruction", ""}, {"input", ""}, {"output", ""}};
    if (turn != example.messages.end() && turn->role == "system") {
        row["system"] = (turn++)->content;
    }
    Json history = Json::array();
    for (; turn != example.messages.end(); turn += 2) {
        const bool isPair = std::distance(turn, example.messages.end()) >= 2 && turn->role == "user"
                            && (turn + 1)->role == "assistant";
        if (!isPair) {
            return Error{"its turns are not pairs of a question and an answer; write it as chat"};
        }
        history.push_back({turn->content, (turn + 1)->content});
    }
    if (history.empty()) {
        return Error{"it has no question and answer"};
    }
    row["instruction"] = history.back()[0];
    row["output"] = history.back()[1];
    history.erase(history.size() - 1);
    if (!history.empty()) {
        row["history"] = std::move(history);
    }
    return row;
}

Json textOrMessages(const std::vector<Message>& messages, const char* role)
{
    const bool single = messages.size() == 1 && messages[0].role == role && messages[0].extra.is_null() && !isMarked(messages[0]);
    return single ? Json(messages[0].content) : markedMessages(messages);
}

// The prompt and the answer or answers of its last turn.
Result<Json> promptAndAnswer(const Example& example)
{
    if (example.kind == ExampleKind::Text || example.messages.empty()) {
        return Error{"it is a text without prompt and answer; write it as text"};
    }
    std::vector<Message> prompt = example.messages;
    std::vector<Message> answer = example.chosen;
    if (example.kind == ExampleKind::Conversation) {
        answer = {prompt.back()};
        prompt.pop_back();
    }
    if (answer.empty() || answer.back().role != "assistant" || prompt.empty()) {
        return Error{"it does not end with an answer of the assistant; write it as chat"};
    }
    // Both texts or both lists, as other programs want it.
    Json row = {{"prompt", textOrMessages(prompt, "user")}, {"completion", textOrMessages(answer, "assistant")}};
    if (row["prompt"].is_array() || row["completion"].is_array()) {
        row = {{"prompt", markedMessages(prompt)}, {"completion", markedMessages(answer)}};
    }
    addTemplateFields(example, row);
    return row;
}

Result<Json> toCompletion(const Example& example)
{
    if (example.desirable == false) {
        return Error{"its answer was judged bad, which the shape completion cannot say; write it as unpaired"};
    }
    return promptAndAnswer(example);
}

// What nobody judged counts as good.
Result<Json> toUnpaired(const Example& example)
{
    if (example.kind == ExampleKind::Preference) {
        return Error{"it is a pair of answers; write it as preference"};
    }
    auto row = promptAndAnswer(example);
    if (row) {
        (*row)["label"] = example.desirable.value_or(true);
    }
    return row;
}

Result<Json> toPreference(const Example& example)
{
    if (example.kind != ExampleKind::Preference) {
        return Error{"it has one answer, no pair of a chosen and a rejected one"};
    }
    Json row = {{"prompt", textOrMessages(example.messages, "user")},
                {"chosen", textOrMessages(example.chosen, "assistant")},
                {"rejected", textOrMessages(example.rejected, "assistant")}};
    if (row["prompt"].is_array() || row["chosen"].is_array() || row["rejected"].is_array()) {
        row = {{"prompt", markedMessages(example.messages)},
               {"chosen", markedMessages(example.chosen)},
               {"rejected", markedMessages(example.rejected)}};
    }
    addTemplateFields(example, row);
    return row;
}

Result<Json> toText(const Example& example)
{
    if (example.kind != ExampleKind::Text) {
        return Error{"it is a conversation; which text it becomes depends on the template (luthier render shows it)"};
    }
    return Json{{"text", example.text}};
}

constexpr std::array kShapes = {
    RowShape{"chat", "{\"messages\":[{\"role\",\"content\"}]}", toChat},
    RowShape{"sharegpt", "{\"conversations\":[{\"from\",\"value\"}]}", toShareGpt},
    RowShape{"instruction", "{\"instruction\",\"input\",\"output\"}, with \"system\" and \"history\" where needed", toInstruction},
    RowShape{"completion", "{\"prompt\",\"completion\"}", toCompletion},
    RowShape{"preference", "{\"prompt\",\"chosen\",\"rejected\"}", toPreference},
    RowShape{"unpaired", "{\"prompt\",\"completion\",\"label\"}, true for a good answer", toUnpaired},
    RowShape{"text", "{\"text\"}", toText},
};

} // namespace

std::span<const RowShape> rowShapes()
{
    return kShapes;
}

const RowShape* findRowShape(std::string_view id)
{
    const auto found = std::find_if(kShapes.begin(), kShapes.end(), [id](const RowShape& shape) { return shape.id == id; });
    return found == kShapes.end() ? nullptr : &*found;
}

} // namespace luthier::data
