// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/values/strings.h"

#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/budget.h"

#include <algorithm>

namespace luthier::text::jinja {

namespace {

std::size_t previous(std::string_view text, std::size_t end)
{
    std::size_t start = end - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) {
        --start;
    }
    return start;
}

bool isLineEnd(char32_t c)
{
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

} // namespace

std::size_t byteOf(std::string_view text, std::size_t index)
{
    std::size_t at = 0;
    for (; index > 0 && at < text.size(); --index) {
        at += static_cast<std::size_t>(decodeAt(text, at).length);
    }
    return at;
}

std::size_t countCharacters(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

Text changed(std::string bytes, const Text& from)
{
    allocate(bytes.size());
    Text out{std::move(bytes), {}};
    for (const auto& run : from.runs) {
        out.mark(0, run.source, run.message);
    }
    return out;
}

Text strip(const Text& text, Side side, const std::optional<std::string>& characters)
{
    const auto set = toCodePoints(characters.value_or(""));
    const auto goes = [&](std::size_t at) {
        const auto c = decodeAt(text.bytes, at).value;
        return characters ? set.find(c) != std::u32string::npos : isPythonSpace(c);
    };
    std::size_t begin = 0;
    std::size_t end = text.bytes.size();
    spend(end / 64);
    while (side != Side::Right && begin < end && goes(begin)) {
        begin += static_cast<std::size_t>(decodeAt(text.bytes, begin).length);
    }
    while (side != Side::Left && end > begin && goes(previous(text.bytes, end))) {
        end = previous(text.bytes, end);
    }
    return text.slice(begin, end);
}

std::vector<Value> splitAtSpace(const Text& text, std::int64_t most, bool fromRight)
{
    struct Piece {
        std::size_t begin;
        std::size_t end;
    };
    std::vector<Piece> words;
    const auto& bytes = text.bytes;
    spend(bytes.size() / 8);
    for (std::size_t at = 0; at < bytes.size();) {
        const auto point = decodeAt(bytes, at);
        const auto length = static_cast<std::size_t>(point.length);
        if (!isPythonSpace(point.value)) {
            if (words.empty() || words.back().end != at) {
                words.push_back({at, at});
            }
            words.back().end = at + length;
        }
        at += length;
    }
    const auto count = words.size();
    if (most >= 0 && count > static_cast<std::size_t>(most) + 1) {
        const auto kept = static_cast<std::size_t>(most);
        if (fromRight) {
            // What is left over keeps its white space in front, not behind.
            words[count - kept - 1].begin = 0;
            words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count - kept - 1));
        } else {
            words.resize(kept + 1);
            words.back().end = bytes.size();
        }
    }
    std::vector<Value> out;
    for (const auto& word : words) {
        out.emplace_back(text.slice(word.begin, word.end));
    }
    return out;
}

std::vector<Value> splitAt(const Text& text, const std::string& separator, std::int64_t most, bool fromRight)
{
    if (separator.empty()) {
        fail("empty separator");
    }
    std::vector<Value> out;
    const auto& bytes = text.bytes;
    spend(bytes.size() / 8);
    std::size_t begin = 0;
    std::size_t end = bytes.size();
    for (; most != 0; --most) {
        const auto found = fromRight ? (end < separator.size() ? std::string::npos
                                                               : bytes.rfind(separator, end - separator.size()))
                                     : bytes.find(separator, begin);
        if (found == std::string::npos) {
            break;
        }
        spend(1);
        out.emplace_back(fromRight ? text.slice(found + separator.size(), end) : text.slice(begin, found));
        (fromRight ? end : begin) = fromRight ? found : found + separator.size();
    }
    out.emplace_back(text.slice(begin, end));
    if (fromRight) {
        std::reverse(out.begin(), out.end());
    }
    return out;
}

std::vector<Value> splitLines(const Text& text, bool keepEnds)
{
    std::vector<Value> out;
    const auto& bytes = text.bytes;
    spend(bytes.size() / 8);
    std::size_t begin = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto point = decodeAt(bytes, at);
        auto next = at + static_cast<std::size_t>(point.length);
        if (isLineEnd(point.value)) {
            next += point.value == '\r' && next < bytes.size() && bytes[next] == '\n' ? 1 : 0;
            out.emplace_back(text.slice(begin, keepEnds ? next : at));
            begin = next;
        }
        at = next;
    }
    if (begin < bytes.size()) {
        out.emplace_back(text.slice(begin, bytes.size()));
    }
    return out;
}

Text replace(const Text& text, const std::string& before, const Text& after, std::int64_t most)
{
    Text out;
    const auto& bytes = text.bytes;
    spend(bytes.size() / 8);
    std::size_t begin = 0;
    std::size_t from = 0;
    for (; most != 0; --most) {
        const auto found = bytes.find(before, from);
        if (found == std::string::npos) {
            break;
        }
        spend(1);
        out.append(text.slice(begin, found));
        out.append(after);
        begin = found + before.size();
        from = begin;
        if (before.empty()) {
            // Python puts the new text before every character and at the end.
            if (found >= bytes.size()) {
                break;
            }
            from = found + static_cast<std::size_t>(decodeAt(bytes, found).length);
        }
    }
    if (begin < bytes.size() || out.bytes.empty()) {
        out.append(text.slice(begin, bytes.size()));
    }
    return out;
}

Text join(const Text& separator, const std::vector<Value>& parts)
{
    Text out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        spend(1);
        if (i > 0) {
            out.append(separator);
        }
        out.append(str(parts[i]));
    }
    return out;
}

Text pad(const Text& text, std::int64_t width, const std::string& fill, Side side)
{
    if (countCharacters(fill) != 1) {
        fail("the fill character must be exactly one character long");
    }
    const auto length = static_cast<std::int64_t>(countCharacters(text.bytes));
    const auto missing = std::max<std::int64_t>(width - length, 0);
    allocate(static_cast<std::size_t>(missing) * fill.size());
    // str.center(): the odd one goes left when the width is odd.
    const auto left = side == Side::Left ? 0 : side == Side::Right ? missing : missing / 2 + (missing & width & 1);
    Text out;
    for (std::int64_t i = 0; i < left; ++i) {
        out.bytes += fill;
    }
    out.append(text);
    for (std::int64_t i = left; i < missing; ++i) {
        out.bytes += fill;
    }
    return out;
}

} // namespace luthier::text::jinja
