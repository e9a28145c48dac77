// SPDX-License-Identifier: GPL-3.0-or-later
// ChatTemplate: a conversation written as the model was taught to read it, by the folder's own Jinja template
// as transformers configures it (trim_blocks, lstrip_blocks, loop controls, the generation tag, tojson with
// Python's separators), bounded in depth, steps and output. No template can run code or loop for ever.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

struct Span {
    std::int64_t begin = 0; // bytes of the rendered text
    std::int64_t end = 0;
};

struct Rendered {
    std::string text;
    // What the assistant says, end marker included, header not: from {% generation %} blocks, or from
    // the renderer's own account of which output came from which assistant message, never by searching text.
    std::vector<Span> assistant;
    // Where message i's content stands in text; empty span when the template left it out.
    std::vector<Span> messages;
};

struct RenderOptions {
    bool addGenerationPrompt = false;
    Json tools;            // null: none
    Json variables;        // extra template variables (chat_template_kwargs); null: none
    std::string localTime; // "2024-07-26T13:05:09" for strftime_now; empty: LUTHIER_NOW, else the clock
};

class ChatTemplate {
public:
    // `specials`: object of special token strings, {"bos_token":"<s>",...}.
    static Result<ChatTemplate> parse(std::string source, Json specials);

    // chat_template.jinja, else tokenizer_config.json. Error when the folder has none.
    static Result<ChatTemplate> load(const std::filesystem::path& folder);

    // `messages`: array of {"role","content",...}. An error raised by the template is its own sentence.
    Result<Rendered> render(const Json& messages, const RenderOptions& options = {}) const;

    const std::string& source() const;

    // The same with more Jinja in front, that for tools too.
    Result<ChatTemplate> withBeginning(std::string_view beginning) const;

    // Whether it asks for the time, so that the same conversation renders differently on another day.
    bool isDated() const;
    // What RenderOptions::localTime takes: LUTHIER_NOW, else the clock.
    static std::string now();

private:
    struct State;
    std::shared_ptr<const State> m_state;
};

} // namespace luthier::text
