// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/example.h"

#include "core/data/example_text.h"

#include <algorithm>

namespace luthier::data {

namespace {

std::string firstOf(const std::vector<Message>& messages, const char* role)
{
    const auto found
        = std::find_if(messages.begin(), messages.end(), [role](const Message& m) { return m.role == role; });
    if (found == messages.end()) {
        return {};
    }
    const bool onlyCalls = found->content.empty() && found->extra.contains("tool_calls");
    return squeezed(onlyCalls ? base::dumpJson(found->extra["tool_calls"]) : found->content);
}

} // namespace

Json toJson(const std::vector<Message>& messages)
{
    Json list = Json::array();
    for (const Message& message : messages) {
        Json item = {{"role", message.role}, {"content", message.content}};
        if (message.extra.is_object()) {
            for (const auto& [key, value] : message.extra.items()) {
                item[key] = value;
            }
        }
        list.push_back(std::move(item));
    }
    return list;
}

std::string promptOf(const Example& example)
{
    return example.kind == ExampleKind::Text ? squeezed(example.text) : firstOf(example.messages, "user");
}

std::string answerOf(const Example& example)
{
    switch (example.kind) {
    case ExampleKind::Text: return {};
    case ExampleKind::Preference: return firstOf(example.chosen, "assistant");
    case ExampleKind::Conversation: break;
    }
    return firstOf(example.messages, "assistant");
}

} // namespace luthier::data
