// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"

#include "core/data/sources/row_text.h"

#include <array>

namespace luthier::data {

namespace {

struct RoleName {
    std::string_view name;
    const char* role;
};

// Names of speakers met in data sets. New name: one line.
constexpr std::array kRoles{
    RoleName{"system", "system"},
    RoleName{"developer", "system"},
    RoleName{"user", "user"},
    RoleName{"human", "user"},
    RoleName{"prompter", "user"},
    RoleName{"assistant", "assistant"},
    RoleName{"gpt", "assistant"},
    RoleName{"chatgpt", "assistant"},
    RoleName{"model", "assistant"},
    RoleName{"bot", "assistant"},
    RoleName{"function_call", "assistant"},
    RoleName{"tool", "tool"},
    RoleName{"function", "tool"},
    RoleName{"observation", "tool"},
    RoleName{"ipython", "tool"},
    RoleName{"function_response", "tool"},
};

constexpr Names kRoleKeys = {"role", "from"};
constexpr Names kContentKeys = {"content", "value"};

// {"name","arguments"} as the tool call of a message; arguments may come as JSON in a text.
Result<void> normalizeCalls(Json& calls)
{
    for (Json& call : calls) {
        if (!call.is_object()) {
            return Error{std::string("\"tool_calls\" holds ") + kindOf(call)
                         + "; each call must be an object"};
        }
        Json& function = call.contains("function") && call["function"].is_object() ? call["function"] : call;
        if (function.contains("arguments")) {
            function["arguments"] = unpacked(function["arguments"]);
        }
    }
    return {};
}

// Text of a message: a text, or a list of parts that are texts.
Result<std::string> contentOf(const Json& content)
{
    if (content.is_string()) {
        return content.get<std::string>();
    }
    if (!content.is_array()) {
        return Error{std::string("its content is ") + kindOf(content) + "; it must be a text"};
    }
    std::string text;
    for (const Json& part : content) {
        const Json* piece = fieldIn(part, {"text"});
        if (!piece || !piece->is_string()) {
            const Json* type = fieldIn(part, {"type"});
            return Error{"its content holds a part "
                         + (type && type->is_string()
                                ? "of type \"" + shortened(type->get<std::string>(), 40) + "\""
                                : std::string("without text"))
                         + "; only text can be learned here"};
        }
        text += piece->get<std::string>();
    }
    return text;
}

Result<void> takeExtras(const Json& item, Message& message)
{
    for (const auto& [key, value] : item.items()) {
        const auto isKey = [&key = key](const char* name) { return key == name; };
        if (std::any_of(kRoleKeys.begin(), kRoleKeys.end(), isKey)
            || std::any_of(kContentKeys.begin(), kContentKeys.end(), isKey) || value.is_null()) {
            continue;
        }
        message.extra[key] = value;
        if (key == "tool_calls") {
            message.extra[key] = unpacked(value);
            auto done = message.extra[key].is_array()
                            ? normalizeCalls(message.extra[key])
                            : Result<void>(Error{"\"tool_calls\" is " + std::string(kindOf(value))
                                                 + "; it must be a list"});
            if (!done) {
                return done;
            }
        }
    }
    return {};
}

// ShareGPT writes a tool call as a turn of its own, whose text is the call.
Result<void> takeFunctionCall(Message& message)
{
    Json call = unpacked(message.content);
    Json calls = call.is_array() ? std::move(call) : Json::array({std::move(call)});
    for (Json& one : calls) {
        if (!fieldIn(one, {"name"})) {
            return Error{"it is no tool call; write {\"name\": ..., \"arguments\": {...}}"};
        }
        one = Json{{"type", "function"}, {"function", std::move(one)}};
    }
    message.content.clear();
    message.extra["tool_calls"] = std::move(calls);
    return normalizeCalls(message.extra["tool_calls"]);
}

Result<Message> parseMessage(const Json& item)
{
    if (!item.is_object()) {
        return Error{std::string("it is ") + kindOf(item)
                     + "; it must be an object with \"role\" and \"content\""};
    }
    const Json* name = fieldIn(item, kRoleKeys);
    if (!name || !name->is_string()) {
        return Error{name ? std::string("its role is ") + kindOf(*name) + "; it must be a text"
                          : "it has no \"role\"; say system, user, assistant or tool"};
    }
    const auto& said = name->get_ref<const std::string&>();
    const auto role
        = std::find_if(kRoles.begin(), kRoles.end(), [&](const RoleName& r) { return r.name == said; });
    if (role == kRoles.end()) {
        return Error{"its role is \"" + shortened(said, 40)
                     + "\"; it must be system, user, assistant or tool"};
    }
    Message message{role->role, {}, {}};
    auto done = takeExtras(item, message);
    if (!done) {
        return done.error();
    }
    if (const Json* content = fieldIn(item, kContentKeys)) {
        auto text = contentOf(*content);
        if (!text) {
            return text.error();
        }
        message.content = std::move(*text);
    } else if (!fieldIn(message.extra, {"tool_calls"})) {
        const bool isNull = item.contains("content") || item.contains("value");
        return Error{isNull ? "its content is null; it must be a text"
                            : "it has no \"content\"; add its text"};
    }
    if (said == "function_call") {
        done = takeFunctionCall(message);
    }
    return done ? Result<Message>(std::move(message)) : Result<Message>(done.error());
}

bool mayBeEmpty(const Message& message)
{
    return message.role == "system" || message.role == "tool" || fieldIn(message.extra, {"tool_calls"});
}

} // namespace

bool looksLikeMessages(const Json& value)
{
    return value.is_array() && !value.empty()
           && std::all_of(value.begin(), value.end(), [](const Json& item) {
                  return item.is_object() && (item.contains("role") || item.contains("from"));
              });
}

Json messagesOrText(const Json& value)
{
    Json list = unpacked(value);
    return value.is_string() && !looksLikeMessages(list) ? value : list;
}

Result<std::vector<Message>> parseMessages(const Json& list, const std::string& name)
{
    if (!list.is_array()) {
        return Error{"\"" + name + "\" is " + kindOf(list) + "; it must be a list of messages"};
    }
    if (list.empty()) {
        return Error{"\"" + name
                     + "\" is an empty list; it needs at least a user's and an assistant's message"};
    }
    std::vector<Message> messages;
    for (const Json& item : list) {
        auto message = parseMessage(item);
        if (message && isBlank(message->content) && !mayBeEmpty(*message)) {
            message = Error{"its content is empty; write something there or leave the row out"};
        }
        if (!message) {
            return Error{"message " + std::to_string(messages.size() + 1) + " of \"" + name
                         + "\": " + message.message()};
        }
        messages.push_back(std::move(*message));
    }
    return messages;
}

Result<std::vector<Message>> parseTextOrMessages(const Json& row, Names names, const char* role)
{
    if (const Json* value = fieldIn(row, names)) {
        const Json list = messagesOrText(*value);
        if (list.is_array()) {
            return parseMessages(list, nameOr(row, names));
        }
    }
    auto text = requireText(row, names);
    if (!text) {
        return text.error();
    }
    return std::vector<Message>{{role, std::move(*text), {}}};
}

Result<void> checkConversation(const std::vector<Message>& messages)
{
    const auto first
        = std::find_if(messages.begin(), messages.end(), [](const Message& m) { return m.role != "system"; });
    if (first == messages.end()) {
        return Error{"the conversation has no turns; it needs a user and an assistant"};
    }
    if (first->role != "user") {
        return Error{"the conversation begins with the role \"" + first->role
                     + "\"; after a system message the user must speak first"};
    }
    if (std::none_of(first, messages.end(), [](const Message& m) { return m.role == "assistant"; })) {
        return Error{"no message is the assistant's, so there is nothing to learn; add the answer"};
    }
    return {};
}

void appendTextPaths(const Json& value, const std::string& name, std::vector<std::string>& paths)
{
    if (!value.is_array()) {
        paths.push_back(name);
        return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string here = (name.empty() ? "" : name + "/") + std::to_string(i);
        const Json& item = value[i];
        const Json* content = fieldIn(item, kContentKeys);
        if (!item.is_object()) {
            continue;
        }
        const std::string path
            = here + "/"
              + (item.contains("from") && !item.contains("role") ? "value" : nameOr(item, kContentKeys));
        if (!content || !content->is_array()) {
            paths.push_back(path);
            continue;
        }
        for (std::size_t part = 0; part < content->size(); ++part) {
            if (fieldIn((*content)[part], {"text"})) {
                paths.push_back(path + "/" + std::to_string(part) + "/text");
            }
        }
    }
}

Result<Example> answeredExample(const Json& row, std::vector<Message> prompt, std::vector<Message> answer)
{
    Example example;
    example.messages = std::move(prompt);
    example.messages.insert(example.messages.end(), answer.begin(), answer.end());
    auto good = checkConversation(example.messages);
    auto taken = good ? takeTemplateFields(row, example) : good;
    return taken ? Result<Example>(std::move(example)) : Result<Example>(taken.error());
}

std::vector<std::string> textPaths(const Json& row, std::initializer_list<Names> fields)
{
    std::vector<std::string> paths;
    for (const Names& names : row.is_object() ? fields : std::initializer_list<Names>()) {
        const Json* value = fieldIn(row, names);
        appendTextPaths(value ? *value : Json(), nameOr(row, names), paths);
    }
    return paths;
}

} // namespace luthier::data
