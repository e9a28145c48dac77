// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates/chat_template.h"

#include "core/text/jinja/engine.h"
#include "core/text/jinja/syntax/parse.h"
#include "core/text/jinja/values/time.h"
#include "core/text/templates/chat_sources.h"
#include "core/text/templates/chat_spans.h"
#include "core/text/tokenizers/tokenizer_config.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace luthier::text {

namespace fs = std::filesystem;

namespace {

constexpr const char* kReasoning[] = {"reasoning_content", "thinking", "reasoning"};

struct Parsed {
    std::string source;
    jinja::Template tree;
};

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

struct Job {
    const jinja::Template& tree;
    const Json& specials;
    const RenderOptions& options;

    jinja::Text render(const Json& messages, bool addGenerationPrompt) const;
    // Empty where the template cannot render these messages.
    std::optional<std::string> tryRender(const Json& messages, bool addGenerationPrompt) const;
};

jinja::Text Job::render(const Json& messages, bool addGenerationPrompt) const
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

std::optional<std::string> Job::tryRender(const Json& messages, bool addGenerationPrompt) const
{
    try {
        return render(messages, addGenerationPrompt).bytes;
    } catch (const jinja::Problem&) {
        return std::nullopt;
    }
}

// What the template adds to ask for an answer, which is the header of an answer: seen before the first answer, and
// where that cannot be rendered, behind the whole conversation.
std::optional<std::string> promptBefore(const Job& job, const Json& messages, std::size_t firstAnswer)
{
    Json before = Json::array();
    for (std::size_t i = 0; i < firstAnswer; ++i) {
        before.push_back(messages[i]);
    }
    for (const Json* conversation : {&std::as_const(before), &messages}) {
        const auto longer = conversation->empty() ? std::nullopt : job.tryRender(*conversation, true);
        const auto shorter = longer ? job.tryRender(*conversation, false) : std::nullopt;
        if (shorter && longer->starts_with(*shorter)) {
            return longer->substr(shorter->size());
        }
    }
    return std::nullopt;
}

// Where the conversation ends in `text`, which asks for one more answer behind it.
std::size_t endWithoutPrompt(const Job& job, const Json& messages, const jinja::Text& text)
{
    const auto shorter = job.tryRender(messages, false);
    return shorter && text.bytes.starts_with(*shorter) ? shorter->size() : text.bytes.size();
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
    auto sources = chatSources(folder, config->chatTemplate);
    if (!sources) {
        return sources.error();
    }
    auto main = parsed(std::move(sources->main));
    auto tools = sources->toolUse ? parsed(std::move(*sources->toolUse)) : Result<Parsed>(Parsed{});
    if (!main || !tools) {
        return Error{folder.string() + ": " + (!main ? main.message() : tools.message())};
    }
    ChatTemplate out;
    out.m_state = std::make_shared<const State>(
        State{std::move(*main), sources->toolUse ? std::optional(std::move(*tools)) : std::nullopt,
              std::move(config->specials)});
    return out;
}

const std::string& ChatTemplate::source() const
{
    return m_state->main.source;
}

Result<ChatTemplate> ChatTemplate::withBeginning(std::string_view beginning) const
{
    const auto longer = [beginning](const Parsed& one) { return parsed(std::string(beginning) + one.source); };
    auto main = longer(m_state->main);
    auto tools = m_state->toolUse ? longer(*m_state->toolUse) : Result<Parsed>(Parsed{});
    if (!main || !tools) {
        return main ? tools.error() : main.error();
    }
    ChatTemplate out;
    out.m_state = std::make_shared<const State>(
        State{std::move(*main), m_state->toolUse ? std::optional(std::move(*tools)) : std::nullopt, m_state->specials});
    return out;
}

bool ChatTemplate::isDated() const
{
    return source().find("strftime_now") != std::string::npos;
}

std::string ChatTemplate::now()
{
    return jinja::localNow();
}

Result<Rendered> ChatTemplate::render(const Json& messages, const RenderOptions& options) const
{
    if (auto checked = checkMessages(messages); !checked) {
        return checked.error();
    }
    const bool usesTools = m_state->toolUse && !options.tools.is_null();
    const Job job{usesTools ? m_state->toolUse->tree : m_state->main.tree, m_state->specials, options};
    try {
        const auto text = job.render(messages, options.addGenerationPrompt);
        SpanRequest request{job.tree.marksAnswers, std::nullopt, text.bytes.size(), assistants(messages)};
        const auto first = std::find(request.assistant.begin(), request.assistant.end(), true);
        if (!job.tree.marksAnswers && first != request.assistant.end()) {
            request.prompt = promptBefore(job, messages, static_cast<std::size_t>(first - request.assistant.begin()));
            request.end = options.addGenerationPrompt ? endWithoutPrompt(job, messages, text) : request.end;
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
