// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_string.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

// How many bytes from there on are plain: none of these and none above ASCII. Sixteen at once where the machine can say which one
// is not, else eight.
std::size_t plainBytes(const char* at, const char* end)
{
    static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
    const char* begin = at;
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        // As signed numbers all bytes above ASCII are below a blank, as control characters are.
        const __m128i found = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                           _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found)); mask != 0) {
            return static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(std::countr_zero(mask));
        }
    }
#endif
    for (std::uint64_t word = 0; end - at >= static_cast<std::ptrdiff_t>(sizeof word); at += sizeof word) {
        std::memcpy(&word, at, sizeof word);
        if (const std::uint64_t special = specialIn(word); special != 0) {
            return static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(std::countr_zero(special)) / 8;
        }
    }
    while (at < end && static_cast<unsigned char>(*at) < 0x80 && static_cast<unsigned char>(*at) >= 0x20 && *at != '"' && *at != '\\') {
        ++at;
    }
    return static_cast<std::size_t>(at - begin);
}

bool isContinuation(unsigned char byte)
{
    return (byte & 0xC0U) == 0x80U;
}

class StringReader {
public:
    StringReader(const char* at, const char* end) : m_at(at), m_end(end) {}

    const char* at() const { return m_at; }

    // Of a text without escapes `text` is where it stands, else what was added to `spare`.
    bool read(std::string& spare, std::string_view& text)
    {
        const char* run = ++m_at; // bytes that are taken as they are
        const std::size_t before = spare.size();
        bool isThere = true; // nothing had to be resolved
        for (;;) {
            m_at += plainBytes(m_at, m_end);
            if (m_at == m_end || static_cast<unsigned char>(*m_at) < 0x20) {
                return false;
            }
            if (static_cast<unsigned char>(*m_at) >= 0x80) {
                if (!character()) {
                    return false;
                }
                continue;
            }
            if (*m_at == '"' && isThere) {
                text = {run, static_cast<std::size_t>(m_at - run)};
                ++m_at;
                return true;
            }
            spare.append(run, m_at);
            if (*m_at == '"') {
                ++m_at;
                text = std::string_view(spare).substr(before);
                return true;
            }
            isThere = false;
            if (!escape(spare)) {
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

bool takePlainText(const char*& at, const char* end, std::string& spare, std::string_view& text)
{
    StringReader reader(at, end);
    const bool good = reader.read(spare, text);
    at = reader.at();
    return good;
}

bool takePlainString(const char*& at, const char* end, std::string& text)
{
    std::string_view view;
    const std::size_t before = text.size();
    const bool good = takePlainText(at, end, text, view);
    if (good && text.size() == before) { // where it stands
        text.append(view);
    }
    return good;
}

} // namespace luthier::base
