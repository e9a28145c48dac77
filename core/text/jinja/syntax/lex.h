// SPDX-License-Identifier: GPL-3.0-or-later
// Lexer of the template language: text, {{ }}, {% %} and {# #} with trim_blocks, lstrip_blocks and "-"/"+" marks.
//
// Threads: a free function. Errors: the exception Problem with the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text::jinja {

enum class TokenKind { Data, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, String, Integer, Float, Operator, End };

struct LexToken {
    TokenKind kind = TokenKind::End;
    std::string text; // data, name, operator, or the string's value
    std::int64_t integer = 0;
    double real = 0;
    int line = 1;
};

std::vector<LexToken> lex(std::string_view source);

} // namespace luthier::text::jinja
