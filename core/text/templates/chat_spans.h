// SPDX-License-Identifier: GPL-3.0-or-later
// ChatSpans: which bytes of a rendered conversation an assistant said, and where every message stands, from the
// account that the renderer kept of each byte. The text is never searched for what a message says.
//
// Threads: free functions.
#pragma once

#include "core/text/jinja/values/value.h"
#include "core/text/templates/chat_template.h"

#include <optional>
#include <string>
#include <vector>

namespace luthier::text {

struct SpanRequest {
    bool marksAnswers = false;   // the template holds {% generation %}: its blocks are the answer
    // What the template writes to ask for an answer: the header of an answer. Empty: an answer has none in its turn.
    std::optional<std::string> prompt; // nullopt: not known
    std::size_t end = 0;         // where the conversation ends and such a prompt may begin
    std::vector<bool> assistant; // message i is an assistant's
};

// Without marks an answer goes from behind its header (the generation prompt where the turn begins so, else the
// first byte that comes from the message) to the end-of-sequence token after it, else to the last byte of its turn
// that is no white space.
std::vector<Span> assistantSpans(const jinja::Text& out, const SpanRequest& request);

std::vector<Span> messageSpans(const jinja::Text& out, std::size_t messages);

} // namespace luthier::text
