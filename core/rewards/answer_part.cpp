// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/answer_part.h"

#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace luthier::rewards {

namespace {

constexpr std::size_t kMostNumbers = 100'000;

bool isDigit(std::string_view text, std::size_t at)
{
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Behind "1" of "1,234": commas stand before three digits and no fourth.
bool isGroup(std::string_view text, std::size_t comma)
{
    return text[comma] == ',' && isDigit(text, comma + 1) && isDigit(text, comma + 2) && isDigit(text, comma + 3) && !isDigit(text, comma + 4);
}

// From the first digit or point; gives where it ends.
std::size_t scan(std::string_view text, std::size_t at, std::string& plain)
{
    const std::size_t first = at;
    while (at < text.size() && (isDigit(text, at) || (at > first && at - first <= 18 && isGroup(text, at)))) {
        plain += text[at] == ',' ? std::string() : std::string(1, text[at]);
        ++at;
    }
    if (at < text.size() && text[at] == '.' && isDigit(text, at + 1)) {
        plain += text[at++];
        while (isDigit(text, at)) {
            plain += text[at++];
        }
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        const std::size_t sign = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+') ? 1 : 0;
        if (isDigit(text, at + 1 + sign)) {
            plain += sign == 1 && text[at + 1] == '-' ? "e-" : "e";
            at += 1 + sign;
            while (isDigit(text, at)) {
                plain += text[at++];
            }
        }
    }
    return at;
}

} // namespace

const fields::Section& partSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, PartSettings>({
        field<&PartSettings::after>("after", "Behind", "Looks only at what stands behind the last occurrence of this, such as ####. Usually empty: at all of it."),
        field<&PartSettings::tag>("tag", "Inside tag", "Looks only at what stands between <tag> and </tag>, such as answer. Usually empty: at all of it."),
    });
    return section;
}

std::string trimmed(std::string_view text)
{
    const std::size_t first = text::skipSpaces(text, 0);
    std::size_t last = text.size();
    while (last > first) { // from the end, by whole characters
        std::size_t begin = last - 1;
        while (begin > first && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
            --begin;
        }
        if (!text::isSpace(text::decodeAt(text, begin).value)) {
            break;
        }
        last = begin;
    }
    return std::string(text.substr(first, last - first));
}

std::optional<std::string> partOf(std::string_view text, const PartSettings& settings)
{
    if (!settings.tag.empty()) {
        const std::string close = "</" + settings.tag + ">";
        const std::string open = "<" + settings.tag + ">";
        const std::size_t end = text.rfind(close);
        const std::size_t begin = end == std::string_view::npos ? end : text.rfind(open, end);
        if (begin == std::string_view::npos || begin + open.size() > end) {
            return std::nullopt;
        }
        text = text.substr(begin + open.size(), end - begin - open.size());
    }
    if (!settings.after.empty()) {
        const std::size_t at = text.rfind(settings.after);
        if (at == std::string_view::npos) {
            return std::nullopt;
        }
        text = text.substr(at + settings.after.size());
    }
    return trimmed(text);
}

std::string missingPart(const PartSettings& settings)
{
    return settings.tag.empty() ? "there is no \"" + settings.after + "\"" : "there is no <" + settings.tag + ">...</" + settings.tag + ">"
               + (settings.after.empty() ? std::string() : " with \"" + settings.after + "\"");
}

std::vector<double> numbersIn(std::string_view text)
{
    std::vector<double> numbers;
    for (std::size_t at = 0; at < text.size() && numbers.size() < kMostNumbers;) {
        const bool point = text[at] == '.' && isDigit(text, at + 1);
        const bool inWord = at > 0 && (isLetter(text[at - 1]) || isDigit(text, at - 1));
        if ((!isDigit(text, at) && !point) || inWord) {
            ++at;
            continue;
        }
        // A sign belongs to the number unless it stands between two: 3-2.
        const bool negative = at > 0 && text[at - 1] == '-' && (at < 2 || (!isDigit(text, at - 2) && !isLetter(text[at - 2])));
        std::string plain = negative ? "-" : "";
        at = scan(text, at, plain);
        double value = 0;
        if (std::from_chars(plain.data(), plain.data() + plain.size(), value).ec == std::errc()) {
            numbers.push_back(value);
        }
    }
    return numbers;
}

std::string shortNumber(double value)
{
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 6);
    return {buffer.data(), end.ptr};
}

} // namespace luthier::rewards
