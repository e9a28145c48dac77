// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/syntax/lex.h"

#include "core/text/characters/utf8.h"
#include "core/text/jinja/syntax/literal.h"
#include "core/text/jinja/values/value.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace {

// One newline form, and without one newline at the end: what Jinja makes of its source.
std::string normalizeNewlines(std::string_view source)
{
    std::string out;
    out.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] == '\r') {
            i += i + 1 < source.size() && source[i + 1] == '\n' ? 1 : 0;
            out += '\n';
        } else {
            out += source[i];
        }
    }
    if (out.ends_with('\n')) {
        out.pop_back();
    }
    return out;
}

std::size_t spaceEnd(std::string_view text, std::size_t at)
{
    while (at < text.size()) {
        const auto point = decodeAt(text, at);
        if (!isPythonSpace(point.value)) {
            break;
        }
        at += static_cast<std::size_t>(point.length);
    }
    return at;
}

std::size_t trimmedEnd(std::string_view text)
{
    std::size_t end = text.size();
    while (end > 0) {
        std::size_t start = end - 1;
        while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) {
            --start;
        }
        if (!isPythonSpace(decodeAt(text, start).value)) {
            break;
        }
        end = start;
    }
    return end;
}

bool isNameByte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || static_cast<unsigned char>(c) >= 0x80;
}

