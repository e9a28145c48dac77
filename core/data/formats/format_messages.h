// SPDX-License-Identifier: GPL-3.0-or-later
// FormatMessages: lists of messages, as {"role","content"} and as {"from","value"}.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/formats/format_parts.h"

#include <optional>

namespace luthier::data {

// A list of {"role","content"}, {"from","value"} or ["user", "..."].
bool looksLikeMessages(const Json& value);
// Turns without roles: XTuner's {"system", "input", "output"}, the system text with the first; {"human": ..., "assistant": ...}, both
// in one object or one in each; pairs of texts, [question, answer].
bool looksLikeTurns(const Json& value);
inline constexpr Names kTurnInput = {"input", "human", "user"};
inline constexpr Names kTurnOutput = {"output", "assistant", "gpt", "bot"};
bool isPairOfTexts(const Json& value); // [question, answer]
bool isListOfTurns(const Json& value); // one of both

// A row that is one message by itself; a conversation is a row with all of its messages.
bool isLoneMessage(const Json& row);

// What somebody decided of a row in an annotation tool (Prodigy's "answer": accept, reject, ignore); empty: nothing.
std::string decisionOf(const Json& row);

// Who speaks in a message: system, developer, user, assistant, tool; a name that is none of theirs as it stands, "" without one.
std::string speakerOf(const Json& message);

bool isSpeakerKey(const std::string& key); // "role", "from", ...
// Whether a member of a message says if it is learned: "weight", "train", "loss_mask", ...
bool isTrainedMark(const std::string& key);

// A list as it is, one that stands as JSON inside a text, and one message alone as a list of one; any other text, a list
// of numbers say, stays a text.
Json messagesOrText(const Json& value);

Result<std::vector<Message>> parseMessages(const Json& list, const std::string& name);

// How lists of messages are called.
inline constexpr Names kMessageNames = {"messages", "conversations", "conversation", "chat_messages", "dialog", "dialogue", "contents"};

// How shapes with a prompt and an answer call the two, and what stands beside the prompt and belongs to it.
inline constexpr Names kPromptNames = {"prompt", "question", "query", "instruction", "input", "inputs"};
inline constexpr Names kAnswerNames = {"completion", "response", "answer", "output", "targets"};
inline constexpr Names kSystemNames = {"system", "system_prompt", "system_instruction", "systemInstruction"};
inline constexpr Names kInputNames = {"input", "inputs", "context"};

// The prompt with the row's input behind it, as turns of the user; its "history" and "system" before it.
Result<std::vector<Message>> parsePrompt(const Json& row, Names names = kPromptNames);

// Paths of the texts that parsePrompt reads.
void appendPromptPaths(const Json& row, std::vector<std::string>& paths, Names names = kPromptNames);

std::vector<Message> oneMessage(const char* role, std::string text);

// A text as the one message of `role`, or a list of messages.
Result<std::vector<Message>> parseTextOrMessages(const Json& row, Names names, const char* role);

// Somebody speaks after a system message, and the assistant at least once.
Result<void> checkConversation(const std::vector<Message>& messages);

// The row's "system" as the first message, where it has one and the messages have none.
Result<void> takeSystem(const Json& row, std::vector<Message>& messages);

// true, 1, "yes", "good", thumbs up and their opposites, without case; empty: it says neither.
std::optional<bool> truthOf(const Json& value);

// Paths to the texts of a text or a list of messages under `name`.
void appendTextPaths(const Json& value, const std::string& name, std::vector<std::string>& paths);

// The prompt with its answer behind it as one checked conversation, with the row's system and template fields.
Result<Example> answeredExample(const Json& row, std::vector<Message> prompt, std::vector<Message> answer);

// Paths of the texts in these fields; empty for a row that is no object.
std::vector<std::string> textPaths(const Json& row, std::initializer_list<Names> fields);

} // namespace luthier::data
