// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/bleu_words.h"

#include "core/metrics/words.h"

namespace luthier::metrics {

namespace {

void replaceAll(std::string& text, std::string_view before, std::string_view after)
{
    for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + after.size())) {
        text.replace(at, before.size(), after);
    }
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isStop(char c)
{
    return c == '.' || c == ',';
}

// ASCII signs that are words of their own: all but the apostrophe, comma, hyphen and point.
bool isSign(char c)
{
    const bool inRange = (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+')
                         || (c >= ':' && c <= '@');
    return inRange || c == '/';
}

// Pairs of neighbours that a rule parts, found from the left without overlapping. Blanks: before the first, between both, behind the
// second. A character of several bytes is no digit and no stop, so its last or first byte stands for it.
struct PairRule {
    bool (*first)(char c);
    bool (*second)(char c);
    bool isBefore;
    bool isBehind;
};

std::string parted(const PairRule& rule, const std::string& text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i + 1 < text.size() && rule.first(text[i]) && rule.second(text[i + 1])) {
            out += rule.isBefore ? " " : "";
            out += text[i];
            out += ' ';
            // The rest of a character of several bytes follows by itself.
            out += text[++i];
            out += rule.isBehind ? " " : "";
        } else {
            out += text[i];
        }
    }
    return out;
}

} // namespace

std::vector<std::string> bleuWords(std::string_view text)
{
    std::string line(trimmedRight(text));
    replaceAll(line, "<skipped>", "");
    replaceAll(line, "-\n", "");
    replaceAll(line, "\n", " ");
    replaceAll(line, "&quot;", "\"");
    replaceAll(line, "&amp;", "&");
    replaceAll(line, "&lt;", "<");
    replaceAll(line, "&gt;", ">");
    std::string signs = " ";
    for (const char c : line) {
        signs += isSign(c) ? std::string{' ', c, ' '} : std::string(1, c);
    }
    signs += ' ';
    const auto noDigit = [](char c) { return !isDigit(c); };
    const PairRule stopBehindOther{noDigit, isStop, false, true};
    const PairRule stopBeforeOther{isStop, noDigit, true, false};
    const PairRule hyphenBehindDigit{isDigit, [](char c) { return c == '-'; }, false, true};
    signs = parted(hyphenBehindDigit, parted(stopBeforeOther, parted(stopBehindOther, signs)));
    std::vector<std::string> words;
    for (const auto word : splitWords(signs)) {
        words.emplace_back(word);
    }
    return words;
}

} // namespace luthier::metrics
