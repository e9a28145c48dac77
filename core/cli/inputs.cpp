// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/inputs.h"

#include "core/base/files.h"
#include "core/data/sources/row_source.h"
#include "core/fields/record.h"
#include "core/text/templates/known_templates.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

std::string textAt(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Prompt> promptOfRow(const Json& value)
{
    if (!value.is_object()) {
        return Error{"an object with \"prompt\" or \"messages\" was expected"};
    }
    Prompt prompt;
    const auto messages = value.find("messages");
    if (messages == value.end()) {
        const auto text = value.find("prompt");
        if (text == value.end() || !text->is_string()) {
            return Error{"\"prompt\" (a text) or \"messages\" (a list) is missing"};
        }
        prompt.text = text->get<std::string>();
        return prompt;
    }
    if (!messages->is_array() || messages->empty()) {
        return Error{"\"messages\" must be a list with at least one message"};
    }
    for (const Json& item : *messages) {
        if (!item.is_object() || textAt(item, "role").empty()) {
            return Error{"every message needs a \"role\" and a \"content\""};
        }
        data::Message message{textAt(item, "role"), textAt(item, "content"), {}};
        for (const auto& [key, extra] : item.items()) {
            if (key != "role" && key != "content") {
                message.extra[key] = extra;
            }
        }
        if (message.role == "user") {
            prompt.text = message.content;
        }
        prompt.messages.push_back(std::move(message));
    }
    return prompt;
}

} // namespace

void addChatTemplate(CLI::App& app, std::string& id)
{
    std::vector<std::string> ids{"folder"};
    std::string names;
    for (const text::KnownTemplate& known : text::knownTemplates()) {
        ids.push_back(known.id);
        names += (names.empty() ? "" : ", ") + known.id;
    }
    app.add_option("--chat-template", id,
                   "How conversations are written: the model folder's own, or one of these for a model without: " + names)
        ->check(CLI::IsMember(ids))
        ->option_text("folder");
}

void addFoldSystem(CLI::App& app, bool& folds)
{
    app.add_flag("--fold-system", folds, "The system's words before the question that follows them, for templates that take no system");
}

inference::AdapterSpec adapterOf(const std::string& text)
{
    const auto equals = text.rfind('=');
    double weight = 1;
    std::error_code code;
    if (equals != std::string::npos && equals + 1 < text.size() && !fs::exists(text, code)) {
        const char* end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data() + equals + 1, end, weight);
        if (parsed.ec == std::errc() && parsed.ptr == end) {
            return {text.substr(0, equals), weight};
        }
    }
    return {text, 1};
}

std::vector<inference::AdapterSpec> adaptersOf(const std::vector<std::string>& texts)
{
    std::vector<inference::AdapterSpec> specs;
    std::transform(texts.begin(), texts.end(), std::back_inserter(specs), adapterOf);
    return specs;
}

Result<void> forEachRow(const fs::path& path,
                        const std::function<Result<void>(std::int64_t row, const Json& value)>& each,
                        const base::CancelToken& cancel)
{
    auto source = data::openSource(path, {}, cancel);
    if (!source) {
        return source.error();
    }
    for (std::int64_t i = 0; i < (*source)->rowCount() && !cancel.isCancelled(); ++i) {
        auto value = (*source)->row(i);
        auto done = value ? each(i + 1, *value) : Result<void>(value.error());
        if (!done) {
            return Error{path.string() + ": row " + std::to_string(i + 1) + ": " + done.message()};
        }
    }
    return {};
}

Result<std::vector<Prompt>> readPrompts(const fs::path& path)
{
    std::vector<Prompt> prompts;
    auto read = forEachRow(path, [&](std::int64_t, const Json& value) -> Result<void> {
        auto prompt = promptOfRow(value);
        if (!prompt) {
            return prompt.error();
        }
        prompts.push_back(std::move(*prompt));
        return {};
    });
    if (!read) {
        return read.error();
    }
    if (prompts.empty()) {
        return Error{path.string() + ": no prompts; give rows of {\"prompt\":\"...\"}"};
    }
    return prompts;
}

