// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_messages.h"

#include "core/data/sources/row_text.h"

#include <array>
#include <iterator>

namespace luthier::data {

namespace {

struct RoleName {
    std::string_view name;
    const char* role;
};

// Names of speakers met in data sets, without case. New name: one line.
constexpr std::array kRoles{
    RoleName{"system", "system"},
    RoleName{"developer", "developer"}, // the encoder asks the template
    RoleName{"user", "user"},
    RoleName{"human", "user"},
    RoleName{"prompter", "user"},
    RoleName{"customer", "user"},
    RoleName{"client", "user"},
    RoleName{"question", "user"},
    RoleName{"input", "user"},
    RoleName{"instruction", "user"},
    RoleName{"person", "user"},
    RoleName{"q", "user"},
    RoleName{"assistant", "assistant"},
    RoleName{"gpt", "assistant"},
    RoleName{"chatgpt", "assistant"},
    RoleName{"ai", "assistant"},
    RoleName{"ai_assistant", "assistant"},
    RoleName{"llm", "assistant"},
    RoleName{"copilot", "assistant"},
    RoleName{"bing", "assistant"},
    RoleName{"bard", "assistant"},
    RoleName{"claude", "assistant"},
    RoleName{"gemini", "assistant"},
    RoleName{"model", "assistant"},
    RoleName{"bot", "assistant"},
    RoleName{"chatbot", "assistant"},
    RoleName{"agent", "assistant"},
    RoleName{"answer", "assistant"},
    RoleName{"output", "assistant"},
    RoleName{"response", "assistant"},
    RoleName{"a", "assistant"},
    RoleName{"function_call", "assistant"},
    RoleName{"tool_call", "assistant"},
    RoleName{"benutzer", "user"},
    RoleName{"nutzer", "user"},
    RoleName{"usuario", "user"},
    RoleName{"utilisateur", "user"},
    RoleName{"utente", "user"},
    RoleName{"gebruiker", "user"},
    RoleName{"\u043f\u043e\u043b\u044c\u0437\u043e\u0432\u0430\u0442\u0435\u043b\u044c", "user"}, // Russian, in both cases
    RoleName{"\u041f\u043e\u043b\u044c\u0437\u043e\u0432\u0430\u0442\u0435\u043b\u044c", "user"},
    RoleName{"\u7528\u6237", "user"}, // Chinese
    RoleName{"assistent", "assistant"},
    RoleName{"asistente", "assistant"},
    RoleName{"assistente", "assistant"},
    RoleName{"\u0430\u0441\u0441\u0438\u0441\u0442\u0435\u043d\u0442", "assistant"},
    RoleName{"\u0410\u0441\u0441\u0438\u0441\u0442\u0435\u043d\u0442", "assistant"},
    RoleName{"\u52a9\u624b", "assistant"},
    RoleName{"tool", "tool"},
    RoleName{"function", "tool"},
    RoleName{"observation", "tool"},
    RoleName{"ipython", "tool"},
    RoleName{"function_response", "tool"},
    RoleName{"tool_response", "tool"},
    RoleName{"tool_result", "tool"},
};

// Names of models, as they stand before a version: "gpt-3.5-turbo".
constexpr std::array kModels = {"gpt", "chatgpt", "claude", "gemini", "llama", "mistral", "qwen", "deepseek"};

const RoleName* knownRole(std::string_view said)
{
    const auto* role = std::find_if(kRoles.begin(), kRoles.end(), [&](const RoleName& r) { return isSameName(said, r.name); });
    return role == kRoles.end() ? nullptr : role;
}

// The speaker's name without marks around it and a number behind it: "<|user|>", "User:", "assistant_2".
std::string_view bareName(std::string_view said)
{
    const auto begin = std::min(said.find_first_not_of("<|[*# "), said.size());
    const auto end = said.find_last_not_of(">|]*:0123456789_- ");
    return end == std::string_view::npos || end < begin ? std::string_view() : said.substr(begin, end + 1 - begin);
}

const RoleName* findRole(std::string_view said)
{
    static constexpr RoleName kModel{"model", "assistant"};
    const RoleName* role = knownRole(said);
    role = role ? role : knownRole(bareName(said));
    role = role ? role : knownRole(bareName(said.substr(std::min(said.rfind('.') + 1, said.size())))); // "MessageRole.USER"
    if (role) {
        return role;
    }
    const bool isModel = std::any_of(kModels.begin(), kModels.end(), [&](std::string_view name) {
        const bool ends = said.size() > name.size() && !((said[name.size()] >= 'a' && said[name.size()] <= 'z') || (said[name.size()] >= 'A' && said[name.size()] <= 'Z'));
        return ends && isSameName(said.substr(0, name.size()), name);
    });
    return isModel ? &kModel : nullptr;
}

constexpr Names kRoleKeys = {"role", "from", "speaker", "author", "sender"};
constexpr Names kContentKeys = {"content", "value", "text", "message", "parts", "blocks"};
constexpr Names kHolders = {"data", "kwargs"}; // objects that hold a message's text and more
constexpr Names kUsualKeys = {"role", "from", "content", "value"}; // they say nothing else, even where one does double duty
constexpr Names kCallKeys = {"tool_calls", "function_call"};
// Whether the turn is to be learned, as other programs mark it; false and 0 say no.
constexpr Names kTrainedKeys = {"weight", "train", "training", "trained", "trainable", "is_trained", "do_train", "train_on", "learn", "loss", "loss_mask",
                                "loss_weight", "loss_scale", "compute_loss", "calculate_loss", "include_in_loss"};
// The same the other way round: true and 1 say no.
constexpr Names kUntrainedKeys = {"masked", "ignore", "ignored", "ignore_loss", "no_loss", "skip_loss"};

bool isOneOf(const std::string& key, Names names)
{
    return std::any_of(names.begin(), names.end(), [&key](const char* name) { return isSameName(key, name); });
}

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

// Text of a message: a text, a number or the like as its JSON text, an object that holds its text, or a list of parts that are
// texts.
Result<std::string> contentOf(const Json& content)
{
    if (content.is_object()) {
        const Json* inside = content.size() <= 2 ? fieldIn(content, {"text", "parts", "content"}) : nullptr; // {"type", "text"}
        return inside ? contentOf(*inside) : Result<std::string>(textOf(content));
    }
    if (!content.is_array()) {
        return textOf(content);
    }
    std::string text;
    for (const Json& part : content) {
        const Json* piece = part.is_string() ? &part : fieldIn(part, {"text"});
        if (!piece || !piece->is_string()) {
            const Json* type = fieldIn(part, {"type"});
            return Error{"its content holds a part "
                         + (type && type->is_string()
                                ? "of type \"" + shortened(type->get<std::string>(), 40) + "\""
                                : std::string("without text"))
                         + "; only text can be learned here, so take that part out where the rest says enough, else leave the row out"};
        }
        text += piece->get<std::string>();
    }
    return text;
}

// "tool_calls", or the one call that OpenAI's older rows have as "function_call".
Result<void> takeCalls(const std::string& key, const Json& value, Message& message)
{
    Json calls = unpacked(value);
    if (!isSameName(key, "tool_calls")) {
        calls = Json::array({Json{{"type", "function"}, {"function", std::move(calls)}}});
    }
    if (!calls.is_array()) {
        return Error{"\"" + key + "\" is " + kindOf(value) + "; it must be a list"};
    }
    message.extra["tool_calls"] = std::move(calls);
    return normalizeCalls(message.extra["tool_calls"]);
}

Result<void> takeTrained(const std::string& key, const Json& value, Message& message)
{
    const auto said = truthOf(value);
    if (!said && !value.is_number()) {
        return Error{"\"" + key + "\" is " + shortened(textOf(value), 40)
                     + "; it says whether the turn is learned, so it must be true or false, 1 or 0"};
    }
    if (!said) {
        message.extra[key] = value; // half a weight counts as a whole one, which is told
    }
    message.trained = message.trained && said.value_or(true) != isOneOf(key, kUntrainedKeys);
    return {};
}

Result<void> takeExtras(const Json& item, Message& message)
{
    const char* roleKey = nameIn(item, kRoleKeys) ? nameIn(item, kRoleKeys) : nameIn(item, {"type"});
    const char* contentKey = nameIn(item, kContentKeys);
    for (const auto& [key, value] : item.items()) {
        const bool isUsed = (roleKey && key == roleKey) || (contentKey && key == contentKey);
        if (isUsed || isOneOf(key, kUsualKeys) || value.is_null()) {
            continue;
        }
        auto done = Result<void>();
        if (isOneOf(key, kCallKeys)) {
            done = takeCalls(key, value, message);
        } else if (isTrainedMark(key)) {
            done = takeTrained(key, value, message);
        } else {
            message.extra[key] = value;
        }
        if (!done) {
            return done;
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

// ["user", "Who bakes?"]
bool isSpokenPair(const Json& item)
{
    return isPairOfTexts(item) && knownRole(item[0].get_ref<const std::string&>());
}

// Whose message an object of LangChain is by its class, {"id": ["langchain", "schema", "messages", "HumanMessage"]}, which its newer
// versions do not repeat as "type"; null: it is none.
const Json* roleOfClass(const Json& item)
{
    struct Class {
        const char* name;
        Json role;
    };
    static const std::array kClasses = {Class{"HumanMessage", "human"}, Class{"AIMessage", "ai"},       Class{"SystemMessage", "system"},
                                        Class{"ToolMessage", "tool"},   Class{"FunctionMessage", "function"}};
    const Json* path = item.is_object() ? fieldIn(item, {"id"}) : nullptr;
    if (!path || !path->is_array() || path->empty() || !path->back().is_string()) {
        return nullptr;
    }
    std::string name = path->back().get<std::string>();
    if (name.ends_with("Chunk")) {
        name.resize(name.size() - 5);
    }
    const auto found = std::find_if(kClasses.begin(), kClasses.end(), [&name](const Class& one) { return name == one.name; });
    return found == kClasses.end() ? nullptr : &found->role;
}

// The field that says who speaks. "type" says many things, so it counts where it names a speaker (LangChain's "human" and "ai").
const Json* roleIn(const Json& item)
{
    if (const Json* said = fieldIn(item, kRoleKeys)) {
        const Json* inside = said->is_object() ? fieldIn(*said, {"role"}) : nullptr; // {"author": {"role": "user"}}
        return inside ? inside : said;
    }
    const Json* type = fieldIn(item, {"type"});
    if (type && type->is_string() && knownRole(type->get_ref<const std::string&>())) {
        return type;
    }
    const Json* held = fieldIn(item, kHolders);
    const bool holds = held && held->is_object() && nameIn(*held, {"content"});
    const Json* inside = holds ? roleIn(*held) : nullptr;
    return holds && !inside ? roleOfClass(item) : inside;
}

// Anthropic's content without what was thought before it, which templates know as the message's reasoning.
Json spokenParts(const Json& content, Message& message)
{
    const auto thought = [](const Json& part) {
        const Json* type = fieldIn(part, {"type"});
        const Json* text = type && *type == Json("thinking") ? fieldIn(part, {"thinking"}) : nullptr;
        return text && text->is_string() ? text : nullptr;
    };
    if (!content.is_array() || std::none_of(content.begin(), content.end(), thought)) {
        return content;
    }
    Json spoken = Json::array();
    std::string reasoning;
    for (const Json& part : content) {
        if (const Json* text = thought(part)) {
            reasoning += text->get_ref<const std::string&>();
        } else {
            spoken.push_back(part);
        }
    }
    message.extra["reasoning_content"] = std::move(reasoning);
    return spoken;
}

Result<Message> parseMessage(const Json& item)
{
    if (isSpokenPair(item)) {
        return parseMessage(Json{{"role", item[0]}, {"content", item[1]}});
    }
    // LangChain's {"type": "human", "data": {"content": ...}} and {"type": "constructor", "kwargs": {"type": "human", "content": ...}}
    if (const Json* data = fieldIn(item, kContentKeys) ? nullptr : fieldIn(item, kHolders); data && nameIn(*data, {"content"})) {
        Json flat = item;
        if (const Json* role = roleIn(*data) ? nullptr : roleOfClass(item)) {
            flat["role"] = *role;
        }
        flat.update(*data);
        flat.erase(nameIn(item, kHolders));
        return parseMessage(flat);
    }
    if (!item.is_object()) {
        return Error{std::string("it is ") + kindOf(item)
                     + "; it must be an object with \"role\" and \"content\""};
    }
    const Json* name = roleIn(item);
    if (!name && nameIn(item, kMessageNames)) {
        return Error{"it is a whole conversation; write each conversation as a row of its own"};
    }
    if (!name || !name->is_string()) {
        return Error{name ? std::string("its role is ") + kindOf(*name) + "; it must be a text"
                          : "it has no \"role\"; say system, user, assistant or tool"};
    }
    const auto& said = name->get_ref<const std::string&>();
    const RoleName* role = findRole(said);
    if (role == nullptr) {
        return Error{"its role is \"" + shortened(said, 40)
                     + "\"; it must be system, user, assistant or tool"};
    }
    Message message{role->role, {}, {}};
    auto done = takeExtras(item, message);
    if (!done) {
        return done.error();
    }
    if (const Json* content = fieldIn(item, kContentKeys)) {
        auto text = contentOf(spokenParts(*content, message));
        if (!text) {
            return text.error();
        }
        message.content = std::move(*text);
    } else if (!fieldIn(message.extra, {"tool_calls"}) && !item.contains("content") && !item.contains("value")) {
        return Error{"it has no \"content\"; add its text"};
    }
    if (isSameName(said, "function_call") || isSameName(said, "tool_call")) {
        done = takeFunctionCall(message);
    }
    return done ? Result<Message>(std::move(message)) : Result<Message>(done.error());
}

bool isMessage(const Json& item)
{
    // The words that people call it otherwise may stand in any object.
    const bool speaks = nameIn(item, kRoleKeys) || (item.is_object() && roleIn(item));
    return nameIn(item, {"role", "from"}) || (speaks && (nameIn(item, kContentKeys) || nameIn(item, kHolders))) || isSpokenPair(item);
}

} // namespace

std::optional<bool> truthOf(const Json& value)
{
    struct Word {
        const char* text;
        bool truth;
    };
    // How tables without booleans write it.
    constexpr std::array kWords = {
        Word{"true", true},  Word{"yes", true}, Word{"good", true}, Word{"desirable", true},    Word{"1", true},  Word{"1.0", true},
        Word{"false", false}, Word{"no", false}, Word{"bad", false}, Word{"undesirable", false}, Word{"0", false}, Word{"0.0", false}, Word{"-1", false},
        Word{"t", true},     Word{"y", true},   Word{"accepted", true}, Word{"correct", true},  Word{"pass", true},
        Word{"f", false},    Word{"n", false},  Word{"rejected", false}, Word{"incorrect", false}, Word{"fail", false},
        Word{"thumbsup", true}, Word{"thumbs-up", true}, Word{":+1:", true}, Word{":thumbsup:", true}, Word{"upvote", true},
        Word{"thumbsdown", false}, Word{"thumbs-down", false}, Word{":-1:", false}, Word{":thumbsdown:", false}, Word{"downvote", false},
        Word{"up", true},    Word{"thumbs_up", true},  Word{"thumbs up", true},   Word{"\U0001F44D", true},  Word{"like", true},
        Word{"down", false}, Word{"thumbs_down", false}, Word{"thumbs down", false}, Word{"\U0001F44E", false}, Word{"dislike", false},
    };
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_number() && (value == Json(0) || value == Json(1) || value == Json(-1))) {
        return value == Json(1); // -1: a thumb down, where 0 is none
    }
    for (const Word& word : kWords) {
        if (value.is_string() && isSameName(value.get_ref<const std::string&>(), word.text)) {
            return word.truth;
        }
    }
    // A thumb of any colour of skin.
    for (const Word& thumb : {Word{"\U0001F44D", true}, Word{"\U0001F44E", false}}) {
        if (value.is_string() && value.get_ref<const std::string&>().starts_with(thumb.text)) {
            return thumb.truth;
        }
    }
    return std::nullopt;
}

bool looksLikeMessages(const Json& value)
{
    return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), isMessage);
}

bool looksLikeTurns(const Json& value)
{
    const auto answers = [](const Json& turn) { return nameIn(turn, kTurnOutput) || isPairOfTexts(turn); };
    return value.is_array() && std::any_of(value.begin(), value.end(), answers) && std::all_of(value.begin(), value.end(), [&](const Json& turn) {
               const bool isRow = nameIn(turn, {"instruction", "prompt", "question", "query"}) || isMessage(turn);
               return !isRow && (answers(turn) || nameIn(turn, kTurnInput));
           });
}

bool isPairOfTexts(const Json& value)
{
    return value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string();
}

bool isListOfTurns(const Json& value)
{
    return looksLikeMessages(value) || looksLikeTurns(value);
}

std::string speakerOf(const Json& message)
{
    const Json* said = roleIn(message);
    if (!said || !said->is_string()) {
        return {};
    }
    const RoleName* role = findRole(said->get_ref<const std::string&>());
    return role ? role->role : said->get<std::string>();
}

bool isLoneMessage(const Json& row)
{
    const Json* said = row.is_object() && nameIn(row, kContentKeys) ? fieldIn(row, {"role", "from"}) : nullptr;
    return said && said->is_string() && findRole(said->get_ref<const std::string&>());
}

std::string decisionOf(const Json& row)
{
    const Json* said = fieldIn(row, {"answer"});
    const bool decides = said && (*said == Json("accept") || *said == Json("reject") || *said == Json("ignore"));
    return decides && !nameIn(row, {"prompt", "question", "query", "instruction", "input"}) ? said->get<std::string>() : std::string();
}

bool isSpeakerKey(const std::string& key)
{
    return isOneOf(key, kRoleKeys);
}

bool isTrainedMark(const std::string& key)
{
    return isOneOf(key, kTrainedKeys) || isOneOf(key, kUntrainedKeys);
}

Json messagesOrText(const Json& value)
{
    Json list = unpacked(value);
    if (isMessage(list)) {
        list = Json::array({std::move(list)}); // one message as it stands
    }
    return value.is_string() && !looksLikeMessages(list) ? value : list;
}

Result<std::vector<Message>> parseMessages(const Json& list, const std::string& name)
{
    if (!list.is_array()) {
        return Error{"\"" + name + "\" is " + kindOf(list)
                     + (mayBePacked(list) ? " that is neither JSON nor a list as Python prints it, so it was cut or changed; it must be a list of messages (json.dumps() writes one)"
                                          : "; it must be a list of messages")};
    }
    if (list.empty()) {
        return Error{"\"" + name
                     + "\" is an empty list; it needs at least a user's and an assistant's message"};
    }
    if (std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); })) {
        return Error{"\"" + name + "\" is a list of texts that do not say who speaks; write each as {\"role\": \"user\", \"content\": ...}"};
    }
    std::vector<Message> messages;
    messages.reserve(list.size());
    for (const Json& item : list) {
        auto message = parseMessage(item);
        if (!message) {
            return Error{"message " + std::to_string(messages.size() + 1) + " of \"" + name
                         + "\": " + message.message()};
        }
        messages.push_back(std::move(*message));
    }
    return messages;
}

