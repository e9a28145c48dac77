// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_string.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace luthier::base {

namespace {

// A quote, a backslash, a control character or a byte above ASCII among these eight (the highest bit of each that is).
std::uint64_t specialIn(std::uint64_t word)
{
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t slash = word ^ (kOnes * '\\');
    // x - 1 borrows only where x is 0; x - 0x20 where x is below it. False alarms behind a true one do no harm.
    return ((quote - kOnes) | (slash - kOnes) | (word - kOnes * 0x20) | word) & kHighs;
}

// The same of sixteen at once, on whatever machine: whether any is special.
using Bytes = std::uint8_t __attribute__((vector_size(16)));
bool isAnySpecial(const Bytes& x)
{
    const Bytes found = Bytes(x == '"') | Bytes(x == '\\') | Bytes(x < 0x20) | Bytes(x > 0x7F);
    std::uint64_t halves[2];
    std::memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

bool isContinuation(unsigned char byte)
{
    return (byte & 0xC0U) == 0x80U;
}

class StringReader {
public:
    StringReader(const char* at, const char* end) : m_at(at), m_end(end) {}

    const char* at() const { return m_at; }

    bool read(std::string& text)
    {
        const char* run = ++m_at; // bytes that are taken as they are
        for (;;) {
            Bytes bytes;
            while (m_end - m_at >= static_cast<std::ptrdiff_t>(sizeof bytes)) {
                std::memcpy(&bytes, m_at, sizeof bytes);
                if (isAnySpecial(bytes)) {
                    break;
                }
                m_at += sizeof bytes;
            }
            std::uint64_t word = 0;
            while (m_end - m_at >= static_cast<std::ptrdiff_t>(sizeof word)) {
                std::memcpy(&word, m_at, sizeof word);
                if (specialIn(word) != 0) {
                    break;
                }
                m_at += sizeof word;
            }
            while (m_at < m_end && static_cast<unsigned char>(*m_at) < 0x80 && static_cast<unsigned char>(*m_at) >= 0x20 && *m_at != '"'
                   && *m_at != '\\') {
                ++m_at;
            }
            if (m_at == m_end || static_cast<unsigned char>(*m_at) < 0x20) {
                return false;
            }
            if (static_cast<unsigned char>(*m_at) >= 0x80) {
                if (!character()) {
                    return false;
                }
                continue;
            }
            text.append(run, m_at);
            if (*m_at == '"') {
                ++m_at;
                return true;
            }
            if (!escape(text)) {
                return false;
            }
            run = m_at;
        }
    }

private:
    // One character of more than a byte, well formed (Unicode, table 3-7).
    bool character()
    {
        const auto left = m_end - m_at;
        const auto byte = [this](int i) { return static_cast<unsigned char>(m_at[i]); };
        const unsigned char first = byte(0);
        const int size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (first < 0xC2 || first > 0xF4 || left < size) {
            return false;
        }
        const unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        const unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        bool good = byte(1) >= lowest && byte(1) <= highest;
        for (int i = 2; i < size; ++i) {
            good = good && isContinuation(byte(i));
        }
        m_at += size;
        return good;
    }

    bool escape(std::string& text)
    {
        static constexpr std::string_view kNames = "\"\\/bfnrt";
        static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
        if (m_end - m_at < 2) {
            return false;
        }
        if (m_at[1] == 'u') {
            return codePoint(text);
        }
        const auto place = kNames.find(m_at[1]);
        if (place == std::string_view::npos) {
            return false;
        }
        text += kValues[place];
        m_at += 2;
        return true;
    }

    bool hex(std::uint32_t& unit)
    {
        if (m_end - m_at < 6 || m_at[0] != '\\' || m_at[1] != 'u') {
            return false;
        }
        const auto parsed = std::from_chars(m_at + 2, m_at + 6, unit, 16);
        const bool good = parsed.ec == std::errc() && parsed.ptr == m_at + 6;
        m_at += 6;
        return good;
    }

    bool codePoint(std::string& text)
    {
        std::uint32_t point = 0;
        if (!hex(point)) {
            return false;
        }
        if (point >= 0xD800 && point < 0xE000) {
            std::uint32_t low = 0;
            if (point >= 0xDC00 || !hex(low) || low < 0xDC00 || low >= 0xE000) {
                return false;
            }
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
        if (point < 0x80) {
            add(point);
        } else if (point < 0x800) {
            add(0xC0 | point >> 6);
            add(0x80 | (point & 0x3F));
        } else if (point < 0x10000) {
            add(0xE0 | point >> 12);
            add(0x80 | (point >> 6 & 0x3F));
            add(0x80 | (point & 0x3F));
        } else {
            add(0xF0 | point >> 18);
            add(0x80 | (point >> 12 & 0x3F));
            add(0x80 | (point >> 6 & 0x3F));
            add(0x80 | (point & 0x3F));
        }
        return true;
    }

    const char* m_at;
    const char* m_end;
};

} // namespace

bool takePlainString(const char*& at, const char* end, std::string& text)
{
    StringReader reader(at, end);
    const bool good = reader.read(text);
    at = reader.at();
    return good;
}

} // namespace luthier::base
