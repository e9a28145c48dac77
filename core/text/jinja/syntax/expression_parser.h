// SPDX-License-Identifier: GPL-3.0-or-later
// ExpressionParser: expressions with Jinja's precedence, from a stream of tokens that the statement parser shares.
//
// Threads: one parse belongs to one thread. Errors: Problem with the line.
#pragma once

#include "core/text/jinja/syntax/ast.h"
#include "core/text/jinja/syntax/lex.h"

#include <set>
#include <string_view>

namespace luthier::text::jinja {

class ExpressionParser {
public:
    explicit ExpressionParser(std::vector<LexToken> tokens) : m_tokens(std::move(tokens)) {}

    const LexToken& current() const { return m_tokens[m_at]; }
    const LexToken& next(); // the current token, and a step on
    bool isOperator(std::string_view text) const;
    bool isName(std::string_view text) const;
    bool skipOperator(std::string_view text);
    bool skipName(std::string_view text);
    void expect(TokenKind kind, const char* what);
    void expectOperator(std::string_view text);
    std::string name(const char* what);
    [[noreturn]] void stop(const std::string& message) const;

    ExpressionPtr expression(bool withConditional = true);
    // One expression, or several with commas between: a tuple. `end`: a name that ends it ("recursive").
    ExpressionPtr tuple(bool withConditional, std::string_view end = {}, bool inParentheses = false);
    ExpressionPtr unary(bool withFilter = true);
    ExpressionPtr filters(ExpressionPtr subject, bool startsInline = false);
    std::vector<Argument> arguments();

    std::set<std::string, std::less<>> namesSeen; // since it was last cleared

private:
    class Nesting;
    ExpressionPtr conditional();
    ExpressionPtr disjunction();
    ExpressionPtr conjunction();
    ExpressionPtr negation();
    ExpressionPtr comparison();
    ExpressionPtr sum();
    ExpressionPtr concatenation();
    ExpressionPtr product();
    ExpressionPtr power();
    ExpressionPtr primary();
    ExpressionPtr nameOrConstant();
    ExpressionPtr list();
    ExpressionPtr dict();
    ExpressionPtr postfix(ExpressionPtr subject);
    ExpressionPtr attribute(ExpressionPtr subject);
    ExpressionPtr item(ExpressionPtr subject);
    ExpressionPtr subscript();
    ExpressionPtr test(ExpressionPtr subject);
    bool startsTestArgument() const;

    std::vector<LexToken> m_tokens;
    std::size_t m_at = 0;
    int m_depth = 0;
};

// One level of nesting while it lives.
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

} // namespace luthier::text::jinja