std::vector<Message> oneMessage(const char* role, std::string text)
{
    std::vector<Message> messages(1); // a list in braces would copy the text
    messages.front().role = role;
    messages.front().content = std::move(text);
    return messages;
}

Result<std::vector<Message>> parseTextOrMessages(const Json& row, Names names, const char* role)
{
    if (const Json* value = fieldIn(row, names)) {
        const Json* held = fieldIn(*value, {"messages"}); // OpenAI's {"input": {"messages": [...]}}
        const Json& given = held ? *held : *value;
        if (!given.is_string() || mayBePacked(given)) { // nearly all are plain texts, which need no copy
            const Json list = messagesOrText(given);
            if (list.is_array() && std::any_of(list.begin(), list.end(), [](const Json& item) { return item.is_object(); })) {
                return parseMessages(list, nameOr(row, names)); // other lists are no messages
            }
        }
    }
    auto text = std::string_view(role) == "assistant" ? requireAnswer(row, names) : requireQuestion(row, names);
    if (!text) {
        return text.error();
    }
    return oneMessage(role, std::move(*text));
}

Result<void> checkConversation(const std::vector<Message>& messages)
{
    const auto first
        = std::find_if(messages.begin(), messages.end(), [](const Message& m) { return m.role != "system" && m.role != "developer"; });
    if (first == messages.end()) {
        return Error{"the conversation has no turns; it needs a user and an assistant"};
    }
    if (first->role == "tool") {
        return Error{"the conversation begins with a tool's answer; somebody must speak before"};
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
        if (isPairOfTexts(item)) {
            paths.push_back(here + "/1");
        }
        if (!item.is_object()) {
            continue;
        }
        const std::string path
            = here + "/"
              + (item.contains("from") && !item.contains("role") && !content ? "value" : nameOr(item, kContentKeys));
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

Result<void> takeSystem(const Json& row, std::vector<Message>& messages)
{
    const Json* given = fieldIn(row, kSystemNames);
    auto system = given ? contentOf(*given) : Result<std::string>(std::string()); // Anthropic's may be a list of parts
    if (!system) {
        return system.error();
    }
    if (!isBlank(*system) && (messages.empty() || messages.front().role != "system")) {
        messages.insert(messages.begin(), {"system", std::move(*system)});
    }
    return {};
}

} // namespace luthier::data
