// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_parts.h"

#include "core/data/formats/python_literal.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/row_text.h"

#include <array>

namespace luthier::data {

namespace {

std::string inQuotes(std::string_view text)
{
    return "\"" + shortened(text, 60) + "\"";
}

// Spaces that nobody sees are none of a name: those of ASCII, no-break spaces, marks of byte order and of no width.
std::string_view trimmed(std::string_view text)
{
    constexpr std::array<std::string_view, 7> kSpaces = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xEF\xBB\xBF", "\xE2\x80\x8B"};
    for (bool isTrimming = true; isTrimming;) {
        isTrimming = false;
        for (const std::string_view space : kSpaces) {
            if (text.starts_with(space)) {
                text.remove_prefix(space.size());
                isTrimming = true;
            } else if (text.ends_with(space)) {
                text.remove_suffix(space.size());
                isTrimming = true;
            }
        }
    }
    return text;
}

const Json::object_t::value_type* memberIn(const Json& row, Names names)
{
    if (!row.is_object()) {
        return nullptr;
    }
    // Nearly all differ in their first sign already; a name that begins with space, or beyond ASCII, is looked at whole.
    const auto& fields = row.get_ref<const Json::object_t&>();
    for (const char* name : names) {
        for (const auto& field : fields) {
            if (field.first.c_str()[0] == *name && field.first == name && !field.second.is_null()) {
                return &field;
            }
        }
    }
    for (const char* name : names) {
        for (const auto& field : fields) {
            const char first = field.first.c_str()[0];
            const bool isOther = static_cast<signed char>(first) > ' ' && lowered(first) != lowered(*name);
            if (!isOther && !field.second.is_null() && isSameName(field.first, name)) {
                return &field;
            }
        }
    }
    return nullptr;
}

bool hasNull(const Json& row, Names names)
{
    for (auto field = row.begin(); row.is_object() && field != row.end(); ++field) {
        if (field->is_null() && std::any_of(names.begin(), names.end(), [&](const char* name) { return isSameName(field.key(), name); })) {
            return true;
        }
    }
    return false;
}

} // namespace

bool isSameName(std::string_view a, std::string_view b)
{
    // Nearly all names begin and end with a sign of ASCII that is seen: nothing is to be trimmed there.
    const auto isSeen = [](char c) { return c > ' ' && static_cast<unsigned char>(c) < 0x80; };
    const auto isTrimmed = [&](std::string_view text) { return !text.empty() && isSeen(text.front()) && isSeen(text.back()); };
    const bool both = isTrimmed(a) && isTrimmed(b);
    const auto left = both ? a : trimmed(a);
    const auto right = both ? b : trimmed(b);
    return left.size() == right.size()
           && std::equal(left.begin(), left.end(), right.begin(), [](char x, char y) { return lowered(x) == lowered(y); });
}

const char* kindOf(const Json& value)
{
    switch (value.type()) {
    case Json::value_t::null: return "null";
    case Json::value_t::object: return "an object";
    case Json::value_t::array: return "a list";
    case Json::value_t::string: return "a text";
    case Json::value_t::boolean: return "true or false";
    default: return "a number";
    }
}

bool isBlankText(const Json& value)
{
    return value.is_string() && isBlank(value.get_ref<const std::string&>());
}

std::string columnsOf(const Json& row)
{
    constexpr std::size_t kShown = 12;
    std::string text;
    std::size_t count = 0;
    if (row.is_object()) {
        for (const auto& [key, value] : row.items()) {
            if (++count > kShown) {
                return text + ", ...";
            }
            text += (text.empty() ? "" : ", ") + inQuotes(key);
        }
    }
    return text;
}

const char* nameIn(const Json& row, Names names)
{
    const auto* member = memberIn(row, names);
    return member ? member->first.c_str() : nullptr;
}

const Json* fieldIn(const Json& row, Names names)
{
    const auto* member = memberIn(row, names);
    return member ? &member->second : nullptr;
}

std::string nameOr(const Json& row, Names names)
{
    const char* name = nameIn(row, names);
    return name ? name : *names.begin();
}

Result<void> requireObject(const Json& row, const char* wanted)
{
    if (!row.is_object()) {
        return Error{std::string("it is ") + kindOf(row) + ", not an object; " + wanted};
    }
    if (row.empty()) {
        return Error{std::string("it is an empty object; ") + wanted};
    }
    return {};
}

std::string textOf(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : base::dumpJson(value);
}

Result<std::string> requireText(const Json& row, Names names)
{
    auto text = requireQuestion(row, names);
    if (text && isBlank(*text)) {
        const Json* value = fieldIn(row, names);
        return Error{inQuotes(nameOr(row, names)) + (!value ? " is null" : text->empty() ? " is empty" : " holds only white space")
                     + "; write something there or leave the row out"};
    }
    return text;
}

Result<std::string> requireQuestion(const Json& row, Names names)
{
    const Json* value = fieldIn(row, names);
    return value && value->is_structured()
               ? Result<std::string>(Error{inQuotes(nameOr(row, names)) + " is " + kindOf(*value) + "; it must be a text"})
               : requireAnswer(row, names);
}

Result<std::string> requireAnswer(const Json& row, Names names)
{
    const Json* value = fieldIn(row, names);
    if (!value && !hasNull(row, names)) {
        return Error{inQuotes(nameOr(row, names)) + " is missing; the row has " + columnsOf(row)};
    }
    return value ? textOf(*value) : std::string();
}

Result<std::string> optionalText(const Json& row, Names names)
{
    const Json* value = fieldIn(row, names);
    return value ? textOf(*value) : std::string();
}

bool mayBePacked(const Json& value)
{
    return value.is_string() && mayBePacked(std::string_view(value.get_ref<const std::string&>()));
}

bool mayBePacked(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
}

Json unpacked(const Json& value)
{
    if (mayBePacked(value)) {
        const auto& text = value.get_ref<const std::string&>();
        if (auto parsed = base::parseJson(text)) {
            return std::move(*parsed);
        }
        if (auto printed = parsePythonLiteral(text)) {
            return std::move(*printed);
        }
    }
    return value;
}

Result<void> takeTemplateFields(const Json& row, Example& example)
{
    // OpenAI's older rows have the functions themselves.
    if (const Json* functions = fieldIn(row, {"tools"}) ? nullptr : fieldIn(row, {"functions"})) {
        Json list = unpacked(*functions);
        example.tools = Json::array();
        for (Json& function : list.is_array() ? list : list = Json::array({list})) {
            example.tools.push_back(Json{{"type", "function"}, {"function", std::move(function)}});
        }
        example.tools = example.tools.empty() ? Json() : example.tools;
    }
    if (const Json* tools = fieldIn(row, {"tools"})) {
        example.tools = unpacked(*tools);
        if (isBlankText(example.tools) || (example.tools.is_array() && example.tools.empty())) {
            example.tools = nullptr;
        } else if (!example.tools.is_array()) {
            return Error{std::string("\"tools\" is ") + kindOf(example.tools)
                         + "; it must be a list of tools"};
        }
    }
    if (const Json* variables = fieldIn(row, {"chat_template_kwargs"})) {
        example.templateVariables = unpacked(*variables);
        if (!example.templateVariables.is_object()) {
            return Error{std::string("\"chat_template_kwargs\" is ") + kindOf(example.templateVariables)
                         + "; it must be an object"};
        }
    }
    return {};
}

} // namespace luthier::data
