// SPDX-License-Identifier: GPL-3.0-or-later
// The rest of ExpressionParser: the token stream, and what follows a value: attributes, items, arguments, tests.
#include "core/text/jinja/syntax/expression_parser.h"

namespace luthier::text::jinja {

const LexToken& ExpressionParser::next()
{
    const auto& token = m_tokens[m_at];
    m_at += m_at + 1 < m_tokens.size() ? 1 : 0;
    return token;
}

bool ExpressionParser::isOperator(std::string_view text) const
{
    return current().kind == TokenKind::Operator && current().text == text;
}

bool ExpressionParser::isName(std::string_view text) const
{
    return current().kind == TokenKind::Name && current().text == text;
}

bool ExpressionParser::skipOperator(std::string_view text)
{
    const bool is = isOperator(text);
    if (is) {
        next();
    }
    return is;
}

bool ExpressionParser::skipName(std::string_view text)
{
    const bool is = isName(text);
    if (is) {
        next();
    }
    return is;
}

void ExpressionParser::expect(TokenKind kind, const char* what)
{
    if (current().kind != kind) {
        stop(std::string("expected ") + what
             + (current().text.empty() ? std::string() : ", found \"" + current().text.substr(0, 60) + '"'));
    }
    next();
}

void ExpressionParser::expectOperator(std::string_view text)
{
    if (!isOperator(text)) {
        stop("expected \"" + std::string(text) + "\", found "
             + (current().text.empty() ? "the end of the tag" : '"' + current().text.substr(0, 60) + '"'));
    }
    next();
}

std::string ExpressionParser::name(const char* what)
{
    if (current().kind != TokenKind::Name) {
        stop(std::string("expected ") + what);
    }
    return next().text;
}

void ExpressionParser::stop(const std::string& message) const
{
    throw Problem{message, current().line, false};
}

ExpressionPtr ExpressionParser::attribute(ExpressionPtr subject)
{
    const int line = next().line;
    if (current().kind == TokenKind::Integer) {
        auto key = makeConstant(Value(next().integer), line);
        auto out = makeExpression(ExpressionKind::Item, line);
        addPart(*out, std::move(subject));
        addPart(*out, std::move(key));
        return out;
    }
    auto out = makeExpression(ExpressionKind::Attribute, line, name("a name after the dot"));
    addPart(*out, std::move(subject));
    return out;
}

ExpressionPtr ExpressionParser::item(ExpressionPtr subject)
{
    const int line = next().line;
    auto out = makeExpression(ExpressionKind::Item, line);
    addPart(*out, std::move(subject));
    auto key = subscript();
    if (isOperator(",")) {
        auto keys = makeExpression(ExpressionKind::Tuple, line);
        addPart(*keys, std::move(key));
        while (skipOperator(",")) {
            addPart(*keys, expression());
        }
        key = std::move(keys);
    }
    addPart(*out, std::move(key));
    expectOperator("]");
    return out;
}

ExpressionPtr ExpressionParser::subscript()
{
    const int line = current().line;
    ExpressionPtr first = isOperator(":") ? nullptr : expression();
    if (!isOperator(":")) {
        return first;
    }
    auto out = makeExpression(ExpressionKind::Slice, line);
    addPart(*out, std::move(first));
    for (int i = 0; i < 2; ++i) {
        const bool given = skipOperator(":") && !isOperator(":") && !isOperator("]") && !isOperator(",");
        addPart(*out, given ? expression() : nullptr);
    }
    return out;
}

std::vector<Argument> ExpressionParser::arguments()
{
    std::vector<Argument> out;
    expectOperator("(");
    while (!isOperator(")")) {
        if (!out.empty()) {
            expectOperator(",");
            if (isOperator(")")) {
                break;
            }
        }
        Argument argument;
        if (skipOperator("**")) {
            argument.kind = ArgumentKind::UnpackedNamed;
        } else if (skipOperator("*")) {
            argument.kind = ArgumentKind::Unpacked;
        } else if (current().kind == TokenKind::Name && m_tokens[m_at + 1].kind == TokenKind::Operator
                   && m_tokens[m_at + 1].text == "=") {
            argument.kind = ArgumentKind::Named;
            argument.name = next().text;
            next();
        } else if (!out.empty() && out.back().kind != ArgumentKind::Positional) {
            stop("an argument without a name follows one with a name");
        }
        argument.value = expression();
        out.push_back(std::move(argument));
    }
    next();
    return out;
}

bool ExpressionParser::startsTestArgument() const
{
    const auto kind = current().kind;
    if (kind == TokenKind::Name) {
        return !isName("else") && !isName("or") && !isName("and");
    }
    return kind == TokenKind::String || kind == TokenKind::Integer || kind == TokenKind::Float || isOperator("(")
           || isOperator("[") || isOperator("{");
}

ExpressionPtr ExpressionParser::test(ExpressionPtr subject)
{
    const int line = next().line;
    const bool negated = skipName("not");
    auto out = makeExpression(ExpressionKind::Test, line, name("the name of a test"));
    addPart(*out, std::move(subject));
    while (skipOperator(".")) {
        out->text += "." + name("the name of a test");
    }
    if (isOperator("(")) {
        out->arguments = arguments();
    } else if (startsTestArgument()) {
        if (isName("is")) {
            stop("tests cannot be chained with \"is\"");
        }
        Argument argument;
        argument.value = postfix(primary());
        out->arguments.push_back(std::move(argument));
    }
    if (!negated) {
        return out;
    }
    auto other = makeExpression(ExpressionKind::Not, line);
    addPart(*other, std::move(out));
    return other;
}

} // namespace luthier::text::jinja
