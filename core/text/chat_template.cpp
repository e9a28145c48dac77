// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/chat_template.h"

#include "core/base/files.h"
#include "core/text/chat_spans.h"
#include "core/text/jinja_engine.h"
#include "core/text/jinja_parse.h"
#include "core/text/jinja_time.h"
#include "core/text/tokenizer_config.h"

#include <algorithm>
#include <map>

namespace luthier::text {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLongestTemplate = std::uint64_t{4} << 20;
constexpr const char* kReasoning[] = {"reasoning_content", "thinking", "reasoning"};
constexpr const char* kDefault = "default";
constexpr const char* kToolUse = "tool_use";

struct Parsed {
    std::string source;
    jinja::Template tree;
};

using Sources = std::map<std::string, std::string>; // by name

Result<Parsed> parsed(std::string source)
{
    if (source.size() > kLongestTemplate) {
        return Error{"the chat template is longer than 4 MiB"};
    }
    try {
        auto tree = jinja::parseTemplate(source);
        return Parsed{std::move(source), std::move(tree)};
    } catch (const jinja::Problem& problem) {
        return Error{"the chat template cannot be read, line " + std::to_string(problem.line) + ": " + problem.message};
    }
}

// As transformers hands messages over: keys without a value left out, one name of the reasoning filled from another.
Json normalized(const Json& message)
{
    Json out = Json::object();
    const Json* reasoning = nullptr;
    for (const auto* name : kReasoning) {
        const auto found = message.find(name);
        if (reasoning == nullptr && found != message.end() && !found->is_null()) {
            reasoning = &*found;
        }
    }
    if (reasoning != nullptr) {
        out["thinking"] = *reasoning;
    }
    for (const auto& [key, value] : message.items()) {
        if (!value.is_null()) {
            out[key] = value;
        }
    }
    if (reasoning != nullptr) {
        out["reasoning_content"] = *reasoning;
    }
    return out;
}

void define(jinja::Engine& engine, const Json& variables, bool areSpecials)
{
    if (!variables.is_object()) {
        return;
    }
    for (const auto& [name, value] : variables.items()) {
        if (areSpecials && !value.is_string()) {
            continue; // a token the vocabulary does not have
        }
        auto made = jinja::fromJson(value);
        if (areSpecials && name == "eos_token") {
            auto text = made.text();
            text.mark(0, jinja::Source::Eos);
            made = jinja::Value(std::move(text));
        }
        engine.define(name, std::move(made));
    }
}

jinja::Text renderOnce(const jinja::Template& tree, const Json& specials, const Json& messages,
                       const RenderOptions& options, bool addGenerationPrompt)
{
    jinja::Engine engine(options.localTime.empty() ? jinja::localNow() : options.localTime);
    std::vector<jinja::Value> list;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        list.push_back(jinja::messageFromJson(normalized(messages[i]), static_cast<int>(i)));
    }
    define(engine, specials, true);
    engine.define("documents", jinja::Value(jinja::None{}));
    define(engine, options.variables, false);
    engine.define("messages", jinja::Value::list(std::move(list)));
    engine.define("tools", jinja::fromJson(options.tools));
    engine.define("add_generation_prompt", jinja::Value(addGenerationPrompt));
    return engine.render(tree);
}

Result<void> checkMessages(const Json& messages)
{
    if (!messages.is_array()) {
        return Error{"a conversation is a list of messages, each with \"role\" and \"content\""};
    }
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (!messages[i].is_object()) {
            return Error{"message " + std::to_string(i + 1) + " is not an object with \"role\" and \"content\""};
        }
    }
    return {};
}

std::vector<bool> assistants(const Json& messages)
{
    std::vector<bool> out;
    for (const auto& message : messages) {
        const auto role = message.find("role");
        out.push_back(role != message.end() && role->is_string() && (*role == "assistant" || *role == "model"));
    }
    return out;
}

Result<Sources> sourcesOfFolder(const fs::path& folder)
{
    Sources out;
    std::error_code problem;
    const auto add = [&](const std::string& name, const fs::path& path) -> Result<void> {
        auto text = base::readFile(path, kLongestTemplate);
        if (!text) {
            return text.error();
        }
        out[name] = std::move(*text);
        return {};
    };
    const auto main = folder / "chat_template.jinja";
    if (fs::exists(main, problem)) {
        if (auto added = add(kDefault, main); !added) {
            return added.error();
        }
    }
    const auto more = folder / "additional_chat_templates";
    for (fs::directory_iterator entry(more, problem), end; !problem && entry != end; entry.increment(problem)) {
        if (entry->path().extension() != ".jinja") {
            continue;
        }
        if (auto added = add(entry->path().stem().string(), entry->path()); !added) {
            return added.error();
        }
    }
    return out;
}

