// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_plain.h"

#include "core/base/json_cursor.h"
#include "core/base/json_string.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace luthier::base {

namespace {

constexpr std::size_t kMostKeys = 24; // more are compared by the hashes of the strict parser
constexpr std::size_t kUsualKeys = 4;
constexpr std::size_t kUsualItems = 4;
constexpr std::ptrdiff_t kMostDigits = 18; // fit 64 bits whatever they are

using Members = Json::object_t::Container; // by their places

thread_local Json spare; // what was given back; null: nothing

class PlainParser : JsonCursor {
public:
    PlainParser(std::string_view text, const JsonLimits& limits)
        : JsonCursor(text), m_depth(limits.depth)
    {
    }

    bool whole(Json& value)
    {
        skipSpace();
        if (!read(value)) {
            return false;
        }
        skipSpace();
        return m_at == m_end;
    }

private:
    bool word(std::string_view wanted)
    {
        const bool is = std::string_view(m_at, static_cast<std::size_t>(m_end - m_at)).starts_with(wanted);
        m_at += is ? wanted.size() : 0;
        return is;
    }

    bool read(Json& value)
    {
        if (m_at == m_end) {
            return false;
        }
        switch (*m_at) {
        case '"':
            if (!value.is_string()) {
                value = std::string();
            }
            value.get_ref<std::string&>().clear();
            return takePlainString(m_at, m_end, value.get_ref<std::string&>());
        case '{': return object(value);
        case '[': return array(value);
        case 't': value = true; return word("true");
        case 'f': value = false; return word("false");
        case 'n': value = nullptr; return word("null");
        default: return number(value);
        }
    }

    bool object(Json& value)
    {
        ++m_at;
        if (--m_depth < 0) {
            return false;
        }
        if (!value.is_object()) {
            value = Json::object();
        }
        Members& members = value.get_ref<Json::object_t&>();
        std::size_t count = 0; // members behind them are of the value before
        if (!take('}')) {
            members.reserve(kUsualKeys);
            do {
                skipSpace();
                if (!key(members, count) || !take(':')) {
                    return false;
                }
                skipSpace();
                if (!read(members[count].second)) {
                    return false;
                }
                ++count;
            } while (take(','));
            if (!take('}')) {
                return false;
            }
        }
        shorten(members, count);
        ++m_depth;
        return true;
    }

    // The name of member `count`, which is there afterwards: the one of the value before if it has the same name.
    bool key(Members& members, std::size_t count)
    {
        if (m_at == m_end || *m_at != '"') {
            return false;
        }
        if (count < members.size()) {
            const std::string& before = members[count].first;
            const std::string_view rest(m_at + 1, static_cast<std::size_t>(m_end - m_at - 1));
            const bool isSame = rest.size() > before.size() && rest[before.size()] == '"' && rest.starts_with(before)
                                && before.find('\\') == std::string::npos;
            if (isSame) { // all before it are, too, so that none has its name
                m_at += before.size() + 2;
                return true;
            }
            shorten(members, count);
        }
        std::string name;
        if (!takePlainString(m_at, m_end, name) || isKnown(members, name)) {
            return false;
        }
        members.push_back({std::move(name), nullptr});
        return true;
    }

    template <class Container>
    static void shorten(Container& container, std::size_t count)
    {
        while (container.size() > count) {
            container.pop_back();
        }
    }

    static bool isKnown(const Members& members, const std::string& key)
    {
        if (members.size() >= kMostKeys) {
            return true;
        }
        for (const auto& member : members) {
            if (member.first == key) {
                return true;
            }
        }
        return false;
    }

    bool array(Json& value)
    {
        ++m_at;
        if (--m_depth < 0) {
            return false;
        }
        if (!value.is_array()) {
            value = Json::array();
        }
        auto& items = value.get_ref<Json::array_t&>();
        std::size_t count = 0;
        if (!take(']')) {
            items.reserve(kUsualItems);
            do {
                skipSpace();
                if (count == items.size()) {
                    items.emplace_back(nullptr);
                }
                if (!read(items[count])) {
                    return false;
                }
                ++count;
            } while (take(','));
            if (!take(']')) {
                return false;
            }
        }
        shorten(items, count);
        ++m_depth;
        return true;
    }

    bool number(Json& value)
    {
        const char* begin = m_at;
        const bool isNegative = *m_at == '-';
        m_at += isNegative ? 1 : 0;
        const char* digits = m_at;
        skipDigits();
        if (m_at == digits || (*digits == '0' && m_at - digits > 1)) {
            return false;
        }
        const bool isWhole = m_at == m_end || (*m_at != '.' && *m_at != 'e' && *m_at != 'E');
        if (isWhole) {
            return m_at - digits <= kMostDigits && (isNegative ? convert<std::int64_t>(begin, value) : convert<std::uint64_t>(begin, value));
        }
        if (*m_at == '.') {
            const char* fraction = ++m_at;
            skipDigits();
            if (m_at == fraction) {
                return false;
            }
        }
        if (m_at < m_end && (*m_at == 'e' || *m_at == 'E')) {
            ++m_at;
            m_at += m_at < m_end && (*m_at == '+' || *m_at == '-') ? 1 : 0;
            const char* exponent = m_at;
            skipDigits();
            if (m_at == exponent) {
                return false;
            }
        }
        return convert<double>(begin, value);
    }

    void skipDigits()
    {
        while (m_at < m_end && *m_at >= '0' && *m_at <= '9') {
            ++m_at;
        }
    }

    template <class Number>
    bool convert(const char* begin, Json& value)
    {
        Number number{};
        const auto parsed = std::from_chars(begin, m_at, number);
        value = number;
        return parsed.ec == std::errc() && parsed.ptr == m_at;
    }

    int m_depth;
};

} // namespace

std::optional<Json> parsePlainJson(std::string_view text, const JsonLimits& limits)
{
    std::optional<Json> value(std::in_place, std::exchange(spare, nullptr));
    return PlainParser(text, limits).whole(*value) ? std::move(value) : std::nullopt;
}

void giveBack(Json&& value)
{
    spare = std::move(value);
}

} // namespace luthier::base
