// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/display.h"

#include "core/base/amount.h"
#include "core/base/disk_room.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace luthier::cli {

namespace {

struct Letter {
    char32_t code = 0;
    std::size_t size = 1;
};

// Lenient: what is no character counts as one column a byte.
Letter letterAt(std::string_view text, std::size_t at)
{
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 1 || at + size > text.size()) {
        return {lead, 1};
    }
    char32_t code = lead & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
    }
    return {code, size};
}

struct CodeRange {
    char32_t first;
    char32_t last;
};
constexpr std::array kNone = {CodeRange{0x300, 0x36F}, CodeRange{0x200B, 0x200F}, CodeRange{0xFE00, 0xFE0F},
                              CodeRange{0x20D0, 0x20FF}, CodeRange{0x1AB0, 0x1AFF}};
constexpr std::array kWide = {CodeRange{0x1100, 0x115F}, CodeRange{0x2E80, 0xA4CF}, CodeRange{0xAC00, 0xD7A3},
                              CodeRange{0xF900, 0xFAFF}, CodeRange{0xFE30, 0xFE6F}, CodeRange{0xFF00, 0xFF60},
                              CodeRange{0x1F300, 0x1FAFF}, CodeRange{0x20000, 0x3FFFD}};

template <std::size_t N>
bool within(const std::array<CodeRange, N>& ranges, char32_t code)
{
    return std::any_of(ranges.begin(), ranges.end(),
                       [code](const CodeRange& r) { return code >= r.first && code <= r.last; });
}

int columnsOf(char32_t code)
{
    return within(kNone, code) ? 0 : within(kWide, code) ? 2 : 1;
}

// Bytes of the longest beginning that takes at most `width` columns; at least one letter.
std::size_t fitting(std::string_view text, int width)
{
    int columns = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const Letter letter = letterAt(text, at);
        columns += columnsOf(letter.code);
        if (columns > width && at > 0) {
            break;
        }
        at += letter.size;
    }
    return at;
}

void wrapLine(std::string_view line, int width, std::vector<std::string>& lines)
{
    // Not by the width of all that is left: of a line of 2 MB that took minutes.
    for (auto room = fitting(line, width); room < line.size(); room = fitting(line, width)) {
        auto cut = line.rfind(' ', room);
        if (cut == std::string_view::npos || cut == 0) {
            lines.emplace_back(line.substr(0, room));
            line.remove_prefix(room);
        } else {
            lines.emplace_back(line.substr(0, cut));
            line.remove_prefix(cut + 1);
        }
    }
    lines.emplace_back(line);
}

} // namespace

int displayWidth(std::string_view text)
{
    int columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Letter letter = letterAt(text, at);
        columns += columnsOf(letter.code);
        at += letter.size;
    }
    return columns;
}

std::string cutTo(std::string_view text, int width)
{
    if (fitting(text, width) == text.size()) {
        return std::string(text);
    }
    return std::string(text.substr(0, fitting(text, std::max(1, width - 1)))) + "…";
}

std::vector<std::string> wrapTo(std::string_view text, int width)
{
    std::vector<std::string> lines;
    while (true) {
        const auto end = text.find('\n');
        wrapLine(text.substr(0, end), std::max(1, width), lines);
        if (end == std::string_view::npos) {
            return lines;
        }
        text.remove_prefix(end + 1);
    }
}

std::string harmless(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Letter letter = letterAt(text, at);
        const bool control = (letter.code < 0x20 && letter.code != '\n' && letter.code != '\t')
                             || letter.code == 0x7F
                             || (letter.size > 1 && letter.code >= 0x80 && letter.code < 0xA0);
        out += control ? "\uFFFD" : std::string(text.substr(at, letter.size));
        at += letter.size;
    }
    return out;
}

std::string oneLine(std::string_view text)
{
    auto out = harmless(text);
    std::replace_if(out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return out;
}

std::string shortest(double value)
{
    std::array<char, 40> buffer{};
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

std::string fixed(double value, int digits)
{
    if (!std::isfinite(value) || std::abs(value) > 1e18) {
        return shortest(value);
    }
    std::array<char, 64> buffer{};
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                         std::chars_format::fixed, digits)
                               .ptr};
}

std::string counted(std::int64_t value)
{
    return base::counted(value);
}

std::string duration(double seconds)
{
    const auto whole = static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e15) + 0.5);
    if (whole < 60) {
        return std::to_string(whole) + " s";
    }
    if (whole < 3600) {
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    }
    return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string byteSize(double bytes)
{
    return base::bytesText(static_cast<std::uint64_t>(std::clamp(bytes, 0.0, 1e18)));
}

} // namespace luthier::cli