Result<std::vector<text::TokenId>> promptIds(const data::Encoder& encoder, const Prompt& prompt, bool chat,
                                             const std::string& system)
{
    if (prompt.messages.empty() && !chat && system.empty()) {
        return encoder.tokenizer->ids(prompt.text);
    }
    auto messages = prompt.messages;
    if (messages.empty()) {
        messages.push_back({"user", prompt.text, {}});
    }
    if (!system.empty() && messages.front().role != "system") {
        messages.insert(messages.begin(), {"system", system, {}});
    }
    return encoder.encodePrompt(messages);
}

bool isRowFile(const fs::path& path)
{
    return path.extension() == ".jsonl" || path.extension() == ".ndjson";
}

std::vector<std::string_view> linesOf(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        lines.push_back(line);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return lines;
}

Result<std::vector<text::TokenId>> parseIds(std::string_view text)
{
    std::vector<text::TokenId> ids;
    const char* at = text.data();
    const char* end = at + text.size();
    while (at != end) {
        if (*at == ',' || *at == ' ' || *at == '\n') {
            ++at;
            continue;
        }
        text::TokenId id = 0;
        const auto parsed = std::from_chars(at, end, id);
        if (parsed.ec != std::errc() || id < 0) {
            return Error{"\"" + std::string(text) + "\" is no list of token ids; write them like 1,2,3"};
        }
        ids.push_back(id);
        at = parsed.ptr;
    }
    return ids;
}

Result<std::vector<text::TokenId>> idsOf(const Json& list)
{
    if (!list.is_array()) {
        return Error{"\"ids\" must be a list of whole numbers"};
    }
    std::vector<text::TokenId> ids;
    for (const Json& item : list) {
        const bool whole = item.is_number_unsigned()
                           && item.get<std::uint64_t>()
                                  <= static_cast<std::uint64_t>(std::numeric_limits<text::TokenId>::max());
        if (!whole) {
            return Error{"\"ids\" holds " + base::dumpJson(item) + "; a token id is a whole number from 0"};
        }
        ids.push_back(static_cast<text::TokenId>(item.get<std::uint64_t>()));
    }
    return ids;
}

Json toJson(const std::vector<text::TokenId>& ids)
{
    Json list = Json::array();
    for (const auto id : ids) {
        list.push_back(id);
    }
    return list;
}

void requireOne(CLI::App& app, std::vector<CLI::Option*> options)
{
    app.parse_complete_callback([options = std::move(options)] {
        std::string names;
        for (std::size_t i = 0; i < options.size(); ++i) {
            names += (i == 0 ? "" : i + 1 == options.size() ? " or " : ", ") + options[i]->get_name();
        }
        const auto given = std::count_if(options.begin(), options.end(),
                                         [](const CLI::Option* o) { return o->count() > 0; });
        if (given != 1) {
            throw CLI::RequiredError((given == 0 ? "give " : "give only one of ") + names,
                                     CLI::ExitCodes::RequiredError);
        }
    });
}

void addFieldFlags(CLI::App& app, void* object, std::span<const fields::Field> fields)
{
    for (const fields::Field& field : fields) {
        std::string name = "--" + field.key;
        std::replace(name.begin(), name.end(), '_', '-');
        const auto assign = [object, fields, &field](const std::vector<std::string>& texts) {
            fields::Record record(object, fields);
            const bool list = std::holds_alternative<std::vector<std::string>>(record.get(field));
            auto done = list ? record.set(field, texts) : record.setFromText(field, texts.back());
            if (!done) {
                throw CLI::ValidationError(done.message());
            }
        };
        app.add_option_function<std::vector<std::string>>(name, assign, field.help)
            ->allow_extra_args(false)
            ->option_text(fields::toText(field.get(object)).empty() ? "TEXT"
                                                                    : fields::toText(field.get(object)));
    }
}

} // namespace luthier::cli
