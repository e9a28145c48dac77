// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/text_scan.h"

#include "core/data/sources/ascii_case.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace luthier::data {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kLongestName = 64;    // RFC 5321: of the part before the @
constexpr std::size_t kFewestDigits = 9;    // shorter ones are dates and amounts
constexpr std::size_t kMostDigits = 15;     // E.164
constexpr std::size_t kFewestCharacters = 12; // below that "mostly" says nothing
constexpr std::size_t kRefusalBytes = 160;  // of the beginning

// What a byte is, looked up: these scanners look at every byte of a million rows.
enum : std::uint8_t { kDigit = 1, kLetter = 2, kWordMark = 4, kPhoneStart = 8, kMarkStart = 16, kInside = 32, kBlank = 64, kOtherSign = 128 };
constexpr std::array<std::uint8_t, 256> kClasses = [] {
    std::array<std::uint8_t, 256> classes{};
    for (unsigned byte = 0; byte < classes.size(); ++byte) {
        const bool digit = byte >= '0' && byte <= '9';
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        classes[byte] = static_cast<std::uint8_t>(
            (digit ? kDigit : 0) | (letter ? kLetter : 0) | (byte == '_' || byte == '-' ? kWordMark : 0)
            | (digit || byte == '+' || byte == '(' ? kPhoneStart : 0) | (byte == '<' || byte == '[' || byte == '#' ? kMarkStart : 0)
            | ((byte & 0xC0U) == 0x80U ? kInside : 0) | (byte <= ' ' ? kBlank : 0)
            | (byte > ' ' && byte < 0x80 && !digit && !letter ? kOtherSign : 0));
    }
    return classes;
}();
bool isOf(char c, unsigned classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isWord(char c) { return isOf(c, kDigit | kLetter | kWordMark); }

// Marks that chat templates put between turns: inside a text they would end a turn or begin one.
constexpr std::array<std::string_view, 22> kTemplateMarks = {
    "<|im_start|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|eot_id|>",
    "<|start_header_id|>", "<|end_header_id|>", "<|begin_of_text|>", "<|end_of_text|>", "<|endoftext|>",
    "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<|tool_call|>",
    "### Instruction:", "### Response:", "<|channel|>"};

// What stands for a picture, a sound or a film beside the text.
constexpr std::array<std::string_view, 11> kMediaMarks = {"<image>", "<video>", "<audio>", "<|image|>", "<|image_pad|>", "<|video_pad|>", "<|vision_start|>",
                                                          "<start_of_image>", "<image_soft_token>", "<|audio|>", "[IMG]"};

struct KeyPrefix {
    std::string_view prefix;
    std::size_t after; // so many word characters at least must follow
};
constexpr std::array<KeyPrefix, 12> kKeys = {{{"sk-", 20}, {"ghp_", 30}, {"gho_", 30}, {"github_pat_", 30},
                                              {"glpat-", 18}, {"xoxb-", 20}, {"xoxp-", 20}, {"AKIA", 16},
                                              {"AIza", 30}, {"hf_", 30}, {"npm_", 30}, {"SG.", 20}}};

constexpr std::array<bool, 256> kBeginsKey = [] {
    std::array<bool, 256> begins{};
    for (const KeyPrefix& key : kKeys) {
        begins[static_cast<unsigned char>(key.prefix.front())] = true;
    }
    return begins;
}();

constexpr std::array<std::string_view, 20> kRefusals = {
    "i'm sorry, but i can", "i am sorry, but i can", "i'm sorry, i can", "sorry, but i can", "sorry, i can't",
    "i cannot assist", "i can't assist", "i cannot help with", "i can't help with", "i'm unable to",
    "i am unable to", "i'm not able to", "i am not able to", "as an ai language model", "as an ai,",
    "i cannot fulfill", "i can't fulfill", "i cannot provide", "i can't provide", "i must decline"};

std::size_t emailAt(std::string_view text, std::size_t at)
{
    std::size_t begin = at;
    const auto isName = [](char c) { return isWord(c) || c == '.' || c == '+' || c == '%'; };
    while (begin > 0 && at - begin < kLongestName && isName(text[begin - 1])) {
        --begin;
    }
    std::size_t end = at + 1;
    std::size_t dot = kNone;
    while (end < text.size() && (isDigit(text[end]) || isLetter(text[end]) || text[end] == '-' || text[end] == '.')) {
        dot = text[end] == '.' && end + 1 < text.size() && isLetter(text[end + 1]) ? end : dot;
        ++end;
    }
    std::size_t letters = 0;
    while (dot != kNone && dot + 1 + letters < end && isLetter(text[dot + 1 + letters])) {
        ++letters;
    }
    return begin < at && dot != kNone && dot > at + 1 && letters >= 2 ? begin : kNone;
}

bool isKeyAt(std::string_view text, std::size_t at, const KeyPrefix& key)
{
    if (!text.substr(at).starts_with(key.prefix)) {
        return false;
    }
    const std::size_t begin = at + key.prefix.size();
    std::size_t end = begin;
    std::size_t digits = 0;
    while (end < text.size() && (isWord(text[end]) || text[end] == '.')) {
        digits += isDigit(text[end]) ? 1 : 0;
        ++end;
    }
    return digits > 0 && end - begin >= key.after;
}

} // namespace

