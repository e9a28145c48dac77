// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/flat_row.h"

#include "core/base/json_cursor.h"
#include "core/base/json_string.h"
#include "core/data/sources/row_text.h"

#include <cstring>

namespace luthier::data {

namespace {

constexpr std::size_t kMostValues = 4096; // of a row
constexpr int kMostDepth = 16;
constexpr std::size_t kMostMembers = 16; // of an object
constexpr std::ptrdiff_t kMostFlatDigits = 17;

} // namespace

// Takes a part of what the plain parser of json_plain.h takes, and nothing else.
class FlatRow::Reader : base::JsonCursor {
public:
    explicit Reader(FlatRow& row) : JsonCursor(row.bytes()), m_row(row) {}

    bool whole()
    {
        skipSpace();
        if (!value({}, 0)) {
            return false;
        }
        skipSpace();
        return m_at == m_end;
    }

private:
    bool value(std::string_view name, int depth)
    {
        const std::size_t place = m_row.m_count;
        if (m_at == m_end || place >= kMostValues) {
            return false;
        }
        FlatValue& made = m_row.add(name, FlatValue::Kind::Other); // until another is made
        bool good = false;
        switch (*m_at) {
        case '"':
            made.kind = FlatValue::Kind::Text;
            made.past = static_cast<std::uint32_t>(place + 1);
            return base::takePlainText(m_at, m_end, m_row.m_resolved, made.text);
        case '{':
            made.kind = FlatValue::Kind::Object;
            good = depth < kMostDepth && object(place, depth + 1);
            break;
        case '[':
            made.kind = FlatValue::Kind::List;
            good = depth < kMostDepth && list(depth + 1);
            break;
        case 'n':
            made.kind = FlatValue::Kind::Null;
            good = word("null");
            break;
        case 't': good = word("true"); break;
        case 'f': good = word("false"); break;
        default: good = number();
        }
        m_row.m_values[place].past = static_cast<std::uint32_t>(m_row.m_count);
        return good;
    }

    bool object(std::size_t place, int depth)
    {
        ++m_at;
        if (take('}')) {
            return true;
        }
        std::size_t members = 0;
        do {
            skipSpace();
            std::string_view name;
            if (++members > kMostMembers || m_at == m_end || *m_at != '"'
                || !base::takePlainText(m_at, m_end, m_row.m_resolved, name) || isKnown(place, name) || !take(':')) {
                return false;
            }
            skipSpace();
            if (!value(name, depth)) {
                return false;
            }
        } while (take(','));
        return take('}');
    }

    // Whether the object at that place has a member of that name already.
    bool isKnown(std::size_t place, std::string_view name) const
    {
        const auto values = m_row.values();
        for (std::size_t at = place + 1; at < values.size(); at = values[at].past) {
            if (values[at].name == name) {
                return true;
            }
        }
        return false;
    }

    bool list(int depth)
    {
        ++m_at;
        if (take(']')) {
            return true;
        }
        do {
            skipSpace();
            if (!value({}, depth)) {
                return false;
            }
        } while (take(','));
        return take(']');
    }

    bool word(std::string_view wanted)
    {
        const bool is = std::string_view(m_at, static_cast<std::size_t>(m_end - m_at)).starts_with(wanted);
        m_at += is ? wanted.size() : 0;
        return is;
    }

    // One of few digits, which any parser takes.
    bool number()
    {
        m_at += *m_at == '-' ? 1 : 0;
        const char* begin = m_at;
        skipDigits();
        if (m_at == begin || (*begin == '0' && m_at - begin > 1)) {
            return false;
        }
        if (m_at < m_end && *m_at == '.') {
            const char* fraction = ++m_at;
            skipDigits();
            if (m_at == fraction) {
                return false;
            }
        }
        return m_at - begin <= kMostFlatDigits && (m_at == m_end || (*m_at != 'e' && *m_at != 'E'));
    }

    void skipDigits()
    {
        while (m_at < m_end && *m_at >= '0' && *m_at <= '9') {
            ++m_at;
        }
    }

    FlatRow& m_row;
};

char* FlatRow::room(std::size_t bytes)
{
    if (m_bytes.size() < bytes) {
        m_bytes.resize(bytes);
    }
    m_begin = 0;
    m_size = bytes;
    m_count = 0;
    return m_bytes.data();
}

void FlatRow::cut(std::size_t begin, std::size_t size)
{
    m_begin += begin;
    m_size = size;
}

bool FlatRow::readJson()
{
    m_count = 0;
    m_resolved.clear();
    m_resolved.reserve(m_size); // escapes are longer than what they stand for: views of it stay
    return Reader(*this).whole();
}

bool FlatRow::readRecord(char delimiter, const std::vector<std::string>& names)
{
    m_count = 0;
    const std::string_view record = bytes();
    if (!checkRowText(record)) {
        return false;
    }
    add({}, FlatValue::Kind::Object).past = static_cast<std::uint32_t>(names.size() + 1);
    char* const begin = m_bytes.data() + m_begin;
    const auto placeOf = [&](char byte, std::size_t from) {
        const void* found = std::memchr(begin + from, byte, record.size() - from);
        return found ? static_cast<std::size_t>(static_cast<const char*>(found) - begin) : record.size();
    };
    for (std::size_t at = 0;; ++at) { // from field to field
        if (m_count > names.size() || (at < record.size() && record[at] == ' ')) { // a quote may stand behind blanks
            return false;
        }
        std::size_t end = at;
        std::size_t size = 0; // of the text, which begins at `text`
        const bool isQuoted = at < record.size() && record[at] == '"';
        const std::size_t text = at + (isQuoted ? 1 : 0);
        if (isQuoted) {
            std::size_t from = text;
            for (;;) {
                const std::size_t quote = placeOf('"', from);
                if (quote == record.size()) {
                    return false;
                }
                if (text + size != from) { // behind a doubled one
                    std::memmove(begin + text + size, begin + from, quote - from);
                }
                size += quote - from;
                end = quote + 1;
                if (end == record.size() || record[end] != '"') {
                    break;
                }
                begin[text + size++] = '"';
                from = end + 1;
            }
            if (end < record.size() && record[end] != delimiter) {
                return false;
            }
        } else {
            end = placeOf(delimiter, at);
            size = end - at;
        }
        FlatValue& field = add(names[m_count - 1], FlatValue::Kind::Text);
        field.text = {begin + text, size};
        field.past = static_cast<std::uint32_t>(m_count);
        if (end == record.size()) {
            return m_count == names.size() + 1;
        }
        at = end;
    }
}

} // namespace luthier::data
