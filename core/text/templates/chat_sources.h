// SPDX-License-Identifier: GPL-3.0-or-later
// ChatSources: the chat templates of a model folder: chat_template.jinja and additional_chat_templates/*.jinja, else
// "chat_template" of tokenizer_config.json, which is one template or a list of named ones.
//
// Threads: a free function.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace luthier::text {

inline constexpr std::uint64_t kLongestTemplate = std::uint64_t{4} << 20; // bytes

struct ChatSources {
    std::string main;                   // "default"
    std::optional<std::string> toolUse; // "tool_use": taken when tools are given
};

// `configured`: chat_template of tokenizer_config.json; null: none. Errors: no template, none of several called
// "default", an entry of the wrong kind, a file that cannot be read.
Result<ChatSources> chatSources(const std::filesystem::path& folder, const Json& configured);

} // namespace luthier::text
