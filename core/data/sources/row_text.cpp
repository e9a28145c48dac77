// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/row_text.h"

#include "core/base/amount.h"
#include "core/base/json_digits.h"
#include "core/base/json_plain.h"
#include "core/data/flat_row.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace luthier::data {

namespace {

struct Hint {
    const char* sign; // in what the parser says
    const char* sentence;
};

constexpr const char* kUnquotedName = "the name of a field needs double quotes";
constexpr const char* kPythonName = "the name of a field needs double quotes, where Python prints single ones (json.dumps() writes it right)";

// What the parser says, in words for a person. First match wins; new hint: one line.
constexpr std::array kHints{
    Hint{"missing closing quote", "the row breaks off inside a text; was it cut off?"},
    Hint{"unexpected end of input", "the row breaks off; was it cut off?"},
    Hint{"surrogate",
         "a text holds half of a surrogate pair (\\uD800 to \\uDFFF alone); write the character itself"},
    Hint{"control character", "a text holds a bare control character; remove it or write it as \\u00XX"},
    Hint{"after backslash",
         "after a backslash only \" \\ / b f n r t u may stand; write \\\\ for a backslash"},
    Hint{"four hex digits", "\\u needs four hex digits after it"},
    Hint{"number overflow", "a number is too large to be held; write it as text or smaller"},
    Hint{"; expected end of input", "something follows the end of the row; one row is one value alone, on a line of its own (jq -c . FILE writes them so)"},
    Hint{"object key - unexpected '}'", "a comma stands before a closing brace; remove it"},
    Hint{"object key - invalid literal", kUnquotedName},
    Hint{"; expected string literal", "the name of a field, in double quotes, was expected"},
    Hint{"; expected ':'", "a colon after the name of a field was expected"},
    Hint{"; expected ',' or '}'", "a comma or a closing brace was expected"},
    Hint{"; expected ',' or ']'", "a comma or a closing bracket was expected"},
    Hint{"object separator", "a comma or a closing brace was expected"},
    Hint{"while parsing object -", "a comma or a closing brace was expected"},
    Hint{"while parsing array -", "a comma or a closing bracket was expected"},
    Hint{"invalid number", "a number is not written as JSON has it, such as 1, -2.5 or 6e3"},
    Hint{"invalid literal", "this is no JSON value; text needs double quotes, there is no NaN, None or True, and nothing may stand before a row"},
};

constexpr std::size_t kSentenceBytes = 300;

std::string hexByte(unsigned char byte)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    return std::string("0x") + kDigits[byte >> 4] + kDigits[byte & 0xF];
}

// "line 1, column 9: not valid JSON (...)" as "column 9: ...": a row has but one line, most of the time.
std::string rowSentence(const std::string& said)
{
    const auto mark = said.find(": not valid JSON (");
    std::string place = mark == std::string::npos ? std::string() : said.substr(0, mark);
    if (place.starts_with("line 1, ")) {
        place = place.substr(8);
    }
    // What was last read may be anything, so signs in it do not count.
    const auto read = said.find("; last read: '");
    const auto readEnd = said.rfind('\'');
    const std::string signs = read < readEnd ? said.substr(0, read) + said.substr(readEnd + 1) : said;
    const bool isPython = read < readEnd && said.substr(read, readEnd - read).ends_with("'"); // a quote was read last
    for (const Hint& hint : kHints) {
        if (signs.find(hint.sign) != std::string::npos) {
            return (place.empty() ? "" : place + ": ") + "not valid JSON: " + (isPython && hint.sentence == kUnquotedName ? kPythonName : hint.sentence);
        }
    }
    return shortened(place.empty() ? said : place + said.substr(mark), kSentenceBytes);
}

// A line of what a server sends while it answers (server-sent events): "data: {...}", "event: ...", ": a remark".
bool isStreamLine(std::string_view bytes)
{
    constexpr std::array<std::string_view, 4> kBegins = {"data:", "event:", "retry:", ": "};
    const auto first = bytes.find_first_not_of(" \t");
    const std::string_view line = first == std::string_view::npos ? std::string_view() : bytes.substr(first);
    return std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view begin) { return line.starts_with(begin); });
}

constexpr const char* kStreamLine = "this is a line of a server's stream, \"data: {...}\", in which an answer comes in pieces, and no row; ask the server for whole answers "
                                    "(\"stream\": false) and write each behind its question, {\"prompt\": ..., \"completion\": ...}. Where every line holds a whole row, "
                                    "take away what stands before its opening brace";

