// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/syntax/expression_parser.h"

namespace luthier::text::jinja {

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
        auto out = makeExpression(ExpressionKind::Conditional, line);
        auto condition = disjunction();
        addPart(*out, std::move(value));
        addPart(*out, std::move(condition));
        addPart(*out, skipName("else") ? expression() : nullptr);
        value = std::move(out);
    }
    return value;
}

ExpressionPtr ExpressionParser::disjunction()
{
    auto left = conjunction();
    while (skipName("or")) {
        auto out = makeExpression(ExpressionKind::Or, left->line);
        addPart(*out, std::move(left));
        addPart(*out, conjunction());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::conjunction()
{
    auto left = negation();
    while (skipName("and")) {
        auto out = makeExpression(ExpressionKind::And, left->line);
        addPart(*out, std::move(left));
        addPart(*out, negation());
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
    auto out = makeExpression(ExpressionKind::Not, line);
    addPart(*out, negation());
    return out;
}

ExpressionPtr ExpressionParser::comparison()
{
    auto first = sum();
    std::unique_ptr<Expression> out;
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
            out = makeExpression(ExpressionKind::Compare, first->line);
            addPart(*out, std::move(first));
        }
        out->operators.push_back(op);
        addPart(*out, sum());
    }
}

ExpressionPtr ExpressionParser::sum()
{
    auto left = concatenation();
    while (isOperator("+") || isOperator("-")) {
        auto out = makeExpression(ExpressionKind::Binary, current().line, next().text);
        addPart(*out, std::move(left));
        addPart(*out, concatenation());
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
    auto out = makeExpression(ExpressionKind::Concat, first->line);
    addPart(*out, std::move(first));
    while (skipOperator("~")) {
        addPart(*out, product());
    }
    return out;
}

ExpressionPtr ExpressionParser::product()
{
    auto left = power();
    while (isOperator("*") || isOperator("/") || isOperator("//") || isOperator("%")) {
        auto out = makeExpression(ExpressionKind::Binary, current().line, next().text);
        addPart(*out, std::move(left));
        addPart(*out, power());
        left = std::move(out);
    }
    return left;
}

ExpressionPtr ExpressionParser::power()
{
    auto left = unary();
    while (isOperator("**")) {
        auto out = makeExpression(ExpressionKind::Binary, current().line, next().text);
        addPart(*out, std::move(left));
        addPart(*out, unary());
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
        auto sign = makeExpression(kind, next().line);
        addPart(*sign, unary(false));
        out = std::move(sign);
    } else {
        out = primary();
    }
    out = postfix(std::move(out));
    return withFilter ? filters(std::move(out)) : std::move(out);
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr subject)
{
    while (true) {
        if (isOperator(".")) {
            subject = attribute(std::move(subject));
        } else if (isOperator("[")) {
            subject = item(std::move(subject));
        } else if (isOperator("(")) {
            auto out = makeExpression(ExpressionKind::Call, current().line);
            addPart(*out, std::move(subject));
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
            auto out = makeExpression(ExpressionKind::Filter, current().line, name("the name of a filter"));
            while (skipOperator(".")) {
                out->text += "." + name("the name of a filter");
            }
            addPart(*out, std::move(subject));
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