std::size_t findEmail(std::string_view text)
{
    for (std::size_t at = text.find('@'); at != kNone; at = text.find('@', at + 1)) {
        if (const std::size_t begin = emailAt(text, at); begin != kNone) {
            return begin;
        }
    }
    return kNone;
}

std::size_t findPhone(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!isOf(text[i], kPhoneStart) || (i > 0 && (isWord(text[i - 1]) || text[i - 1] == '.'))) {
            continue;
        }
        std::size_t digits = 0;
        std::size_t separators = 0;
        std::size_t dots = 0;
        std::size_t end = i;
        std::size_t run = 0; // separators since the last digit
        for (; end < text.size() && run <= 2; ++end) {
            const char c = text[end];
            if (isDigit(c)) {
                ++digits;
                run = 0;
            } else if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == '/' || (c == '+' && end == i)) {
                ++run;
                separators += c != '.' ? 1 : 0;
                dots += c == '.' ? 1 : 0;
            } else {
                break;
            }
        }
        const bool wordFollows = end < text.size() && isLetter(text[end]) && run == 0;
        const bool marked = text[i] == '+' || text[i] == '(' || text[i] == '0';
        if (digits >= kFewestDigits && digits <= kMostDigits && separators + dots >= (text[i] == '+' ? 1U : 2U)
            && marked && !wordFollows) {
            return i;
        }
        i = std::max(i, end - std::min(end, run + 1));
    }
    return kNone;
}

std::size_t findKey(std::string_view text)
{
    if (const std::size_t block = text.find("-----BEGIN "); block != kNone) {
        const std::string_view head = text.substr(block, 64);
        if (head.find("PRIVATE KEY-----") != kNone) {
            return block;
        }
    }
    // Keys begin where words do. Of several the one whose prefix stands first in the table.
    std::size_t found = kNone;
    std::size_t foundKey = kKeys.size();
    bool isInWord = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool begins = !isInWord && kBeginsKey[static_cast<unsigned char>(text[at])];
        isInWord = isWord(text[at]);
        for (std::size_t key = 0; begins && key < foundKey; ++key) {
            if (text[at] == kKeys[key].prefix.front() && isKeyAt(text, at, kKeys[key])) {
                found = at;
                foundKey = key;
            }
        }
    }
    return found;
}

std::size_t findTemplateMark(std::string_view text)
{
    std::size_t first = kNone;
    // Nearly all texts hold none of these first bytes, so one pass settles them.
    if (std::none_of(text.begin(), text.end(), [](char c) { return isOf(c, kMarkStart); })) {
        return first;
    }
    for (const std::string_view mark : kTemplateMarks) {
        first = std::min(first, text.find(mark));
    }
    return first;
}

std::size_t findMediaMark(std::string_view text)
{
    std::size_t first = kNone;
    if (std::none_of(text.begin(), text.end(), [](char c) { return isOf(c, kMarkStart); })) {
        return first;
    }
    for (const std::string_view mark : kMediaMarks) {
        const auto at = text.find(mark);
        const bool isElement = at != kNone && mark[1] != '|' && text.find("</" + std::string(mark.substr(1)), at) != kNone; // of a feed or a page
        first = isElement ? first : std::min(first, at);
    }
    return first;
}

