// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/json_tokenizer.h"

#include "core/base/files.h"
#include "core/text/tokenizers/json_model.h"
#include "core/text/tokenizers/json_part.h"
#include "core/text/tokenizers/tokenizer_config.h"
#include "core/text/tokenizers/tokenizer_spec.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace luthier::text {

namespace {

constexpr int kDeepest = 64;

Result<void> readAdded(const Json& root, TokenizerSpec& spec)
{
    const auto found = root.find("added_tokens");
    if (found == root.end() || found->is_null()) {
        return {};
    }
    if (!found->is_array() || found->size() > kMostAddedTokens) {
        return Error{"added_tokens: expected a list of at most " + std::to_string(kMostAddedTokens) + " tokens"};
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const JsonPart part((*found)[i], "added_tokens[" + std::to_string(i) + "]");
        const auto content = part.text("content");
        const auto* id = part.find("id");
        if (!content || id == nullptr || !isTokenId(*id)) {
            return part.wrong("expected an object with \"content\" and \"id\" from 0 to " + std::to_string(kLargestTokenId));
        }
        if (content->empty()) {
            continue; // the reference passes over it as well
        }
        AddedToken token;
        token.content = *content;
        // Where the vocabulary has the spelling, its id counts.
        const auto own = spec.spellings.find(token.content);
        token.id = own != PieceTable::kNone ? own : id->get<TokenId>();
        token.special = part.flag("special", false);
        token.lstrip = part.flag("lstrip", false);
        token.rstrip = part.flag("rstrip", false);
        token.singleWord = part.flag("single_word", false);
        token.normalized = part.flag("normalized", !token.special);
        spec.added.push_back(std::move(token));
    }
    return {};
}

// What tokenizer_config.json adds: its own description of added tokens counts, and what it names as special is so.
void addConfigured(const TokenizerConfig& config, TokenizerSpec& spec)
{
    std::unordered_map<std::string, std::size_t> places;
    std::unordered_set<TokenId> ids;
    for (std::size_t i = 0; i < spec.added.size(); ++i) {
        places.emplace(spec.added[i].content, i);
        ids.insert(spec.added[i].id);
    }
    for (auto token : config.added) {
        const auto known = places.find(token.content);
        const bool isFree = ids.count(token.id) == 0
                            && (!spec.spellings.has(token.id) || spec.spellings.piece(token.id) == token.content);
        if (known != places.end()) {
            token.id = spec.added[known->second].id;
            spec.added[known->second] = std::move(token);
        } else if (isFree && spec.spellings.find(token.content) == (spec.spellings.has(token.id) ? token.id : PieceTable::kNone)) {
            places.emplace(token.content, spec.added.size());
            ids.insert(token.id);
            spec.added.push_back(std::move(token));
        }
    }
    for (const auto& text : config.specialTexts) {
        const auto known = places.find(text);
        const auto id = spec.spellings.find(text);
        if (known != places.end()) {
            spec.added[known->second].special = true;
        } else if (id != PieceTable::kNone) {
            AddedToken token;
            token.id = id;
            token.content = text;
            token.special = true;
            spec.added.push_back(std::move(token));
        }
    }
}

// add_bos_token and add_eos_token, where the file has them, take the place of the post-processor.
void addEnds(const TokenizerConfig& config, TokenizerSpec& spec)
{
    if (!config.addBos && !config.addEos) {
        return;
    }
    const auto idOf = [&](const std::string& text) -> std::optional<TokenId> {
        const auto added = std::find_if(spec.added.begin(), spec.added.end(),
                                        [&](const AddedToken& token) { return token.content == text; });
        const auto own = spec.spellings.find(text);
        return text.empty() ? std::nullopt
               : added != spec.added.end() ? std::optional(added->id)
               : own != PieceTable::kNone  ? std::optional(own)
                                           : std::nullopt;
    };
    Json single = Json::array();
    Json table = Json::object();
    const auto put = [&](bool wanted, const std::string& text) {
        if (const auto id = idOf(text); wanted && id) {
            single.push_back({{"SpecialToken", {{"id", text}}}});
            table[text] = {{"ids", Json::array({*id})}};
        }
    };
    put(config.addBos.value_or(false), spec.bos);
    single.push_back({{"Sequence", {{"id", "A"}}}});
    put(config.addEos.value_or(false), spec.eos);
    spec.postProcessor = {{"type", "TemplateProcessing"}, {"single", single}, {"special_tokens", table}};
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> parseTokenizerJson(std::string_view text, const TokenizerConfig& config)
{
    auto root = base::parseJson(text, {kDeepest, true});
    if (!root) {
        return root.error();
    }
    if (!root->is_object()) {
        return Error{"expected a JSON object"};
    }
    const auto version = JsonPart(*root, "").text("version");
    if (root->contains("version") && version != "1.0") {
        return Error{"version: \"" + version.value_or("") + "\" is not supported; \"1.0\" is"};
    }
    TokenizerSpec spec;
    if (auto read = readJsonModel(*root, spec); !read) {
        return read.error();
    }
    if (auto read = readAdded(*root, spec); !read) {
        return read.error();
    }
    spec.normalizer = root->value("normalizer", Json());
    spec.preTokenizer = root->value("pre_tokenizer", Json());
    spec.postProcessor = root->value("post_processor", Json());
    spec.decoder = root->value("decoder", Json());
    *root = Json();
    spec.bos = config.special("bos_token");
    spec.eos = config.special("eos_token");
    spec.pad = config.special("pad_token");
    addConfigured(config, spec);
    addEnds(config, spec);
    return buildTokenizer(std::move(spec));
}

Result<std::shared_ptr<const Tokenizer>> loadTokenizerJson(const std::filesystem::path& folder)
{
    const auto path = folder / "tokenizer.json";
    auto text = base::readFile(path, kLargestTokenizerJson);
    if (!text) {
        return text.error();
    }
    auto config = readTokenizerConfig(folder);
    if (!config) {
        return config.error();
    }
    auto tokenizer = parseTokenizerJson(*text, *config);
    if (!tokenizer) {
        return Error{path.string() + ", " + tokenizer.message()};
    }
    return tokenizer;
}

} // namespace luthier::text
