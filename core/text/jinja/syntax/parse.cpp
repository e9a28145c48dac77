// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/syntax/parse.h"

#include "core/text/jinja/syntax/statement_parser.h"

namespace luthier::text::jinja {

const StatementParser::Row StatementParser::kTags[] = {
    {"if", &StatementParser::readIf},           {"for", &StatementParser::readFor},
    {"set", &StatementParser::readSet},         {"macro", &StatementParser::readMacro},
    {"call", &StatementParser::readCall},       {"filter", &StatementParser::readFilter},
    {"with", &StatementParser::readWith},       {"generation", &StatementParser::readGeneration},
    {"block", &StatementParser::readBlock},     {"break", &StatementParser::readBreak},
    {"continue", &StatementParser::readContinue},
};

bool StatementParser::atEnd(Ends ends) const
{
    for (const auto* end : ends) {
        if (m_in.isName(end)) {
            return true;
        }
    }
    return false;
}

Body StatementParser::body(Ends ends)
{
    Body out;
    while (m_in.current().kind != TokenKind::End) {
        const auto& token = m_in.next();
        Statement statement;
        statement.line = token.line;
        if (token.kind == TokenKind::Data) {
            statement.text = token.text;
        } else if (token.kind == TokenKind::VariableBegin) {
            statement.kind = StatementKind::Output;
            statement.expression = m_in.tuple(true);
            m_in.expect(TokenKind::VariableEnd, "}}");
        } else if (atEnd(ends)) {
            return out;
        } else {
            statement = tag();
        }
        out.push_back(std::move(statement));
    }
    if (ends.size() > 0) {
        m_in.stop("the template ends where {% " + std::string(*(ends.end() - 1)) + " %} was expected");
    }
    return out;
}

Statement StatementParser::tag()
{
    Statement out;
    out.line = m_in.current().line;
    const auto name = m_in.name("the name of a tag");
    for (const auto& row : kTags) {
        if (name == row.name) {
            if (++m_depth > kDeepestTags) {
                m_in.stop("tags are nested deeper than " + std::to_string(kDeepestTags) + " levels");
            }
            (this->*row.read)(out);
            --m_depth;
            return out;
        }
    }
    throw Problem{"there is no tag {% " + name + " %} here", out.line, false};
}

Body StatementParser::block(const char* end)
{
    closeTag();
    auto out = body({end});
    m_in.next();
    return out;
}

void StatementParser::readIf(Statement& out)
{
    out.kind = StatementKind::If;
    Branch branch;
    branch.condition = m_in.tuple(false);
    while (true) {
        closeTag();
        branch.body = body({"elif", "else", "endif"});
        const bool last = branch.condition == nullptr;
        out.branches.push_back(std::move(branch));
        const auto word = m_in.next().text;
        branch = {};
        if (word == "endif") {
            closeTag();
            return;
        }
        if (last) {
            m_in.stop("{% " + word + " %} stands after {% else %}");
        }
        branch.condition = word == "elif" ? m_in.tuple(false) : nullptr;
    }
}

void StatementParser::readFor(Statement& out)
{
    out.kind = StatementKind::For;
    out.target = target();
    if (!m_in.skipName("in")) {
        m_in.stop("expected \"in\" after the name of a loop");
    }
    out.expression = m_in.tuple(false, "recursive");
    out.condition = m_in.skipName("if") ? m_in.expression() : nullptr;
    out.recursive = m_in.skipName("recursive");
    closeTag();
    ++m_loops;
    out.body = body({"else", "endfor"});
    --m_loops;
    if (m_in.next().text == "else") {
        closeTag();
        out.otherwise = body({"endfor"});
        m_in.next();
    }
    closeTag();
}

void StatementParser::readSet(Statement& out)
{
    out.target = target();
    if (m_in.skipOperator("=")) {
        out.kind = StatementKind::Set;
        out.expression = m_in.tuple(true);
        closeTag();
        return;
    }
    out.kind = StatementKind::SetBlock;
    out.expression = m_in.skipOperator("|") ? m_in.filters(nullptr, true) : nullptr;
    out.body = block("endset");
    closeTag();
}

Target StatementParser::oneTarget()
{
    Target out;
    if (m_in.skipOperator("(")) {
        out = target();
        m_in.expectOperator(")");
        return out;
    }
    out.name = m_in.name("a name to assign to");
    if (m_in.skipOperator(".")) {
        out.attribute = m_in.name("a name after the dot");
    }
    return out;
}

Target StatementParser::target()
{
    auto first = oneTarget();
    if (!m_in.isOperator(",")) {
        return first;
    }
    Target out;
    out.parts.push_back(std::move(first));
    while (m_in.skipOperator(",")) {
        if (m_in.current().kind != TokenKind::Name && !m_in.isOperator("(")) {
            break;
        }
        out.parts.push_back(oneTarget());
    }
    return out;
}

Template parseTemplate(std::string_view source)
{
    return StatementParser(source).run();
}

} // namespace luthier::text::jinja