bool hasOpenFence(std::string_view text)
{
    std::size_t open = 0; // length of the fence that is open; 0: none
    for (std::size_t line = 0; line < text.size();) {
        const std::size_t end = std::min(text.find('\n', line), text.size());
        std::size_t at = line;
        while (at < end && (text[at] == ' ' || text[at] == '\t')) {
            ++at;
        }
        std::size_t ticks = 0;
        while (at + ticks < end && text[at + ticks] == '`') {
            ++ticks;
        }
        const std::string_view rest = text.substr(at + ticks, end - at - ticks);
        if (open == 0 && ticks >= 3 && rest.find('`') == kNone) {
            open = ticks;
        } else if (open > 0 && ticks >= open && rest.find_first_not_of(" \t\r") == kNone) {
            open = 0;
        }
        line = end + 1;
    }
    return open > 0;
}

namespace {

// Mostly signs where one that is repeated counts once, as lines and headings have it, and those beside a digit, as in a calculation or
// a list of numbers, count as it does.
bool isMostlySigns(std::string_view text)
{
    constexpr std::string_view kOfNumbers = "+-*/=<>.,:;%()[]^|";
    std::size_t visible = 0;
    std::size_t other = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        std::size_t end = at + 1;
        while (isOf(c, kOtherSign) && end < text.size() && text[end] == c) {
            ++end;
        }
        const bool isBeside = (at > 0 && isDigit(text[at - 1])) || (end < text.size() && isDigit(text[end]));
        visible += isOf(c, kInside | kBlank) ? 0 : 1;
        other += isOf(c, kOtherSign) && !(isBeside && kOfNumbers.find(c) != std::string_view::npos) ? 1 : 0;
        at = end;
    }
    return 2 * other > visible;
}

} // namespace

bool isMostlyNonText(std::string_view text)
{
    std::size_t characters = 0;
    std::size_t other = 0;
    std::size_t blanks = 0;
    for (const char c : text) {
        const std::uint8_t classes = kClasses[static_cast<unsigned char>(c)];
        characters += (classes & kInside) == 0; // else it is inside a character
        blanks += (classes & kBlank) != 0;
        other += (classes & kOtherSign) != 0;
    }
    const std::size_t visible = characters - blanks;
    return visible >= kFewestCharacters && 2 * other > visible && isMostlySigns(text);
}

bool isRefusal(std::string_view answer)
{
    const std::size_t first = answer.find_first_not_of(" \t\r\n\"*");
    if (first == kNone) {
        return false;
    }
    std::string begin;
    const std::string_view head = answer.substr(first, kRefusalBytes);
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head.substr(i).starts_with("\xE2\x80\x99")) { // the typographic apostrophe
            begin += '\'';
            i += 2;
        } else {
            begin += lowered(head[i]);
        }
    }
    return std::any_of(kRefusals.begin(), kRefusals.end(), [&](std::string_view r) {
        const std::size_t at = begin.find(r);
        return at == 0 || (at != kNone && begin[at - 1] == ' ' && at < 40);
    });
}

bool hasLostCharacters(std::string_view text)
{
    constexpr std::array<std::string_view, 2> kLost = {"\xEF\xBF\xBD", "\xC3\xA2\xE2\x82\xAC"}; // U+FFFD; a dash or quote read otherwise
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 ? byte != '\t' && byte != '\n' && byte != '\r' : byte == 0x7F) {
            return true;
        }
        // U+00C3 and a sign between U+0080 and U+00BF: both bytes of one accented letter.
        const std::string_view rest = text.substr(i);
        if (byte == 0xC3 && rest.size() > 3 && rest.starts_with("\xC3\x83\xC2") && (static_cast<unsigned char>(rest[3]) & 0xC0U) == 0x80U) {
            return true;
        }
        if (byte >= 0xC3 && std::any_of(kLost.begin(), kLost.end(), [rest](std::string_view lost) { return rest.starts_with(lost); })) {
            return true;
        }
    }
    return false;
}

bool hasWrittenLineEnds(std::string_view text)
{
    if (text.find('\n') != kNone || text.find('`') != kNone || text.find("(\"") != kNone || text.find("('") != kNone) {
        return false;
    }
    for (std::size_t at = text.find("\\n"); at != kNone; at = text.find("\\n", at + 1)) {
        // A small letter behind it: "\nabla", "\new".
        const char next = at + 2 < text.size() ? text[at + 2] : ' ';
        const bool isEscaped = at > 0 && text[at - 1] == '\\';
        if (!isEscaped && !(next >= 'a' && next <= 'z')) {
            return true;
        }
    }
    return false;
}

} // namespace luthier::data