// What other programs write and JSON does not have: a comma behind the row, and NaN and Infinity, which become null.
std::string withoutHabits(std::string_view bytes, bool& hasNoNumber)
{
    const auto last = bytes.find_last_not_of(" \t\r\n");
    if (last != std::string_view::npos && bytes[last] == ',') {
        bytes = bytes.substr(0, last);
    }
    constexpr std::array<std::string_view, 3> kNoNumbers = {"NaN", "-Infinity", "Infinity"};
    std::string text;
    bool quoted = false;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::string_view rest = bytes.substr(at);
        const auto* found = quoted ? kNoNumbers.end() : std::find_if(kNoNumbers.begin(), kNoNumbers.end(), [&](auto name) {
            return rest.starts_with(name);
        });
        if (found != kNoNumbers.end()) {
            text += "null";
            hasNoNumber = true;
            at += found->size();
            continue;
        }
        const bool escape = quoted && rest.front() == '\\' && rest.size() > 1;
        quoted = quoted != (rest.front() == '"');
        text += rest.substr(0, escape ? 2 : 1);
        at += escape ? 2 : 1;
    }
    return text;
}

} // namespace

bool isBlank(std::string_view bytes)
{
    return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string shortened(std::string_view text, std::size_t bytes)
{
    if (text.size() <= bytes) {
        return std::string(text);
    }
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) {
        --bytes;
    }
    return std::string(text.substr(0, bytes)) + "...";
}

Result<void> checkRowText(std::string_view bytes)
{
    if (bytes.starts_with(kBom)) {
        return Error{"a byte-order mark (ef bb bf) stands at its beginning; remove these three bytes"};
    }
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
    for (std::size_t at = 0; at < bytes.size();) {
        std::uint64_t word = 0;
        if (at + sizeof word <= bytes.size()) {
            std::memcpy(&word, bytes.data() + at, sizeof word);
            // Bytes beyond ASCII, and zeros: of the marks the lowest is true, for subtracting one borrows behind a zero alone.
            const std::uint64_t marks = (word | (word - kOnes)) & kHighs;
            const auto plain = marks == 0 ? sizeof word : static_cast<std::size_t>(std::countr_zero(marks)) / 8;
            at += plain;
            if (plain > 0) {
                continue;
            }
        }
        const auto byte = [&bytes, at](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
        if (byte(0) > 0 && byte(0) < 0x80) {
            ++at;
            continue;
        }
        if (byte(0) >= 0xC2 && byte(0) < 0xE0 && at + 1 < bytes.size() && (byte(1) & 0xC0U) == 0x80U) { // most letters beyond ASCII
            at += 2;
            continue;
        }
        const auto point = text::decodeAt(bytes, at);
        if (!point.valid || point.value == 0) {
            return Error{
                "byte " + std::to_string(at + 1) + " (" + hexByte(static_cast<unsigned char>(bytes[at]))
                + (point.valid ? ") is a NUL byte; remove it" : ") is not UTF-8; save the file as UTF-8")};
        }
        at += static_cast<std::size_t>(point.length);
    }
    return {};
}

namespace {

Result<Json> parseRow(std::string_view bytes, RowHabits& habits)
{
    base::JsonLimits limits;
    auto value = base::parseJsonWithDigits(bytes, limits);
    if (value || value.message().find("stands twice") == std::string::npos) {
        return value;
    }
    limits.refuseDuplicateKeys = false;
    auto last = base::parseJsonWithDigits(bytes, limits);
    habits.isRepeated = habits.isRepeated || last;
    return last;
}

} // namespace

Result<Json> parseJsonRow(std::string_view bytes, RowHabits* habits)
{
    // Rows without a fault, which it finds itself, are read once; the others are looked through for what is wrong.
    if (auto plain = base::parsePlainJson(bytes, {})) {
        return std::move(*plain);
    }
    auto good = checkRowText(bytes);
    if (!good) {
        return good.error();
    }
    RowHabits found;
    auto value = parseRow(bytes, found);
    auto mended = value ? Result<Json>(Error{}) : parseRow(withoutHabits(bytes, found.hasNoNumber), found);
    if (habits != nullptr) {
        *habits = found;
    }
    if (value || mended) {
        return value ? std::move(value) : std::move(mended);
    }
    return Error{isStreamLine(bytes) ? kStreamLine : rowSentence(value.message())};
}

Result<std::string> readRowBytes(const DataFile& file, const RowIndex& index, std::int64_t row)
{
    if (!index.has(row)) {
        return Error{"the file has " + base::amount(index.count(), "row") + " only"};
    }
    const std::uint32_t size = index.size(row);
    if (size > kMaxRowBytes) {
        return Error{"it is longer than 256 MiB; split it, or check for a missing quote or line end"};
    }
    auto bytes = file.read(index.begin(row), size);
    if (bytes && bytes->size() < size) {
        return Error{"the file has become shorter since it was opened; open it again"};
    }
    return bytes;
}

bool readRowBytes(const DataFile& file, const RowIndex& index, std::int64_t row, FlatRow& bytes)
{
    if (!index.has(row) || index.size(row) > kMaxRowBytes) {
        return false;
    }
    const std::size_t size = index.size(row);
    auto got = file.readInto(bytes.room(size), size, index.begin(row));
    return got && *got == size;
}

std::string readRawRow(const DataFile& file, const RowIndex& index, std::int64_t row)
{
    if (!index.has(row)) {
        return {};
    }
    auto bytes = file.read(index.begin(row), std::min<std::size_t>(index.size(row), kRawRowBytes));
    return bytes ? *bytes : std::string();
}

} // namespace luthier::data
