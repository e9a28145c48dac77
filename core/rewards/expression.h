// SPDX-License-Identifier: GPL-3.0-or-later
// Expression: a small formula over an answer's fields.
//
//   words <= 20 and contains(answer, 'please') - 0.1 * lines
//
//   fields     answer, prompt, expected (texts); words, characters, lines, sentences, tokens, repeats (share of the words that
//              end three words which stood before), number (the last one in the answer; none: missing), ended (1: by
//              itself); json.a.b of an answer that is JSON; row.a.b of its row
//   functions  contains(a, b), count(a, b), starts(a, b), ends(a, b), lower(a), length(a), number(a), has(x),
//              abs(x), min(x, y), max(x, y), clamp(x, low, high), if(c, x, y)
//   operators  or, and, not, = != < <= > >=, + -, * /, ( )
// True is 1 and false 0. What is missing makes what is computed with it missing; has(x) says whether it is there, or and
// and take it for false, and a comparison with it is false. Depth and size are bounded; it always ends.
//
// Threads: constant once compiled.
#pragma once

#include "core/rewards/rule.h"

#include <memory>
#include <optional>
#include <string_view>

namespace luthier::rewards {

class Expression {
public:
    // Errors say at which character.
    static Result<Expression> compile(std::string_view text);

    // Nothing: the result is missing, or no number.
    std::optional<double> valueOf(const Answer& answer) const;

    struct Node;

private:
    explicit Expression(std::shared_ptr<const Node> root) : m_root(std::move(root)) {}

    std::shared_ptr<const Node> m_root;
};

} // namespace luthier::rewards
