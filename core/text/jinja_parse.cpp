// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja_parse.h"

#include "core/text/jinja_expression_parser.h"

#include <initializer_list>

namespace luthier::text::jinja {

namespace {

constexpr int kDeepestTags = 100;

class StatementParser {
public:
    explicit StatementParser(std::string_view source) : m_in(lex(source)) {}

    Template run()
    {
        Template out;
        out.body = body({});
        out.marksAnswers = m_marksAnswers;
        return out;
    }

private:
    using Ends = std::initializer_list<const char*>;
    using Reader = void (StatementParser::*)(Statement&);
    struct Row {
        const char* name;
        Reader read;
    };
    static const Row kTags[];

    // Up to one of the tags that end it, which stands after "{%" then; with no ends, up to the end of the template.
    Body body(Ends ends);
    bool atEnd(Ends ends) const;
    Statement tag();
    void closeTag() { m_in.expect(TokenKind::BlockEnd, "%}"); }
    // The body of a tag, closed by `end`.
    Body block(const char* end);
    Target target();
    Target oneTarget();
    std::vector<Parameter> parameters();

    void readIf(Statement& out);
    void readFor(Statement& out);
    void readSet(Statement& out);
    void readMacro(Statement& out);
    void readCall(Statement& out);
    void readFilter(Statement& out);
    void readWith(Statement& out);
    void readGeneration(Statement& out);
    void readBlock(Statement& out);
    void readBreak(Statement& out) { loopControl(out, StatementKind::Break); }
    void readContinue(Statement& out) { loopControl(out, StatementKind::Continue); }
    void loopControl(Statement& out, StatementKind kind);

    ExpressionParser m_in;
    int m_depth = 0;
    int m_loops = 0;
    bool m_marksAnswers = false;
};

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

std::vector<Parameter> StatementParser::parameters()
{
    std::vector<Parameter> out;
    m_in.expectOperator("(");
    while (!m_in.isOperator(")")) {
        if (!out.empty()) {
            m_in.expectOperator(",");
        }
        Parameter parameter;
        parameter.target.name = m_in.name("the name of a parameter");
        if (m_in.skipOperator("=")) {
            parameter.value = m_in.expression();
        } else if (!out.empty() && out.back().value != nullptr) {
            m_in.stop("a parameter without a default follows one with a default");
        }
        out.push_back(std::move(parameter));
    }
    m_in.next();
    return out;
}

void StatementParser::readMacro(Statement& out)
{
    out.kind = StatementKind::Macro;
    out.text = m_in.name("the name of a macro");
    auto outer = std::move(m_in.namesSeen);
    m_in.namesSeen.clear();
    out.parameters = parameters();
    const int loops = std::exchange(m_loops, 0);
    out.body = block("endmacro");
    m_loops = loops;
    out.takesExtra = m_in.namesSeen.contains("varargs");
    out.takesExtraNamed = m_in.namesSeen.contains("kwargs");
    m_in.namesSeen.merge(outer);
    closeTag();
}

void StatementParser::readCall(Statement& out)
{
    out.kind = StatementKind::CallBlock;
    out.parameters = m_in.isOperator("(") ? parameters() : std::vector<Parameter>{};
    out.expression = m_in.unary();
    if (out.expression->kind != ExpressionKind::Call) {
        m_in.stop("{% call %} needs a call, as in {% call name() %}");
    }
    const int loops = std::exchange(m_loops, 0);
    out.body = block("endcall");
    m_loops = loops;
    closeTag();
}

void StatementParser::readFilter(Statement& out)
{
    out.kind = StatementKind::Filter;
    out.expression = m_in.filters(nullptr, true);
    out.body = block("endfilter");
    closeTag();
}

void StatementParser::readWith(Statement& out)
{
    out.kind = StatementKind::With;
    while (m_in.current().kind != TokenKind::BlockEnd) {
        if (!out.parameters.empty()) {
            m_in.expectOperator(",");
        }
        Parameter parameter;
        parameter.target = oneTarget();
        m_in.expectOperator("=");
        parameter.value = m_in.expression();
        out.parameters.push_back(std::move(parameter));
    }
    out.body = block("endwith");
    closeTag();
}

void StatementParser::readGeneration(Statement& out)
{
    out.kind = StatementKind::Generation;
    m_marksAnswers = true;
    const int loops = std::exchange(m_loops, 0);
    out.body = block("endgeneration");
    m_loops = loops;
    closeTag();
}

void StatementParser::readBlock(Statement& out)
{
    out.kind = StatementKind::Scoped;
    m_in.name("the name of a block");
    const int loops = std::exchange(m_loops, 0);
    out.body = block("endblock");
    m_loops = loops;
    if (m_in.current().kind == TokenKind::Name) {
        m_in.next();
    }
    closeTag();
}

void StatementParser::loopControl(Statement& out, StatementKind kind)
{
    if (m_loops == 0) {
        m_in.stop("{% break %} and {% continue %} stand in loops only");
    }
    out.kind = kind;
    closeTag();
}

} // namespace

Template parseTemplate(std::string_view source)
{
    return StatementParser(source).run();
}

} // namespace luthier::text::jinja
