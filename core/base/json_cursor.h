// SPDX-License-Identifier: GPL-3.0-or-later
// JsonCursor: where a reader of JSON stands in its bytes, and the steps that every such reader makes. Inline, as they are made for each
// sign of a file. Threads: one a cursor. The bytes outlive it. Internal to core.
#pragma once

#include <string_view>

namespace luthier::base {

class JsonCursor {
protected:
    explicit JsonCursor(std::string_view text) : m_at(text.data()), m_end(text.data() + text.size()) {}

    void skipSpace()
    {
        while (m_at < m_end && (*m_at == ' ' || *m_at == '\n' || *m_at == '\r' || *m_at == '\t')) {
            ++m_at;
        }
    }

    // Behind blanks. False: another sign or the end stands there.
    bool take(char wanted)
    {
        skipSpace();
        const bool is = m_at < m_end && *m_at == wanted;
        m_at += is ? 1 : 0;
        return is;
    }

    const char* m_at;
    const char* m_end;
};

} // namespace luthier::base
