// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/syntax/ast.h"

#include <algorithm>

namespace luthier::text::jinja {

std::unique_ptr<Expression> makeExpression(ExpressionKind kind, int line, std::string text)
{
    auto out = std::make_unique<Expression>();
    out->kind = kind;
    out->line = line;
    out->text = std::move(text);
    return out;
}

ExpressionPtr makeConstant(Value value, int line)
{
    auto out = makeExpression(ExpressionKind::Constant, line);
    out->value = std::move(value);
    return out;
}

void addPart(Expression& parent, ExpressionPtr part)
{
    if (part != nullptr) {
        parent.depth = std::max(parent.depth, part->depth + 1);
        if (parent.depth > kDeepestExpression) {
            throw Problem{"an expression is nested deeper than " + std::to_string(kDeepestExpression) + " levels",
                          parent.line, false};
        }
    }
    parent.parts.push_back(std::move(part));
}

} // namespace luthier::text::jinja
