// SPDX-License-Identifier: GPL-3.0-or-later
// ExampleView: the texts of an example where they stand, for those that look at millions of rows. Views live as long as what they
// were taken from stays as it is.
//
// Threads: a plain value; free functions, any thread.
#pragma once

#include "core/data/example.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

struct TurnView {
    std::string_view role;
    std::string_view content;
};

// The members of Example that hold texts. Made once and filled again and again: it keeps its memory.
struct ExampleView {
    ExampleKind kind = ExampleKind::Conversation;
    std::vector<TurnView> messages;
    std::string_view text;
    std::vector<TurnView> chosen;
    std::vector<TurnView> rejected;
    std::string joined; // what some of these are views of, where the row has the parts alone

    void clear();
    void fill(const Example& example);
};

// What promptTurns(), answerTextOf() and promptOf() (example_text.h) say of an example. A question that is no text, a call of a
// tool say, is empty here, and white space stays.
std::size_t promptTurns(const ExampleView& example);
std::string_view answerViewOf(const ExampleView& example);
std::string_view questionViewOf(const ExampleView& example);

} // namespace luthier::data