Result<Sources> sourcesOfConfig(const Json& value, const fs::path& path)
{
    Sources out;
    if (value.is_string()) {
        out[kDefault] = value.get<std::string>();
    } else if (value.is_array()) {
        for (const auto& row : value) {
            if (!row.is_object() || !row.contains("name") || !row["name"].is_string() || !row.contains("template")
                || !row["template"].is_string()) {
                return Error{path.string() + ": chat_template is a list whose rows must be {\"name\", \"template\"}"};
            }
            out[row["name"].get<std::string>()] = row["template"].get<std::string>();
        }
    } else if (!value.is_null()) {
        return Error{path.string() + ": chat_template must be a string or a list of {\"name\", \"template\"}"};
    }
    return out;
}

} // namespace

struct ChatTemplate::State {
    Parsed main;
    std::optional<Parsed> toolUse; // taken when tools are given
    Json specials;
};

Result<ChatTemplate> ChatTemplate::parse(std::string source, Json specials)
{
    auto main = parsed(std::move(source));
    if (!main) {
        return main.error();
    }
    ChatTemplate out;
    out.m_state = std::make_shared<const State>(State{std::move(*main), std::nullopt, std::move(specials)});
    return out;
}

Result<ChatTemplate> ChatTemplate::load(const fs::path& folder)
{
    auto config = readTokenizerConfig(folder);
    if (!config) {
        return config.error();
    }
    auto sources = sourcesOfFolder(folder);
    if (sources && !sources->contains(kDefault)) {
        auto more = sourcesOfConfig(config->chatTemplate, folder / "tokenizer_config.json");
        if (!more) {
            return more.error();
        }
        sources->merge(*more);
    }
    if (!sources) {
        return sources.error();
    }
    if (sources->empty()) {
        return Error{folder.string() + ": has no chat template, neither chat_template.jinja nor \"chat_template\" in "
                     "tokenizer_config.json; add one to train on conversations"};
    }
    const auto named = sources->find(kDefault);
    if (named == sources->end() && sources->size() > 1) {
        return Error{folder.string() + ": has several chat templates, none of them named \"default\""};
    }
    auto main = parsed(named != sources->end() ? named->second : sources->begin()->second);
    const auto tools = sources->find(kToolUse);
    auto other = tools != sources->end() ? parsed(tools->second) : Result<Parsed>(Parsed{});
    if (!main || !other) {
        return Error{folder.string() + ": " + (!main ? main.message() : other.message())};
    }
    ChatTemplate out;
    out.m_state = std::make_shared<const State>(
        State{std::move(*main), tools != sources->end() ? std::optional(std::move(*other)) : std::nullopt,
              std::move(config->specials)});
    return out;
}

const std::string& ChatTemplate::source() const
{
    return m_state->main.source;
}

Result<Rendered> ChatTemplate::render(const Json& messages, const RenderOptions& options) const
{
    if (auto checked = checkMessages(messages); !checked) {
        return checked.error();
    }
    const bool usesTools = m_state->toolUse && !options.tools.is_null();
    const auto& tree = usesTools ? m_state->toolUse->tree : m_state->main.tree;
    const auto once = [&](bool prompt) { return renderOnce(tree, m_state->specials, messages, options, prompt); };
    try {
        const auto text = once(options.addGenerationPrompt);
        SpanRequest request{tree.marksAnswers, {}, text.bytes.size(), assistants(messages)};
        std::string other;
        if (!tree.marksAnswers && std::find(request.assistant.begin(), request.assistant.end(), true) != request.assistant.end()) {
            // What the template adds to ask for an answer is the header of an answer.
            try {
                other = once(!options.addGenerationPrompt).bytes;
            } catch (const jinja::Problem&) {
                other.clear(); // it renders one way only: no header is known
            }
        }
        const auto& longer = options.addGenerationPrompt ? text.bytes : other;
        const auto& shorter = options.addGenerationPrompt ? other : text.bytes;
        if (!other.empty() && longer.size() > shorter.size() && longer.starts_with(shorter)) {
            request.prompt = std::string_view(longer).substr(shorter.size());
            request.end = shorter.size();
        }
        return Rendered{text.bytes, assistantSpans(text, request), messageSpans(text, messages.size())};
    } catch (const jinja::Problem& problem) {
        return Error{problem.raised ? problem.message
                                    : "the chat template failed in line " + std::to_string(problem.line) + ": "
                                          + problem.message};
    } catch (const std::exception& problem) {
        return Error{std::string("the chat template failed: ") + problem.what()};
    }
}

} // namespace luthier::text
