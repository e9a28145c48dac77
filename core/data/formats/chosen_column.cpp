// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/chosen_column.h"

#include "core/data/formats/format_parts.h"
#include "core/data/sources/ascii_case.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

namespace luthier::data {

namespace {

constexpr std::size_t kMostChoices = 26;

// 3, 3.0 or "3"; nothing: it is no whole number.
std::optional<std::size_t> numberOf(const Json& value)
{
    std::string text = value.is_number() || value.is_string() ? textOf(value) : std::string();
    if (text.ends_with(".0")) {
        text.resize(text.size() - 2);
    }
    std::size_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// "B", "b", "(B)", "B."
std::optional<std::size_t> letterOf(const Json& value)
{
    std::string text = value.is_string() ? value.get<std::string>() : std::string();
    std::erase_if(text, [](char sign) { return sign == '(' || sign == ')' || sign == '.' || sign == ' '; });
    if (text.size() != 1) {
        return std::nullopt;
    }
    const char letter = lowered(text[0]);
    return letter >= 'a' && letter <= 'z' ? std::optional(static_cast<std::size_t>(letter - 'a')) : std::nullopt;
}

bool isChoice(const Json& value)
{
    return value.is_primitive() && !value.is_null();
}

bool areChoices(const Json& list)
{
    return list.is_array() && list.size() > 1 && list.size() <= kMostChoices && std::all_of(list.begin(), list.end(), isChoice);
}

std::optional<Json> at(const Json& list, std::optional<std::size_t> place)
{
    return place && *place < list.size() ? std::optional<Json>(list[*place]) : std::nullopt;
}

std::optional<Json> ofObject(const Json& choices, const Json& chooser)
{
    const Json* texts = fieldIn(choices, {"text", "texts"});
    const Json* labels = fieldIn(choices, {"label", "labels"});
    if (texts && labels && areChoices(*texts) && labels->is_array() && labels->size() == texts->size()) {
        const auto found = std::find_if(labels->begin(), labels->end(), [&](const Json& label) { return isSameName(textOf(label), textOf(chooser)); });
        return found == labels->end() ? std::nullopt : at(*texts, static_cast<std::size_t>(found - labels->begin()));
    }
    const bool areNamed = choices.size() > 1 && choices.size() <= kMostChoices && std::all_of(choices.begin(), choices.end(), isChoice);
    const auto named = areNamed && chooser.is_primitive() ? choices.find(textOf(chooser)) : choices.end();
    return named == choices.end() ? std::nullopt : std::optional<Json>(*named);
}

bool areCalledChoices(const std::string& column)
{
    constexpr std::array<std::string_view, 6> kNames = {"choice", "option", "ending", "candidate", "alternative", "answers"};
    const std::string name = lowered(column);
    return std::any_of(kNames.begin(), kNames.end(), [&name](std::string_view known) { return name.find(known) != std::string::npos; });
}

struct NumberedChoice {
    std::string stem;
    std::size_t place = 0;
};

// "option1", "answerA", "opa", "B"; letters count from 1 as numbers mostly do.
std::optional<NumberedChoice> numberedChoice(const std::string& column)
{
    constexpr std::array<std::string_view, 11> kStems = {"", "choice", "option", "ending", "candidate", "alternative", "answer", "sol", "solution", "op", "opt"};
    if (column.empty()) {
        return std::nullopt;
    }
    const char last = column.back();
    const bool isDigit = last >= '0' && last <= '9';
    const bool isLetter = (last >= 'A' && last <= 'H') || (last >= 'a' && last <= 'h');
    std::string stem = lowered(column.substr(0, column.size() - 1));
    while (!stem.empty() && (stem.back() == '_' || stem.back() == '-' || stem.back() == ' ')) {
        stem.pop_back();
    }
    const bool isKnown = std::find(kStems.begin(), kStems.end(), stem) != kStems.end();
    if (!isKnown || !(isDigit || isLetter) || (stem.empty() && (isDigit || last >= 'a'))) {
        return std::nullopt;
    }
    return NumberedChoice{stem, isDigit ? static_cast<std::size_t>(last - '0') : static_cast<std::size_t>(lowered(last) - 'a') + 1};
}

// The list itself, or the values of several columns as one.
std::optional<Json> choicesIn(const Json& row, const std::string& choices)
{
    if (!row.is_object()) {
        return std::nullopt;
    }
    if (const auto whole = row.find(choices); whole != row.end()) {
        return *whole;
    }
    Json list = Json::array();
    for (const std::string& part : partsOf(choices)) {
        const auto one = row.find(part);
        if (one == row.end()) {
            return std::nullopt;
        }
        list.push_back(*one);
    }
    return list;
}

} // namespace

std::vector<std::string> partsOf(const std::string& columns)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= columns.size();) {
        const std::size_t end = std::min(columns.find('+', begin), columns.size());
        parts.push_back(columns.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

bool isPartOf(const std::string& columns, const std::string& column)
{
    return ("+" + columns + "+").find("+" + column + "+") != std::string::npos;
}

std::optional<std::pair<std::string, std::string>> chosenParts(const std::string& column)
{
    const auto open = column.find('[');
    if (open == std::string::npos || open == 0 || !column.ends_with(']') || open + 2 >= column.size()) {
        return std::nullopt;
    }
    return std::pair(column.substr(0, open), column.substr(open + 1, column.size() - open - 2));
}

std::optional<std::string> chooserFromOne(const std::string& chooser)
{
    constexpr std::string_view kEnd = "-1";
    return chooser.ends_with(kEnd) && chooser.size() > kEnd.size() ? std::optional(chooser.substr(0, chooser.size() - kEnd.size())) : std::nullopt;
}

std::optional<Json> chosenOf(const Json& choices, const Json& chooser, std::size_t first)
{
    const Json held = unpacked(choices);
    if (held.is_object()) {
        return ofObject(held, chooser);
    }
    if (!areChoices(held)) {
        return std::nullopt;
    }
    const auto number = numberOf(chooser);
    if (number) {
        return *number < first ? std::nullopt : at(held, *number - first);
    }
    return at(held, letterOf(chooser));
}

std::vector<std::string> joinedChoices(const std::vector<std::string>& columns)
{
    std::map<std::string, std::map<std::size_t, std::string>> groups; // by what stands before the number or letter
    for (const std::string& column : columns) {
        if (const auto named = numberedChoice(column)) {
            groups[named->stem].emplace(named->place, column);
        }
    }
    std::vector<std::string> joined;
    for (const auto& [stem, group] : groups) {
        const std::size_t first = group.begin()->first;
        if (group.size() < 2 || first > 1 || group.rbegin()->first != first + group.size() - 1) {
            continue;
        }
        std::string names;
        for (const auto& [place, column] : group) {
            names += (names.empty() ? "" : "+") + column;
        }
        joined.push_back(std::move(names));
    }
    return joined;
}

std::optional<std::string> chosenName(std::span<const Json> rows, const std::string& choices, const std::string& chooser)
{
    if (choices.find('+') == std::string::npos && !areCalledChoices(choices)) {
        return std::nullopt;
    }
    bool hasNumbers = false;
    bool hasFirst = false;
    bool hasLast = false;
    for (const Json& row : rows) {
        const auto list = choicesIn(row, choices);
        const auto one = row.find(chooser); // none in what is no object
        if (!list || one == row.end()) {
            return std::nullopt;
        }
        const auto place = unpacked(*list).is_array() ? numberOf(*one) : std::nullopt;
        const bool isLast = place && *place == unpacked(*list).size();
        if (!isLast && !chosenOf(*list, *one)) {
            return std::nullopt;
        }
        hasNumbers = hasNumbers || place.has_value();
        hasFirst = hasFirst || place == std::size_t{0};
        hasLast = hasLast || isLast;
    }
    if (rows.empty() || (hasNumbers && hasFirst == hasLast)) {
        return std::nullopt;
    }
    return choices + "[" + chooser + (hasLast ? "-1]" : "]");
}

} // namespace luthier::data
