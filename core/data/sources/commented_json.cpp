// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/packed_stream.h"
#include "core/data/sources/waiting_bytes.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace luthier::data {

namespace {

constexpr std::size_t kLongestGap = std::size_t{64} << 10; // of space behind a comma; more is written as it stands

bool isSpace(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

// Walks JSON byte by byte and says what each is. A bare line end closes a text that lacks its quote, as the readers of rows have it.
class Walk {
public:
    enum class Kind { Plain, Space, Comma, Closing, Hidden }; // Hidden: of a comment
    // A slash is only known with the byte behind it; `next` is -1 at the end.
    Kind take(char byte, int next)
    {
        const bool begins = m_begins; // space or punctuation stands before
        m_begins = isSpace(byte) || std::string_view(",[]{}").find(byte) != std::string_view::npos;
        switch (m_state) {
        case State::Line:
            m_state = byte == '\n' ? State::Outside : State::Line;
            return byte == '\n' ? Kind::Space : Kind::Hidden;
        case State::Block:
            m_state = byte == '*' && next == '/' ? State::BlockEnd : State::Block;
            return Kind::Hidden;
        case State::BlockEnd:
            m_state = State::Outside;
            m_begins = true;
            return Kind::Hidden;
        case State::BlockBegin:
            m_state = State::Block;
            return Kind::Hidden;
        case State::Escaped:
            m_state = byte == '\n' ? State::Outside : State::Text;
            return Kind::Plain;
        case State::Text:
            m_state = byte == '\\' ? State::Escaped : byte == '"' || byte == '\n' ? State::Outside : State::Text;
            return Kind::Plain;
        case State::Outside: break;
        }
        if (begins && ((byte == '/' && next == '/') || byte == '#')) {
            m_state = State::Line;
            return Kind::Hidden;
        }
        if (byte == '/' && next == '*' && begins) {
            m_state = State::BlockBegin;
            return Kind::Hidden;
        }
        m_state = byte == '"' ? State::Text : State::Outside;
        return isSpace(byte) ? Kind::Space : byte == ',' ? Kind::Comma : byte == '}' || byte == ']' ? Kind::Closing : Kind::Plain;
    }

private:
    enum class State { Outside, Text, Escaped, Line, BlockBegin, Block, BlockEnd };
    State m_state = State::Outside;
    bool m_begins = true;
};

class PlainJsonStream : public PackedStream {
public:
    Result<Taken> take(std::string_view packed, char* to, std::size_t room) override
    {
        Taken taken;
        for (; taken.read < packed.size(); ++taken.read) {
            if (!handOut(m_ready, to, room, taken)) {
                return taken;
            }
            if (m_last) {
                add(*m_last, static_cast<unsigned char>(packed[taken.read]));
            }
            m_last = packed[taken.read];
        }
        if (packed.empty()) {
            finish();
        }
        handOut(m_ready, to, room, taken);
        return taken;
    }

    bool isComplete() const override { return !m_last && m_gap.empty() && m_ready.empty(); }

private:
    void add(char byte, int next)
    {
        const auto kind = m_walk.take(byte, next);
        if (kind == Walk::Kind::Hidden) {
            return;
        }
        const bool waits = !m_gap.empty();
        if (waits && kind == Walk::Kind::Closing) {
            m_gap.erase(0, 1); // the comma before it
        }
        if (kind == Walk::Kind::Comma || (waits && kind == Walk::Kind::Space && m_gap.size() < kLongestGap)) {
            m_ready += kind == Walk::Kind::Comma ? std::exchange(m_gap, {}) : std::string();
            m_gap += byte;
            return;
        }
        m_ready += std::exchange(m_gap, {}) + byte;
    }

    void finish()
    {
        if (m_last) {
            add(*m_last, -1);
            m_last.reset();
        }
        m_ready += std::exchange(m_gap, {});
    }

    Walk m_walk;
    std::optional<char> m_last; // what follows it is not known yet
    std::string m_gap;          // a comma and the space behind it
    std::string m_ready;
};

} // namespace

bool looksLikeCommentedJson(std::string_view head, bool isDocument)
{
    Walk walk;
    bool isJson = false;    // an object or a list begins
    bool isHidden = false;  // the byte before belongs to a comment
    bool isFound = false;
    bool afterComma = false;
    bool atLine = true; // space alone stands before on the line
    for (std::size_t i = 0; i < head.size() && !(isJson && isFound); ++i) {
        const char byte = head[i];
        const auto kind = walk.take(byte, i + 1 < head.size() ? static_cast<unsigned char>(head[i + 1]) : -1);
        if (kind == Walk::Kind::Plain && !isJson && byte != '{' && byte != '[') {
            return false; // something else stands first
        }
        isJson = isJson || kind == Walk::Kind::Plain;
        isFound = isFound || (kind == Walk::Kind::Hidden && !isHidden && (isDocument || atLine))
                  || (kind == Walk::Kind::Closing && afterComma && isDocument);
        afterComma = kind == Walk::Kind::Comma || (afterComma && (kind == Walk::Kind::Space || kind == Walk::Kind::Hidden));
        isHidden = kind == Walk::Kind::Hidden;
        atLine = byte == '\n' || (atLine && isSpace(byte));
    }
    return isJson && isFound;
}

const PackedKind& commentedJson()
{
    static const PackedKind kind{"JSON with comments", [](std::string_view head) { return looksLikeCommentedJson(head, true); },
                                 []() -> std::unique_ptr<PackedStream> { return std::make_unique<PlainJsonStream>(); }};
    return kind;
}

} // namespace luthier::data
