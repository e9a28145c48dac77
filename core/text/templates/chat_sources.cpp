// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates/chat_sources.h"

#include "core/base/files.h"

#include <map>

namespace luthier::text {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDefault = "default";
constexpr const char* kToolUse = "tool_use";

using Named = std::map<std::string, std::string>;

Result<Named> namedInFolder(const fs::path& folder)
{
    Named out;
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

Result<Named> namedInConfig(const Json& value, const fs::path& path)
{
    Named out;
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

Result<ChatSources> chatSources(const fs::path& folder, const Json& configured)
{
    auto named = namedInFolder(folder);
    if (named && !named->contains(kDefault)) {
        auto more = namedInConfig(configured, folder / "tokenizer_config.json");
        if (!more) {
            return more.error();
        }
        named->merge(*more);
    }
    if (!named) {
        return named.error();
    }
    if (named->empty()) {
        return Error{folder.string() + ": has no chat template, neither chat_template.jinja nor \"chat_template\" in "
                     "tokenizer_config.json; add one to train on conversations"};
    }
    const auto main = named->find(kDefault);
    if (main == named->end() && named->size() > 1) {
        return Error{folder.string() + ": has several chat templates, none of them named \"default\""};
    }
    const auto tools = named->find(kToolUse);
    return ChatSources{main != named->end() ? main->second : named->begin()->second,
                       tools != named->end() ? std::optional(tools->second) : std::nullopt};
}

} // namespace luthier::text
