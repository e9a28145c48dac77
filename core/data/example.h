// SPDX-License-Identifier: GPL-3.0-or-later
// Example: the only intermediate form of a row. Formats turn rows into it; templates, masks, views and
// training never see the source format. All texts are UTF-8. A plain value: threads share it as they would any struct.
#pragma once

#include "core/base/json.h"

#include <optional>
#include <string>
#include <vector>

namespace luthier::data {

struct Message {
    std::string role; // system, developer, user, assistant, tool
    std::string content;
    Json extra = {};     // other keys of the message (tool_calls, name, ...); null when none
    bool trained = true; // false: marked as not to be learned ("weight": 0, "train": false); an answer is context then
};

enum class ExampleKind { Conversation, Text, Preference };

struct Example {
    ExampleKind kind = ExampleKind::Conversation;
    std::vector<Message> messages; // Conversation: all turns; Preference: the prompt
    std::string text;              // Text
    std::vector<Message> chosen;   // Preference: the answers
    std::vector<Message> rejected;
    std::optional<bool> desirable; // Conversation: whether its answer was judged good; empty: it was not judged
    std::optional<double> margin;  // Preference: how much better the chosen answer is, on a scale of the data's own
    std::string label;             // Conversation that asks for a label: the label; empty: it does not
    std::string labelled;          // and the text that the label is of
    Json tools;                    // null: none
    Json templateVariables;        // chat_template_kwargs; null: none
};

// Array for ChatTemplate::render.
Json toJson(const std::vector<Message>& messages);

// First user turn, for lists and tables. One line.
std::string promptOf(const Example& example);
std::string answerOf(const Example& example);

} // namespace luthier::data
