// SPDX-License-Identifier: GPL-3.0-or-later
// The rest of ExpressionParser: what an expression is made of: names, constants, tuples, lists, dicts.
#include "core/text/jinja/syntax/expression_parser.h"

namespace luthier::text::jinja {

ExpressionPtr ExpressionParser::nameOrConstant()
{
    const int line = current().line;
    const auto text = next().text;
    if (text == "true" || text == "True" || text == "false" || text == "False") {
        return makeConstant(Value(text == "true" || text == "True"), line);
    }
    if (text == "none" || text == "None") {
        return makeConstant(Value(None{}), line);
    }
    namesSeen.insert(text);
    return makeExpression(ExpressionKind::Name, line, text);
}

ExpressionPtr ExpressionParser::primary()
{
    const int line = current().line;
    switch (current().kind) {
    case TokenKind::Name:
        return nameOrConstant();
    case TokenKind::String: {
        std::string text;
        while (current().kind == TokenKind::String) {
            text += next().text;
        }
        return makeConstant(Value(std::move(text)), line);
    }
    case TokenKind::Integer:
        return makeConstant(Value(next().integer), line);
    case TokenKind::Float:
        return makeConstant(Value(next().real), line);
    default:
        break;
    }
    if (skipOperator("(")) {
        auto out = tuple(true, {}, true);
        expectOperator(")");
        return out;
    }
    if (isOperator("[")) {
        return list();
    }
    if (isOperator("{")) {
        return dict();
    }
    stop("expected a value, found " + (current().text.empty() ? "the end of the tag" : '"' + current().text + '"'));
}

ExpressionPtr ExpressionParser::tuple(bool withConditional, std::string_view end, bool inParentheses)
{
    const int line = current().line;
    std::vector<ExpressionPtr> parts;
    bool comma = false;
    while (true) {
        const auto kind = current().kind;
        if (kind == TokenKind::BlockEnd || kind == TokenKind::VariableEnd || isOperator(")")
            || (!end.empty() && isName(end))) {
            break;
        }
        parts.push_back(expression(withConditional));
        if (!skipOperator(",")) {
            break;
        }
        comma = true;
    }
    if (!comma && parts.size() == 1) {
        return std::move(parts[0]);
    }
    if (parts.empty() && !inParentheses) {
        stop("expected a value, found the end of the tag");
    }
    auto out = makeExpression(ExpressionKind::Tuple, line);
    for (auto& part : parts) {
        addPart(*out, std::move(part));
    }
    return out;
}

ExpressionPtr ExpressionParser::list()
{
    auto out = makeExpression(ExpressionKind::List, next().line);
    while (!isOperator("]")) {
        if (!out->parts.empty()) {
            expectOperator(",");
            if (isOperator("]")) {
                break;
            }
        }
        addPart(*out, expression());
    }
    next();
    return out;
}

ExpressionPtr ExpressionParser::dict()
{
    auto out = makeExpression(ExpressionKind::Dict, next().line);
    while (!isOperator("}")) {
        if (!out->parts.empty()) {
            expectOperator(",");
            if (isOperator("}")) {
                break;
            }
        }
        addPart(*out, expression());
        expectOperator(":");
        addPart(*out, expression());
    }
    next();
    return out;
}

} // namespace luthier::text::jinja
