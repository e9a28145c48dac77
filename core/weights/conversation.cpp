// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/conversation.h"

#include "core/base/files.h"
#include "core/base/json.h"

#include <algorithm>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

constexpr const char* kEnds = "eos_token_id";

// Null where there is none.
Result<Json> jsonAt(const fs::path& path)
{
    std::error_code code;
    if (!fs::exists(path, code)) {
        return Json();
    }
    auto json = base::readJson(path);
    return json && !json->is_object() ? Result<Json>(Error{path.string() + ": must be a JSON object"}) : json;
}

Result<void> writeJson(const fs::path& path, const Json& value)
{
    return base::writeFileAtomically(path, base::dumpJson(value, 2) + "\n");
}

Result<void> writeTemplate(const fs::path& folder, const std::string& source)
{
    auto written = base::writeFileAtomically(folder / "chat_template.jinja", source);
    auto settings = written ? jsonAt(folder / "tokenizer_config.json") : Result<Json>(written.error());
    if (!settings) {
        return settings.error();
    }
    if (settings->is_object()) {
        (*settings)["chat_template"] = source;
        if (auto done = writeJson(folder / "tokenizer_config.json", *settings); !done) {
            return done;
        }
    }
    std::error_code code;
    const fs::path more = folder / "additional_chat_templates";
    return fs::exists(more, code) ? base::removeTree(more) : Result<void>();
}

Json listOf(const Json& config)
{
    const auto found = config.is_object() ? config.find(kEnds) : config.end();
    return found == config.end() || found->is_null() ? Json::array() : found->is_array() ? *found : Json::array({*found});
}

// What config.json says is what programs take where there is no generation_config.json, so a new one must say it too.
Json newGeneration(const Json& config)
{
    Json generation = Json::object();
    for (const char* key : {"bos_token_id", kEnds, "pad_token_id"}) {
        for (const Json& part : {config, config.is_object() ? config.value("text_config", Json()) : Json()}) {
            if (part.is_object() && part.contains(key) && !part[key].is_null() && !generation.contains(key)) {
                generation[key] = part[key];
            }
        }
    }
    return generation;
}

Result<void> writeEnds(const fs::path& folder, const std::vector<text::TokenId>& ends)
{
    const auto config = jsonAt(folder / "config.json");
    auto generation = config ? jsonAt(folder / "generation_config.json") : config;
    if (!generation) {
        return generation.error();
    }
    if (!generation->is_object()) {
        *generation = newGeneration(*config);
    }
    Json list = listOf(*generation);
    const std::size_t before = list.size();
    for (const text::TokenId id : ends) {
        if (std::find(list.begin(), list.end(), Json(id)) == list.end()) {
            list.push_back(id);
        }
    }
    if (list.size() == before) {
        return {};
    }
    (*generation)[kEnds] = list.size() == 1 ? list[0] : list;
    return writeJson(folder / "generation_config.json", *generation);
}

} // namespace

Result<void> writeConversation(const fs::path& folder, const Conversation& conversation)
{
    auto done = conversation.chatTemplate.empty() ? Result<void>() : writeTemplate(folder, conversation.chatTemplate);
    return done && !conversation.ends.empty() ? writeEnds(folder, conversation.ends) : done;
}

} // namespace luthier::weights
