// SPDX-License-Identifier: GPL-3.0-or-later
// Transcript: a conversation that is one text with the speakers' names before their words, as HH-RLHF writes it:
//   "\n\nHuman: Who bakes?\n\nAssistant: Odo bakes."
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/example.h"

#include <string_view>
#include <vector>

namespace luthier::data {

// Its turns, without the space around their words; the text begins with the person ("Human:" or "User:"), and each name stands at
// the beginning of a paragraph. A text that ends with "Assistant:" waits for an answer: that last turn is empty.
// Empty: it is no such text.
std::vector<Message> turnsOfTranscript(std::string_view text);

// The same where the row says that it is a conversation: names may stand at the beginning of lines, too. Empty also where somebody
// else speaks, "FUNCTION RESPONSE:", whose words would be taken for the assistant's.
std::vector<Message> turnsOfConversation(std::string_view text);

} // namespace luthier::data
