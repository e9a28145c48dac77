// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/path_pattern.h"

#include <optional>

namespace luthier::peft {

namespace {

constexpr std::size_t kMaxPattern = 4096;
constexpr std::size_t kMaxStates = 20000;
constexpr int kMaxDepth = 50;
constexpr int kMaxRepeat = 200;

using Bytes = std::bitset<256>;

Bytes range(int low, int high)
{
    Bytes bytes;
    for (int i = low; i <= high; ++i) {
        bytes.set(static_cast<std::size_t>(i));
    }
    return bytes;
}

// The set of \d, \w, \s and their complements, or the character itself.
std::optional<Bytes> escaped(char letter)
{
    const Bytes digits = range('0', '9');
    const Bytes words = digits | range('a', 'z') | range('A', 'Z') | range('_', '_');
    const Bytes spaces = range('\t', '\r') | range(' ', ' ');
    switch (letter) {
    case 'd': return digits;
    case 'D': return ~digits;
    case 'w': return words;
    case 'W': return ~words;
    case 's': return spaces;
    case 'S': return ~spaces;
    default: break;
    }
    const auto byte = static_cast<unsigned char>(letter);
    return words.test(byte) ? std::nullopt : std::optional(range(byte, byte));
}

struct Node {
    enum class Kind { Empty, Bytes, Sequence, Choice, Repeat } kind = Kind::Empty;
    Bytes bytes;
    std::vector<Node> children;
    int low = 0;
    int high = -1; // -1: no limit
};

} // namespace

class PatternParser {
public:
    explicit PatternParser(const std::string& text) : m_text(text) {}

    Result<PathPattern> parse()
    {
        Node root = m_text.size() > kMaxPattern ? fail("it is too long") : choice(0);
        if (m_problem.empty() && m_at < m_text.size()) {
            fail("a \")\" without \"(\"");
        }
        PathPattern pattern;
        if (m_problem.empty()) {
            pattern.m_anchored = m_text.starts_with('^');
            pattern.m_states.push_back({});
            pattern.m_start = compile(pattern, root, 0);
        }
        if (!m_problem.empty()) {
            return Error{"pattern \"" + m_text.substr(0, 200) + "\": " + m_problem};
        }
        return pattern;
    }

private:
    Node fail(const std::string& problem)
    {
        m_problem = m_problem.empty() ? problem : m_problem;
        m_at = m_text.size();
        return {};
    }

    bool more() const { return m_at < m_text.size(); }
    bool take(char letter) { return more() && m_text[m_at] == letter ? (++m_at, true) : false; }

    Node choice(int depth)
    {
        if (depth > kMaxDepth) {
            return fail("it is nested too deep");
        }
        Node node;
        node.kind = Node::Kind::Choice;
        node.children.push_back(sequence(depth));
        while (take('|')) {
            node.children.push_back(sequence(depth));
        }
        return node;
    }

    Node sequence(int depth)
    {
        Node node;
        node.kind = Node::Kind::Sequence;
        while (more() && m_text[m_at] != '|' && m_text[m_at] != ')') {
            node.children.push_back(repeated(atom(depth)));
        }
        return node;
    }

    Node atom(int depth)
    {
        Node node;
        node.kind = Node::Kind::Bytes;
        const char letter = m_text[m_at++];
        if (letter == '(') {
            if (take('?') && !take(':')) {
                return fail("(?...) other than (?:...) is not understood");
            }
            node = choice(depth + 1);
            return take(')') || !m_problem.empty() ? node : fail("a \"(\" without \")\"");
        }
        if (letter == '[') {
            node.bytes = set();
        } else if (letter == '.') {
            node.bytes = ~range('\n', '\n');
        } else if (letter == '^' || letter == '$') {
            // The whole text is matched anyway.
            const bool edge = letter == '^' ? m_at == 1 : !more();
            return edge ? Node{} : fail("^ and $ are understood only at its ends");
        } else if (letter == '\\') {
            const auto bytes = more() ? escaped(m_text[m_at++]) : std::nullopt;
            if (!bytes) {
                return fail("an escape that is not understood");
            }
            node.bytes = *bytes;
        } else if (letter == '*' || letter == '+' || letter == '?' || letter == '{') {
            return fail(std::string("nothing to repeat before \"") + letter + "\"");
        } else {
            const auto byte = static_cast<unsigned char>(letter);
            node.bytes = range(byte, byte);
        }
        return node;
    }

