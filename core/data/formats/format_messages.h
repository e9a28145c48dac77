// SPDX-License-Identifier: GPL-3.0-or-later
// FormatMessages: lists of messages, as {"role","content"} and as {"from","value"}.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/formats/format_parts.h"

namespace luthier::data {

// A list of {"role","content"} or {"from","value"}; `name` is how sentences call it.
bool looksLikeMessages(const Json& value);

// A list as it is, and one that stands as JSON inside a text; any other text, a list of numbers say, stays a
// text.
Json messagesOrText(const Json& value);

Result<std::vector<Message>> parseMessages(const Json& list, const std::string& name);

// A text as the one message of `role`, or a list of messages.
Result<std::vector<Message>> parseTextOrMessages(const Json& row, Names names, const char* role);

// Begins with the user (after a system message) and answers at least once.
Result<void> checkConversation(const std::vector<Message>& messages);

// Paths to the texts of a text or a list of messages under `name`.
void appendTextPaths(const Json& value, const std::string& name, std::vector<std::string>& paths);

// The prompt with its answer behind it as one checked conversation, with the row's template fields.
Result<Example> answeredExample(const Json& row, std::vector<Message> prompt, std::vector<Message> answer);

// Paths of the texts in these fields; empty for a row that is no object.
std::vector<std::string> textPaths(const Json& row, std::initializer_list<Names> fields);

} // namespace luthier::data
