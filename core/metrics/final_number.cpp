// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/final_number.h"

#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string>

namespace luthier::metrics {

namespace {

constexpr std::string_view kMinus = "\xE2\x88\x92"; // U+2212
constexpr std::string_view kEuro = "\xE2\x82\xAC";

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

struct Found {
    double value = 0;
    std::size_t end = 0;
};

// Digits, with commas only between groups of three.
std::size_t wholePart(std::string_view text, std::size_t at, std::string& digits)
{
    const auto runFrom = [&](std::size_t from) {
        std::size_t end = from;
        while (end < text.size() && isDigit(text[end])) {
            ++end;
        }
        return end;
    };
    std::size_t end = runFrom(at);
    digits += text.substr(at, end - at);
    while (end > at && end < text.size() && text[end] == ',' && runFrom(end + 1) == end + 4) {
        digits += text.substr(end + 1, 3);
        end += 4;
    }
    return end;
}

// A number that begins at `at` with a digit or a point before one.
std::optional<Found> numberAt(std::string_view text, std::size_t at)
{
    std::string digits;
    std::size_t end = wholePart(text, at, digits);
    if (end + 1 < text.size() && text[end] == '.' && isDigit(text[end + 1])) {
        digits += (digits.empty() ? "0." : ".");
        for (++end; end < text.size() && isDigit(text[end]); ++end) {
            digits += text[end];
        }
    }
    Found found{0, end};
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), found.value);
    const bool isNumber = !digits.empty() && parsed.ec == std::errc() && std::isfinite(found.value);
    return isNumber ? std::optional<Found>(found) : std::nullopt;
}

// A minus counts unless it joins two words or numbers: "5-3" ends in 3, "= -3" in minus 3.
bool isNegative(std::string_view text, std::size_t at)
{
    while (at > 0 && (text[at - 1] == '$' || text[at - 1] == ' ')) {
        --at;
        if (text[at] == ' ') {
            return false;
        }
    }
    const bool isMinus = at > 0 && text[at - 1] == '-';
    const bool isSign = at >= kMinus.size() && text.substr(at - kMinus.size(), kMinus.size()) == kMinus;
    const std::size_t before = isMinus ? at - 1 : isSign ? at - kMinus.size() : at;
    return (isMinus || isSign) && (before == 0 || !(isDigit(text[before - 1]) || std::isalpha(static_cast<unsigned char>(text[before - 1])) != 0));
}

std::optional<double> onlyNumber(std::string_view text)
{
    text = trimmed(text);
    bool minus = false;
    for (const std::string_view sign : {std::string_view("-"), kMinus, std::string_view("+"), std::string_view("$"), kEuro, std::string_view("-")}) {
        if (text.starts_with(sign)) {
            minus = minus || sign == "-" || sign == kMinus;
            text = trimmed(text.substr(sign.size()));
        }
    }
    for (const std::string_view tail : {std::string_view("."), std::string_view("%"), kEuro, std::string_view("$")}) {
        if (text.ends_with(tail)) {
            text = trimmed(text.substr(0, text.size() - tail.size()));
        }
    }
    const auto found = numberAt(text, 0);
    return found && found->end == text.size() ? std::optional<double>(minus ? -found->value : found->value) : std::nullopt;
}

// What stands in the last \boxed{...}; braces inside count.
std::optional<std::string_view> boxed(std::string_view answer)
{
    constexpr std::string_view kBox = "\\boxed{";
    const auto at = answer.rfind(kBox);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto inner = answer.substr(at + kBox.size());
    int depth = 1;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        depth += inner[i] == '{' ? 1 : inner[i] == '}' ? -1 : 0;
        if (depth == 0) {
            return inner.substr(0, i);
        }
    }
    return std::nullopt;
}

bool isSame(const std::optional<double>& a, const std::optional<double>& b)
{
    constexpr double kRounding = 1e-9; // of writing decimals in binary
    return a && b && std::abs(*a - *b) <= kRounding * std::max({1.0, std::abs(*a), std::abs(*b)});
}

// A reference is often a whole solution, or a number with its unit.
std::optional<double> wanted(const std::string& reference)
{
    const auto strict = strictNumber(reference);
    return strict ? strict : lenientNumber(reference);
}

Measured matches(Rows rows, std::optional<double> (*extract)(std::string_view))
{
    return meanOfRows(rows, [extract](const ScoredRow& row) {
        return bestOf(row, [&](const std::string& reference) { return isSame(extract(row.prediction), wanted(reference)) ? 1.0 : 0.0; });
    });
}

} // namespace

std::optional<double> strictNumber(std::string_view answer)
{
    constexpr std::string_view kMark = "####";
    if (const auto box = boxed(answer)) {
        return onlyNumber(*box);
    }
    if (const auto at = answer.rfind(kMark); at != std::string_view::npos) {
        const auto rest = answer.substr(at + kMark.size());
        return onlyNumber(rest.substr(0, rest.find('\n', rest.find_first_not_of(" \n\t"))));
    }
    return onlyNumber(answer);
}

std::optional<double> lenientNumber(std::string_view answer)
{
    std::optional<double> last;
    for (std::size_t at = 0; at < answer.size();) {
        const bool begins = isDigit(answer[at]) || (answer[at] == '.' && at + 1 < answer.size() && isDigit(answer[at + 1]));
        const auto found = begins ? numberAt(answer, at) : std::nullopt;
        if (found) {
            last = isNegative(answer, at) ? -found->value : found->value;
        }
        at = found ? found->end : at + 1;
        while (begins && !found && at < answer.size() && isDigit(answer[at])) {
            ++at; // too large for a number: no part of it is one either
        }
    }
    return last;
}

Measured numberStrict(Rows rows, const MetricSettings&)
{
    return matches(rows, strictNumber);
}

Measured numberLenient(Rows rows, const MetricSettings&)
{
    return matches(rows, lenientNumber);
}

} // namespace luthier::metrics