constexpr std::string_view kOperators[] = {"==", "!=", ">=", "<=", "//", "**", "+", "-", "*", "/", "%", "~", "[",
                                           "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};

class Lexer {
public:
    explicit Lexer(std::string_view source) : m_source(normalizeNewlines(source)) {}

    std::vector<LexToken> run()
    {
        while (m_at < m_source.size()) {
            data();
        }
        push(TokenKind::End, {});
        return std::move(m_tokens);
    }

private:
    std::string_view rest() const { return std::string_view(m_source).substr(m_at); }
    bool sees(std::string_view text) const { return rest().starts_with(text); }

    [[noreturn]] void stop(const std::string& message) const { throw Problem{message, m_line, false}; }

    void push(TokenKind kind, std::string text)
    {
        LexToken token;
        token.kind = kind;
        token.text = std::move(text);
        token.line = m_line;
        m_tokens.push_back(std::move(token));
    }

    void move(std::size_t bytes)
    {
        m_line += static_cast<int>(std::count(m_source.begin() + static_cast<std::ptrdiff_t>(m_at),
                                              m_source.begin() + static_cast<std::ptrdiff_t>(m_at + bytes), '\n'));
        m_at += bytes;
        m_lineStart = m_at > 0 && m_source[m_at - 1] == '\n';
    }

    // Text up to the next opening mark, with white space before it taken off where asked.
    void data()
    {
        auto open = m_at;
        for (;; ++open) {
            open = m_source.find('{', open);
            if (open == std::string::npos || (open + 1 < m_source.size()
                                              && std::string_view("{%#").find(m_source[open + 1]) != std::string::npos)) {
                break;
            }
        }
        const bool last = open == std::string::npos;
        std::string_view text = rest().substr(0, last ? std::string::npos : open - m_at);
        const auto whole = text.size();
        const char kind = last ? '\0' : m_source[open + 1];
        const char sign = !last && open + 2 < m_source.size() ? m_source[open + 2] : '\0';
        if (!last && sign == '-') {
            text = text.substr(0, trimmedEnd(text));
        } else if (!last && sign != '+' && kind != '{') {
            const auto newline = text.rfind('\n');
            const auto start = newline == std::string_view::npos ? 0 : newline + 1;
            if ((start > 0 || m_lineStart) && spaceEnd(text, start) == text.size()) {
                text = text.substr(0, start);
            }
        }
        if (!text.empty()) {
            push(TokenKind::Data, std::string(text));
        }
        move(whole);
        if (!last) {
            move(sign == '-' || sign == '+' ? 3 : 2);
            open_(kind);
        }
    }

    void open_(char kind)
    {
        if (kind == '#') {
            const auto end = rest().find("#}");
            if (end == std::string_view::npos) {
                stop("a comment is opened with {# but never closed with #}");
            }
            const char sign = end > 0 ? rest()[end - 1] : '\0';
            move(end + 2);
            afterBlock(sign);
            return;
        }
        if (kind == '%' && raw()) {
            return;
        }
        push(kind == '%' ? TokenKind::BlockBegin : TokenKind::VariableBegin, {});
        expression(kind == '%' ? "%}" : "}}", kind == '%');
    }

    // What "-%}", "+%}" or "%}" do to the text after them.
    void afterBlock(char sign)
    {
        if (sign == '-') {
            move(spaceEnd(m_source, m_at) - m_at);
        } else if (sign != '+' && sees("\n")) {
            move(1);
        }
    }

    // At a tag's name inside "{%": the length up to behind its "%}", 0 when it is another tag.
    std::size_t tagLength(std::string_view text, std::string_view name, char& sign) const
    {
        auto at = spaceEnd(text, 0);
        if (!text.substr(at).starts_with(name)) {
            return 0;
        }
        at = spaceEnd(text, at + name.size());
        sign = at < text.size() ? text[at] : '\0';
        at += sign == '-' || sign == '+' ? 1 : 0;
        return text.substr(at).starts_with("%}") ? at + 2 : 0;
    }

    bool raw()
    {
        char sign = '\0';
        const auto length = tagLength(rest(), "raw", sign);
        if (length == 0) {
            return false;
        }
        move(length);
        afterBlock(sign);
        for (auto open = m_source.find("{%", m_at); open != std::string::npos; open = m_source.find("{%", open + 2)) {
            const char before = open + 2 < m_source.size() ? m_source[open + 2] : '\0';
            const std::size_t skip = before == '-' || before == '+' ? 3 : 2;
            const auto after = std::string_view(m_source).substr(std::min(open + skip, m_source.size()));
            const auto end = tagLength(after, "endraw", sign);
            if (end == 0) {
                continue;
            }
            std::string_view text = rest().substr(0, open - m_at);
            if (before == '-') {
                text = text.substr(0, trimmedEnd(text));
            } else if (before != '+') {
                const auto newline = text.rfind('\n');
                if (newline != std::string_view::npos && spaceEnd(text, newline + 1) == text.size()) {
                    text = text.substr(0, newline + 1);
                }
            }
            if (!text.empty()) {
                push(TokenKind::Data, std::string(text));
            }
            move(open + skip + end - m_at);
            afterBlock(sign);
            return true;
        }
        stop("a {% raw %} is never closed with {% endraw %}");
    }

    void expression(std::string_view close, bool block)
    {
        std::string brackets;
        while (true) {
            move(spaceEnd(m_source, m_at) - m_at);
            if (m_at >= m_source.size()) {
                stop(std::string("the tag is never closed with ") + std::string(close));
            }
            if (brackets.empty()) {
                const char sign = rest()[0];
                const bool marked = (sign == '-' || (sign == '+' && block)) && rest().substr(1).starts_with(close);
                if (marked || sees(close)) {
                    push(block ? TokenKind::BlockEnd : TokenKind::VariableEnd, {});
                    move(close.size() + (marked ? 1 : 0));
                    if (block || marked) {
                        afterBlock(marked ? sign : '\0');
                    }
                    return;
                }
            }
            token(brackets);
        }
    }

    void token(std::string& brackets)
    {
        const char c = rest()[0];
        if (c >= '0' && c <= '9') {
            literal(readNumber);
        } else if (isNameByte(c)) {
            std::size_t length = 1;
            while (length < rest().size() && isNameByte(rest()[length])) {
                ++length;
            }
            push(TokenKind::Name, std::string(rest().substr(0, length)));
            move(length);
        } else if (c == '\'' || c == '"') {
            literal(readString);
        } else {
            operation(brackets);
        }
    }

    void operation(std::string& brackets)
    {
        for (const auto op : kOperators) {
            if (!sees(op)) {
                continue;
            }
            static constexpr std::string_view kOpen = "([{";
            static constexpr std::string_view kClose = ")]}";
            if (kOpen.find(op) != std::string_view::npos) {
                brackets += kClose[kOpen.find(op)];
                if (brackets.size() > kDeepest) {
                    stop("brackets are nested deeper than " + std::to_string(kDeepest) + " levels");
                }
            } else if (kClose.find(op) != std::string_view::npos) {
                if (brackets.empty() || brackets.back() != op[0]) {
                    stop("there is a \"" + std::string(op) + "\" too much");
                }
                brackets.pop_back();
            }
            push(TokenKind::Operator, std::string(op));
            move(op.size());
            return;
        }
        const auto length = static_cast<std::size_t>(decodeAt(rest(), 0).length);
        stop("the character \"" + std::string(rest().substr(0, length)) + "\" has no meaning here");
    }

    void literal(std::size_t (*read)(std::string_view, LexToken&))
    {
        LexToken token;
        token.line = m_line;
        const auto length = read(rest(), token);
        m_tokens.push_back(std::move(token));
        move(length);
    }

    std::string m_source;
    std::size_t m_at = 0;
    int m_line = 1;
    bool m_lineStart = true;
    std::vector<LexToken> m_tokens;
};

} // namespace

std::vector<LexToken> lex(std::string_view source)
{
    return Lexer(source).run();
}

} // namespace luthier::text::jinja
