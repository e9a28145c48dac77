// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/sentencepiece/charsmap.h"

#include "core/text/characters/char_class.h"
#include "core/text/tokenizers/sentencepiece/spm_model.h"

#include <utf8proc.h>

#include <cstring>

namespace luthier::text {

namespace {

constexpr std::size_t kShortCluster = 6; // bytes

std::size_t clusterEnd(std::string_view text, std::size_t at)
{
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    int length = 0;
    auto before = static_cast<utf8proc_int32_t>(decodeValid(bytes + at, length));
    utf8proc_int32_t state = 0;
    for (at += static_cast<std::size_t>(length); at < text.size(); at += static_cast<std::size_t>(length)) {
        const auto next = static_cast<utf8proc_int32_t>(decodeValid(bytes + at, length));
        if (utf8proc_grapheme_break_stateful(before, next, &state)) {
            break;
        }
        before = next;
    }
    return at;
}

int sextet(char c)
{
    static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto found = kLetters.find(c);
    return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

} // namespace

Result<std::string> decodeBase64(std::string_view text)
{
    std::string out;
    unsigned bits = 0;
    int have = 0;
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int value = sextet(text[i]);
        if (value < 0) {
            return Error{"character " + std::to_string(i + 1) + " is not base64"};
        }
        bits = (bits << 6) | static_cast<unsigned>(value);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out += static_cast<char>((bits >> have) & 0xFFU);
        }
    }
    return out;
}

Result<Charsmap> Charsmap::fromBytes(std::string bytes)
{
    Charsmap map;
    if (bytes.empty()) {
        return map;
    }
    if (auto good = checkCharsmap(bytes); !good) {
        return good.error();
    }
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    map.m_units.resize(size / 4);
    std::memcpy(map.m_units.data(), bytes.data() + sizeof size, size);
    map.m_replacements = bytes.substr(sizeof size + size);
    return map;
}

// Walks the double array; checkCharsmap proved that no step leaves it. A NUL would end the walk in the reference.
std::optional<std::string_view> Charsmap::replacement(std::string_view piece) const
{
    const auto offset = [](std::uint32_t unit) { return static_cast<std::size_t>(unit >> 10) << ((unit & (1U << 9)) >> 6); };
    if (m_units.empty()) {
        return std::nullopt;
    }
    std::size_t node = offset(m_units[0]);
    for (const char c : piece) {
        const auto byte = static_cast<unsigned char>(c);
        node ^= byte;
        if (byte == 0 || node >= m_units.size()) {
            return std::nullopt;
        }
        const auto unit = m_units[node];
        if ((unit & ((1U << 31) | 0xFFU)) != byte) {
            return std::nullopt;
        }
        node ^= offset(unit);
        if (((unit >> 8) & 1U) != 0) {
            const std::size_t at = m_units[node] & 0x7FFFFFFFU;
            return std::string_view(m_replacements.c_str() + at);
        }
    }
    return std::nullopt;
}

bool Charsmap::apply(std::string_view text, EditedText& out) const
{
    std::size_t kept = 0;
    const auto change = [&](std::size_t begin, std::size_t end, std::string_view piece) {
        out.keep(text.substr(kept, begin - kept), kept);
        out.replace(piece, begin);
        kept = end;
    };
    bool changed = false;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = clusterEnd(text, at);
        const auto whole = end - at < kShortCluster ? replacement(text.substr(at, end - at)) : std::nullopt;
        if (whole) {
            change(at, end, *whole);
            changed = true;
            at = end;
            continue;
        }
        while (at < end) {
            int length = 0;
            decodeValid(reinterpret_cast<const unsigned char*>(text.data()) + at, length);
            const auto size = static_cast<std::size_t>(length);
            if (const auto one = replacement(text.substr(at, size))) {
                change(at, at + size, *one);
                changed = true;
            }
            at += size;
        }
    }
    if (changed) {
        out.keep(text.substr(kept), kept);
        out.finish(text.size());
    }
    return changed;
}

} // namespace luthier::text
