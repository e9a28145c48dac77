// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/flat_fields.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"
#include "core/data/formats/transcript.h"

namespace luthier::data {

namespace chat_format {
namespace {

constexpr const char* kWanted = "a chat row has \"messages\", a list of {\"role\", \"content\"}";

// Short of certain, so that pairs of answers that also carry "messages" are taken as preferences.
constexpr double kWeight = 0.95;
constexpr double kNameWeight = 0.2; // of the name alone, with something else than messages under it

Result<std::vector<Message>> messagesOfTurns(const Json& list)
{
    std::vector<Message> messages;
    for (const Json& item : list) {
        const Json pair = isPairOfTexts(item) ? Json{{"input", item[0]}, {"output", item[1]}} : Json();
        const Json& turn = pair.is_null() ? item : pair;
        auto system = optionalText(turn, {"system"});
        auto input = optionalText(turn, kTurnInput);
        auto output = requireAnswer(turn, kTurnOutput);
        if (!output && input && !input->empty()) { // a turn of the person alone
            messages.push_back({"user", std::move(*input)});
            continue;
        }
        for (const auto* text : {&system, &input, &output}) {
            if (!*text) {
                return Error{"turn " + std::to_string(messages.size() / 2 + 1) + ": " + text->message()};
            }
        }
        if (!system->empty()) {
            messages.push_back({"system", std::move(*system)});
        }
        if (!input->empty()) {
            messages.push_back({"user", std::move(*input)});
        }
        messages.push_back({"assistant", std::move(*output)});
    }
    return messages;
}

void appendTurnPaths(const Json& list, const std::string& name, std::vector<std::string>& paths)
{
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string here = (name.empty() ? "" : name + "/") + std::to_string(i) + "/";
        if (isPairOfTexts(list[i])) {
            paths.push_back(here + "0");
            paths.push_back(here + "1");
        }
        for (const Names& names : {Names{"system"}, kTurnInput, kTurnOutput}) {
            if (const char* field = nameIn(list[i], names)) {
                paths.push_back(here + field);
            }
        }
    }
}

// Of a conversation that is one text with the speakers' names.
std::vector<Message> spokenTurns(const Json& held)
{
    return held.is_string() ? turnsOfConversation(held.get_ref<const std::string&>()) : std::vector<Message>();
}

double matches(std::span<const Json> rows)
{
    const double named = shareOf(rows, [](const Json& row) { return nameIn(row, kMessageNames) != nullptr; });
    const double certain = shareOf(rows, [](const Json& row) {
        const Json* list = row.is_array() ? &row : fieldIn(row, kMessageNames);
        list = list && nameIn(*list, {"messages"}) ? fieldIn(*list, {"messages"}) : list;
        return list && (looksLikeMessages(unpacked(*list)) || looksLikeTurns(unpacked(*list)) || !spokenTurns(*list).empty());
    });
    return std::max(kWeight * certain, kNameWeight * named);
}

Result<Example> toExample(const Json& row)
{
    if (!row.is_array()) {
        auto object = requireObject(row, kWanted);
        if (!object) {
            return object.error();
        }
    }
    const Json* list = row.is_array() ? &row : fieldIn(row, kMessageNames);
    if (!list) {
        return Error{"\"messages\" is " + std::string(row.contains("messages") ? "null" : "missing") + "; "
                     + kWanted};
    }
    const Json packed = mayBePacked(*list) ? unpacked(*list) : Json(); // the others need no copy
    const Json& held = packed.is_null() ? *list : packed;
    const Json* inside = fieldIn(held, {"messages"}); // {"conversation": {"messages": [...]}}
    const Json& turns = inside ? *inside : held;
    auto spoken = spokenTurns(turns);
    auto messages = !spoken.empty()         ? Result<std::vector<Message>>(std::move(spoken))
                    : looksLikeTurns(turns) ? messagesOfTurns(turns)
                                            : parseMessages(turns, row.is_array() ? "the row" : nameIn(row, kMessageNames));
    if (!messages) {
        return messages.error();
    }
    Example example;
    example.messages = std::move(*messages);
    auto good = takeSystem(row, example.messages);
    good = good ? checkConversation(example.messages) : good;
    auto taken = good ? takeTemplateFields(row, example) : good;
    return taken ? Result<Example>(std::move(example)) : Result<Example>(taken.error());
}

bool toView(const FlatRow& row, ExampleView& view)
{
    const FlatValue* list = row.isObject() ? flatField(row, 0, kMessageNames) : nullptr;
    return list && list->kind == FlatValue::Kind::List && !hasFlatField(row, 0, kSystemNames) && !hasFlatField(row, 0, kTemplateNames)
           && takeFlatMessages(row, static_cast<std::size_t>(list - row.values().data()), view);
}

std::vector<std::string> editablePaths(const Json& row)
{
    std::vector<std::string> paths;
    if (row.is_array()) {
        if (looksLikeTurns(row)) {
            appendTurnPaths(row, "", paths);
        } else {
            appendTextPaths(row, "", paths);
        }
        return paths;
    }
    if (row.is_object() && row.contains("system")) {
        paths.push_back("system");
    }
    const Json* list = fieldIn(row, kMessageNames);
    const Json* inside = list ? fieldIn(*list, {"messages"}) : nullptr;
    const std::string name = nameOr(row, kMessageNames) + (inside ? "/messages" : "");
    list = inside ? inside : list;
    if (list && looksLikeTurns(*list)) {
        appendTurnPaths(*list, name, paths);
    } else if (list) {
        appendTextPaths(*list, name, paths);
    }
    return paths;
}

} // namespace
} // namespace chat_format

DatasetFormat chatFormat()
{
    return {"chat",
            "Chat",
            "\"messages\" with \"role\" and \"content\", \"conversations\" with \"from\" and \"value\", or "
            "the list alone",
            chat_format::matches,
            chat_format::toExample,
            chat_format::editablePaths,
            chat_format::toView};
}

} // namespace luthier::data
