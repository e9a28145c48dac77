// SPDX-License-Identifier: GPL-3.0-or-later
// The rest of StatementParser: macros, calls and the other tags around a body.
#include "core/text/jinja/syntax/statement_parser.h"

#include <utility>

namespace luthier::text::jinja {

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

} // namespace luthier::text::jinja
