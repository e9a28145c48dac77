// SPDX-License-Identifier: GPL-3.0-or-later
// StatementParser: tags and what stands between them. A new tag is a row of kTags and a function.
//
// Threads: one parse belongs to one thread. Errors: Problem with the line.
#pragma once

#include "core/text/jinja/syntax/expression_parser.h"

#include <initializer_list>
#include <string_view>

namespace luthier::text::jinja {

inline constexpr int kDeepestTags = 100;

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

} // namespace luthier::text::jinja
