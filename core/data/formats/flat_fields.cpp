// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/flat_fields.h"

#include "core/data/formats/format_messages.h"
#include "core/data/formats/transcript.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/row_text.h"

#include <array>

namespace luthier::data {

namespace {

// How nearly all rows spell them; format_messages.cpp knows the others.
struct UsualSpeaker {
    std::string_view name;
    std::string_view role;
};
constexpr std::array kUsualSpeakers = {UsualSpeaker{"user", "user"},   UsualSpeaker{"assistant", "assistant"}, UsualSpeaker{"system", "system"},
                                       UsualSpeaker{"human", "user"},  UsualSpeaker{"gpt", "assistant"},       UsualSpeaker{"tool", "tool"},
                                       UsualSpeaker{"developer", "developer"}};

std::string_view usualRole(std::string_view said)
{
    for (const UsualSpeaker& speaker : kUsualSpeakers) {
        if (speaker.name == said) {
            return speaker.role;
        }
    }
    return {};
}

bool saysWho(const FlatValue& value)
{
    return value.kind == FlatValue::Kind::Text && (value.name == "role" || value.name == "from");
}

bool saysWhat(const FlatValue& value)
{
    return value.kind == FlatValue::Kind::Text && (value.name == "content" || value.name == "value");
}

} // namespace

const FlatValue* flatField(const FlatRow& row, std::size_t place, Names names)
{
    const auto values = row.values();
    for (const char* name : names) {
        for (std::size_t at = place + 1; at < values[place].past; at = values[at].past) {
            const FlatValue& value = values[at];
            if (!value.name.empty() && value.name.front() == *name && value.name == name && value.kind != FlatValue::Kind::Null) {
                return &value;
            }
        }
    }
    return nullptr;
}

bool hasFlatField(const FlatRow& row, std::size_t place, Names names)
{
    const auto values = row.values();
    for (std::size_t at = place + 1; at < values[place].past; at = values[at].past) {
        const FlatValue& value = values[at];
        // Nearly all names differ in their first sign already.
        const char first = value.name.empty() ? ' ' : lowered(value.name.front());
        const bool isAny = static_cast<signed char>(first) <= ' ';
        const bool isThere = value.kind != FlatValue::Kind::Null && std::any_of(names.begin(), names.end(), [&](const char* name) {
            return (isAny || first == *name) && isSameName(value.name, name);
        });
        if (isThere) {
            return true;
        }
    }
    return false;
}

bool isFlatText(const FlatValue* value)
{
    return value != nullptr && value->kind == FlatValue::Kind::Text && !mayBePacked(value->text);
}

bool takeFlatMessages(const FlatRow& row, std::size_t place, ExampleView& view)
{
    const auto values = row.values();
    std::string_view first; // who speaks first, but for what is said to the model
    bool answers = false;
    for (std::size_t at = place + 1; at < values[place].past; at += 3) {
        if (values[at].kind != FlatValue::Kind::Object || values[at].past != at + 3) {
            return false;
        }
        const bool isTurned = !saysWho(values[at + 1]);
        const FlatValue& who = values[at + (isTurned ? 2 : 1)];
        const FlatValue& what = values[at + (isTurned ? 1 : 2)];
        const std::string_view role = saysWho(who) && saysWhat(what) ? usualRole(who.text) : std::string_view();
        if (role.empty()) {
            return false;
        }
        view.messages.push_back({role, what.text});
        first = first.empty() && role != "system" && role != "developer" ? role : first;
        answers = answers || role == "assistant";
    }
    return answers && first != "tool"; // else something is wrong with it
}

bool takeFlatPrompt(const FlatRow& row, Names names, ExampleView& view)
{
    const FlatValue* prompt = flatField(row, 0, names);
    const FlatValue* input = flatField(row, 0, kInputNames);
    const bool isUsual = isFlatText(prompt) && (input ? input->kind == FlatValue::Kind::Text : !hasFlatField(row, 0, kInputNames));
    if (!isUsual || hasFlatField(row, 0, {"history"}) || hasFlatField(row, 0, kSystemNames) || !turnsOfTranscript(prompt->text).empty()) {
        return false;
    }
    view.messages.push_back({"user", prompt->text});
    if (input && input != prompt && !isBlank(input->text)) {
        view.joined.assign(prompt->text);
        view.joined += isBlank(prompt->text) ? "" : "\n";
        view.joined += input->text;
        view.messages.back().content = view.joined;
    }
    return true;
}

} // namespace luthier::data
