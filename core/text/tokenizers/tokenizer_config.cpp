// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/tokenizer_config.h"

#include "core/text/tokenizers/gguf/gguf_tokenizer.h"

#include <algorithm>
#include <charconv>

namespace luthier::text {

namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kLargestId = 1 << 22;
constexpr const char* kSpecialNames[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                         "pad_token", "cls_token", "mask_token"};
constexpr const char* kSpecialLists[] = {"additional_special_tokens", "extra_special_tokens"};

// A token is a string or an object with "content".
std::optional<std::string> spelling(const Json& value)
{
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_object() && value.contains("content") && value["content"].is_string()) {
        return value["content"].get<std::string>();
    }
    return std::nullopt;
}

std::optional<bool> flag(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

void addSpecialText(TokenizerConfig& config, const std::string& text)
{
    auto& texts = config.specialTexts;
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) {
        texts.push_back(text);
    }
}

void readSpecials(TokenizerConfig& config, const Json& object)
{
    for (const char* name : kSpecialNames) {
        const auto found = object.find(name);
        if (found == object.end() || (config.specials.contains(name) && !config.specials[name].is_null())) {
            continue;
        }
        const auto text = spelling(*found);
        config.specials[name] = text ? Json(*text) : Json(nullptr);
        addSpecialText(config, text.value_or(""));
    }
    for (const char* name : kSpecialLists) {
        const auto found = object.find(name);
        if (found == object.end() || !found->is_structured()) {
            continue;
        }
        for (const auto& [key, value] : found->items()) {
            const auto text = spelling(value);
            addSpecialText(config, text.value_or(""));
            // transformers 5 keeps named extra tokens ("image_token": "<image>") in one object.
            if (found->is_object() && text) {
                config.specials[key] = *text;
            }
        }
    }
}

Result<void> addToken(TokenizerConfig& config, AddedToken token, const fs::path& path)
{
    if (token.id < 0 || token.id > kLargestId || token.content.empty()) {
        return Error{path.string() + ": the added token \"" + token.content + "\" has id " + std::to_string(token.id)
                     + "; a token needs a spelling and an id from 0 to " + std::to_string(kLargestId)};
    }
    config.added.push_back(std::move(token));
    return {};
}

Result<void> readDecoder(TokenizerConfig& config, const Json& decoder, const fs::path& path)
{
    for (const auto& [key, value] : decoder.items()) {
        AddedToken token;
        const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), token.id);
        const auto text = spelling(value);
        if (problem != std::errc{} || end != key.data() + key.size() || !text) {
            return Error{path.string() + ": added_tokens_decoder has the entry \"" + key
                         + "\"; expected a token id with an object that holds \"content\""};
        }
        token.content = *text;
        token.special = flag(value, "special").value_or(false);
        token.lstrip = flag(value, "lstrip").value_or(false);
        token.rstrip = flag(value, "rstrip").value_or(false);
        token.singleWord = flag(value, "single_word").value_or(false);
        token.normalized = flag(value, "normalized").value_or(false);
        if (auto added = addToken(config, std::move(token), path); !added) {
            return added;
        }
    }
    return {};
}

// added_tokens.json: {"<spelling>": id}.
Result<void> readAddedTokens(TokenizerConfig& config, const Json& object, const fs::path& path)
{
    for (const auto& [content, id] : object.items()) {
        if (!id.is_number_integer() || id.get<double>() < 0 || id.get<double>() > kLargestId) {
            return Error{path.string() + ": the added token \"" + content + "\" needs an id from 0 to "
                         + std::to_string(kLargestId)};
        }
        AddedToken token;
        token.id = id.get<std::int32_t>();
        token.content = content;
        const auto& texts = config.specialTexts;
        token.special = std::find(texts.begin(), texts.end(), content) != texts.end();
        if (auto added = addToken(config, std::move(token), path); !added) {
            return added;
        }
    }
    return {};
}

Result<Json> readObject(const fs::path& path)
{
    std::error_code problem;
    if (!fs::exists(path, problem)) {
        return Json::object();
    }
    auto value = base::readJson(path);
    if (value && !value->is_object()) {
        return Error{path.string() + ": expected a JSON object"};
    }
    return value;
}

} // namespace

std::string TokenizerConfig::special(const std::string& name) const
{
    const auto found = specials.find(name);
    return found != specials.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<TokenizerConfig> readTokenizerConfig(const fs::path& folder)
{
    TokenizerConfig config;
    const auto mainPath = folder / "tokenizer_config.json";
    const auto addedPath = folder / "added_tokens.json";
    auto main = gguf::isGguf(folder) ? readGgufTokenizerConfig(folder) : readObject(mainPath);
    auto map = readObject(folder / "special_tokens_map.json");
    auto added = readObject(addedPath);
    for (const auto* part : {&main, &map, &added}) {
        if (!*part) {
            return part->error();
        }
    }
    readSpecials(config, *main);
    readSpecials(config, *map);
    config.addBos = flag(*main, "add_bos_token");
    config.addEos = flag(*main, "add_eos_token");
    config.legacy = flag(*main, "legacy");
    config.addPrefixSpace = flag(*main, "add_prefix_space");
    config.chatTemplate = main->value("chat_template", Json());
    if (main->contains("added_tokens_decoder") && (*main)["added_tokens_decoder"].is_object()) {
        if (auto read = readDecoder(config, (*main)["added_tokens_decoder"], mainPath); !read) {
            return read.error();
        }
    }
    if (auto read = readAddedTokens(config, *added, addedPath); !read) {
        return read.error();
    }
    return config;
}

} // namespace luthier::text
