// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja_expression_parser.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace {

constexpr int kDeepestExpression = 200; // a chain of a.b.c... or a + b + c... is as deep as it is long

using Draft = std::unique_ptr<Expression>;

Draft make(ExpressionKind kind, int line, std::string text = {})
{
    auto out = std::make_unique<Expression>();
    out->kind = kind;
    out->line = line;
    out->text = std::move(text);
    return out;
}

void add(Expression& parent, ExpressionPtr part)
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

ExpressionPtr constant(Value value, int line)
{
    auto out = make(ExpressionKind::Constant, line);
    out->value = std::move(value);
    return out;
}

} // namespace

class ExpressionParser::Nesting {
public:
    explicit Nesting(ExpressionParser& parser) : m_parser(parser)
    {
        if (++m_parser.m_depth > kDeepestExpression) {
            m_parser.stop("an expression is nested deeper than " + std::to_string(kDeepestExpression) + " levels");
        }
    }
    ~Nesting() { --m_parser.m_depth; }

private:
    ExpressionParser& m_parser;
};

ExpressionPtr ExpressionParser::expression(bool withConditional)
{
    const Nesting nesting(*this);
    return withConditional ? conditional() : disjunction();
}

ExpressionPtr ExpressionParser::conditional()
{
    const int line = current().line;
    auto value = disjunction();
    while (skipName("if")) {
        auto out = make(ExpressionKind::Conditional, line);
        auto condition = disjunction();
        add(*out, std::move(value));
        add(*out, std::move(condition));
        add(*out, skipName("else") ? expression() : nullptr);
        value = std::move(out);
    }
    return value;
}

ExpressionPtr ExpressionParser::disjunction()
{
    auto left = conjunction();
    while (skipName("or")) {
        auto out = make(ExpressionKind::Or, left->line);
        add(*out, std::move(left));
        add(*out, conjunction());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::conjunction()
{
    auto left = negation();
    while (skipName("and")) {
        auto out = make(ExpressionKind::And, left->line);
        add(*out, std::move(left));
        add(*out, negation());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::negation()
{
    const Nesting nesting(*this);
    const int line = current().line;
    if (!skipName("not")) {
        return comparison();
    }
    auto out = make(ExpressionKind::Not, line);
    add(*out, negation());
    return out;
}

ExpressionPtr ExpressionParser::comparison()
{
    auto first = sum();
    Draft out;
    while (true) {
        std::string op;
        for (const auto* symbol : {"==", "!=", "<=", ">=", "<", ">"}) {
            if (op.empty() && skipOperator(symbol)) {
                op = symbol;
            }
        }
        if (op.empty() && skipName("in")) {
            op = "in";
        } else if (op.empty() && isName("not") && m_tokens[m_at + 1].kind == TokenKind::Name
                   && m_tokens[m_at + 1].text == "in") {
            next();
            next();
            op = "not in";
        }
        if (op.empty()) {
            return out != nullptr ? ExpressionPtr(std::move(out)) : std::move(first);
        }
        if (out == nullptr) {
            out = make(ExpressionKind::Compare, first->line);
            add(*out, std::move(first));
        }
        out->operators.push_back(op);
        add(*out, sum());
    }
}

ExpressionPtr ExpressionParser::sum()
{
    auto left = concatenation();
    while (isOperator("+") || isOperator("-")) {
        auto out = make(ExpressionKind::Binary, current().line, next().text);
        add(*out, std::move(left));
        add(*out, concatenation());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::concatenation()
{
    auto first = product();
    if (!isOperator("~")) {
        return first;
    }
    auto out = make(ExpressionKind::Concat, first->line);
    add(*out, std::move(first));
    while (skipOperator("~")) {
        add(*out, product());
    }
    return out;
}

ExpressionPtr ExpressionParser::product()
{
    auto left = power();
    while (isOperator("*") || isOperator("/") || isOperator("//") || isOperator("%")) {
        auto out = make(ExpressionKind::Binary, current().line, next().text);
        add(*out, std::move(left));
        add(*out, power());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::power()
{
    auto left = unary();
    while (isOperator("**")) {
        auto out = make(ExpressionKind::Binary, current().line, next().text);
        add(*out, std::move(left));
        add(*out, unary());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::unary(bool withFilter)
{
    const Nesting nesting(*this);
    ExpressionPtr out;
    if (isOperator("-") || isOperator("+")) {
        const auto kind = current().text == "-" ? ExpressionKind::Negative : ExpressionKind::Positive;
        auto sign = make(kind, next().line);
        add(*sign, unary(false));
        out = std::move(sign);
    } else {
        out = primary();
    }
    out = postfix(std::move(out));
    return withFilter ? filters(std::move(out)) : std::move(out);
}

ExpressionPtr ExpressionParser::nameOrConstant()
{
    const int line = current().line;
    const auto text = next().text;
    if (text == "true" || text == "True" || text == "false" || text == "False") {
        return constant(Value(text == "true" || text == "True"), line);
    }
    if (text == "none" || text == "None") {
        return constant(Value(None{}), line);
    }
    namesSeen.insert(text);
    return make(ExpressionKind::Name, line, text);
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
        return constant(Value(std::move(text)), line);
    }
    case TokenKind::Integer:
        return constant(Value(next().integer), line);
    case TokenKind::Float:
        return constant(Value(next().real), line);
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
    auto out = make(ExpressionKind::Tuple, line);
    for (auto& part : parts) {
        add(*out, std::move(part));
    }
    return out;
}

ExpressionPtr ExpressionParser::list()
{
    auto out = make(ExpressionKind::List, next().line);
    while (!isOperator("]")) {
        if (!out->parts.empty()) {
            expectOperator(",");
            if (isOperator("]")) {
                break;
            }
        }
        add(*out, expression());
    }
    next();
    return out;
}

ExpressionPtr ExpressionParser::dict()
{
    auto out = make(ExpressionKind::Dict, next().line);
    while (!isOperator("}")) {
        if (!out->parts.empty()) {
            expectOperator(",");
            if (isOperator("}")) {
                break;
            }
        }
        add(*out, expression());
        expectOperator(":");
        add(*out, expression());
    }
    next();
    return out;
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr subject)
{
    while (true) {
        if (isOperator(".")) {
            subject = attribute(std::move(subject));
        } else if (isOperator("[")) {
            subject = item(std::move(subject));
        } else if (isOperator("(")) {
            auto out = make(ExpressionKind::Call, current().line);
            add(*out, std::move(subject));
            out->arguments = arguments();
            subject = std::move(out);
        } else {
            return subject;
        }
    }
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr subject, bool startsInline)
{
    while (startsInline || isOperator("|") || isName("is") || isOperator("(")) {
        if (!startsInline && isName("is")) {
            subject = test(std::move(subject));
        } else if (startsInline || skipOperator("|")) {
            startsInline = false;
            auto out = make(ExpressionKind::Filter, current().line, name("the name of a filter"));
            while (skipOperator(".")) {
                out->text += "." + name("the name of a filter");
            }
            add(*out, std::move(subject));
            if (isOperator("(")) {
                out->arguments = arguments();
            }
            subject = std::move(out);
        } else {
            subject = postfix(std::move(subject));
        }
    }
    return subject;
}

} // namespace luthier::text::jinja
