// SPDX-License-Identifier: GPL-3.0-or-later
// Literals of the template language: numbers and quoted strings with Python's escapes.
//
// Threads: free functions. `text` begins at the literal; the result is the length read. Errors: Problem.
#pragma once

#include "core/text/jinja/syntax/lex.h"

namespace luthier::text::jinja {

std::size_t readNumber(std::string_view text, LexToken& token);
std::size_t readString(std::string_view text, LexToken& token);

} // namespace luthier::text::jinja