    Bytes set()
    {
        Bytes bytes;
        const bool inverted = take('^');
        bool first = true;
        while (more() && (m_text[m_at] != ']' || first)) {
            first = false;
            const auto low = static_cast<unsigned char>(m_text[m_at++]);
            if (low == '\\') {
                const auto more = m_at < m_text.size() ? escaped(m_text[m_at++]) : std::nullopt;
                if (!more) {
                    fail("an escape that is not understood");
                    return bytes;
                }
                bytes |= *more;
            } else if (m_at + 1 < m_text.size() && m_text[m_at] == '-' && m_text[m_at + 1] != ']') {
                bytes |= range(low, static_cast<unsigned char>(m_text[m_at + 1]));
                m_at += 2;
            } else {
                bytes.set(low);
            }
        }
        if (!take(']')) {
            fail("a \"[\" without \"]\"");
        }
        return inverted ? ~bytes : bytes;
    }

    std::optional<int> number()
    {
        int value = 0;
        const std::size_t start = m_at;
        while (more() && m_text[m_at] >= '0' && m_text[m_at] <= '9' && value <= kMaxRepeat) {
            value = value * 10 + (m_text[m_at++] - '0');
        }
        return m_at == start ? std::nullopt : std::optional(value);
    }

    Node repeated(Node inner)
    {
        Node node;
        node.kind = Node::Kind::Repeat;
        if (take('*')) {
            node.low = 0;
        } else if (take('+')) {
            node.low = 1;
        } else if (take('?')) {
            node.high = 1;
        } else if (take('{')) {
            const auto low = number();
            node.low = low.value_or(0);
            node.high = take(',') ? number().value_or(-1) : node.low;
            if (!low || !take('}') || node.low > kMaxRepeat || node.high > kMaxRepeat
                || (node.high >= 0 && node.high < node.low)) {
                return fail("a count in {} that is not understood");
            }
        } else {
            return inner;
        }
        take('?'); // lazy: the same set of texts matches
        if (more() && (m_text[m_at] == '*' || m_text[m_at] == '+')) {
            return fail("two repetitions in a row");
        }
        node.children.push_back(std::move(inner));
        return node;
    }

    using State = PathPattern::State;

    std::size_t add(PathPattern& pattern, State state)
    {
        if (pattern.m_states.size() >= kMaxStates) {
            fail("it is too large");
            return 0;
        }
        pattern.m_states.push_back(state);
        return pattern.m_states.size() - 1;
    }

    // The state in which `node` begins when it is to be followed by state `next`.
    std::size_t compile(PathPattern& pattern, const Node& node, std::size_t next)
    {
        if (!m_problem.empty()) {
            return 0;
        }
        switch (node.kind) {
        case Node::Kind::Empty:
            return next;
        case Node::Kind::Bytes:
            return add(pattern, {State::Kind::Bytes, node.bytes, next, 0});
        case Node::Kind::Sequence:
            for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
                next = compile(pattern, *child, next);
            }
            return next;
        case Node::Kind::Choice: {
            std::size_t start = compile(pattern, node.children.back(), next);
            for (std::size_t i = node.children.size() - 1; i-- > 0;) {
                start =
                    add(pattern, {State::Kind::Split, {}, compile(pattern, node.children[i], next), start});
            }
            return start;
        }
        case Node::Kind::Repeat:
            return compileRepeat(pattern, node, next);
        }
        return next;
    }

    std::size_t compileRepeat(PathPattern& pattern, const Node& node, std::size_t next)
    {
        const Node& inner = node.children.front();
        if (node.high < 0) {
            const std::size_t loop = add(pattern, {State::Kind::Split, {}, 0, next});
            const std::size_t body = compile(pattern, inner, loop);
            pattern.m_states[loop].next = body;
            next = loop;
        } else {
            const std::size_t end = next;
            for (int i = node.low; i < node.high; ++i) {
                next = add(pattern, {State::Kind::Split, {}, compile(pattern, inner, next), end});
            }
        }
        for (int i = 0; i < node.low; ++i) {
            next = compile(pattern, inner, next);
        }
        return next;
    }

    const std::string& m_text;
    std::size_t m_at = 0;
    std::string m_problem;
};

Result<PathPattern> PathPattern::parse(const std::string& pattern)
{
    return PatternParser(pattern).parse();
}

} // namespace luthier::peft
