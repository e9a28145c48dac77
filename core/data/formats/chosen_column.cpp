// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/chosen_column.h"

#include "core/data/formats/format_parts.h"
#include "core/data/sources/ascii_case.h"

#include <algorithm>
#include <array>
#include <charconv>
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

} // namespace

std::optional<std::pair<std::string, std::string>> chosenParts(const std::string& column)
{
    const auto open = column.find('[');
    if (open == std::string::npos || open == 0 || !column.ends_with(']') || open + 2 >= column.size()) {
        return std::nullopt;
    }
    return std::pair(column.substr(0, open), column.substr(open + 1, column.size() - open - 2));
}

std::optional<Json> chosenOf(const Json& choices, const Json& chooser)
{
    const Json held = unpacked(choices);
    if (held.is_object()) {
        return ofObject(held, chooser);
    }
    if (!areChoices(held)) {
        return std::nullopt;
    }
    const auto number = numberOf(chooser);
    return at(held, number ? number : letterOf(chooser));
}

bool choosesEverywhere(std::span<const Json> rows, const std::string& choices, const std::string& chooser)
{
    constexpr std::array<std::string_view, 6> kNames = {"choice", "option", "ending", "candidate", "alternative", "answers"};
    const std::string name = lowered(choices);
    if (std::none_of(kNames.begin(), kNames.end(), [&name](std::string_view known) { return name.find(known) != std::string::npos; })) {
        return false;
    }
    bool hasNumbers = false;
    bool hasFirst = false;
    for (const Json& row : rows) {
        const auto list = row.find(choices); // none in what is no object
        const auto one = row.find(chooser);
        if (list == row.end() || one == row.end() || !chosenOf(*list, *one)) {
            return false;
        }
        const auto place = unpacked(*list).is_array() ? numberOf(*one) : std::nullopt;
        hasNumbers = hasNumbers || place.has_value();
        hasFirst = hasFirst || place == std::size_t{0};
    }
    return !rows.empty() && (!hasNumbers || hasFirst);
}

} // namespace luthier::data
