// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/gguf/gguf_tokenizer.h"

#include "core/text/tokenizers/gguf/gguf_vocabulary.h"
#include "core/text/tokenizers/json_tokenizer.h"
#include "core/text/tokenizers/tokenizer_config.h"

#include <cmath>
#include <unordered_set>

namespace luthier::text {

namespace {

constexpr const char* kSpace = "\xE2\x96\x81"; // U+2581, sentencepiece's space

// What is done with a vocabulary that was not recognised by whoever made the file: these in turn.
constexpr const char* kDefaultPatterns[] = {
    "[\\p{P}\\$\\+<=>\\^~\\|]+",
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
    "\\p{N}+",
    "[0-9][0-9][0-9]",
};

Result<BpeSplit> splitOf(const std::string& pre)
{
    if (pre != "default") {
        auto split = bpeSplit(pre);
        return split ? split : Error{"tokenizer.ggml.pre: " + split.message()};
    }
    Json steps = Json::array();
    for (const char* pattern : kDefaultPatterns) {
        steps.push_back({{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}});
    }
    steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}});
    return BpeSplit{Json(), {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}, false};
}

Json addedToken(std::size_t id, const std::string& content, bool special)
{
    return {{"id", id},           {"content", content}, {"single_word", false}, {"lstrip", false},
            {"rstrip", false},    {"normalized", false}, {"special", special}};
}

Json addedTokens(const GgufVocabulary& v)
{
    Json added = Json::array();
    for (std::size_t i = 0; i < v.tokens->size(); ++i) {
        const auto type = v.typeOf(i);
        const bool special = type == BpeTokenType::Control || type == BpeTokenType::Unknown;
        if ((special || type == BpeTokenType::UserDefined) && !(*v.tokens)[i].empty()) {
            added.push_back(addedToken(i, (*v.tokens)[i], special));
        }
    }
    return added;
}

Result<Json> vocabObject(const GgufVocabulary& v)
{
    Json object = Json::object();
    auto& list = object.get_ref<Json::object_t&>(); // appended to: finding a key in it walks all of them
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < v.tokens->size(); ++i) {
        const std::string& token = (*v.tokens)[i];
        if (!v.isMet(i)) {
            continue;
        }
        if (!seen.insert(token).second) {
            return Error{"tokenizer.ggml.tokens[" + std::to_string(i) + "] is spelled like another token: \"" + token.substr(0, 80) + "\""};
        }
        list.push_back({token, i});
    }
    return object;
}

Result<Json> byteLevelModel(const GgufVocabulary& v, Json& root)
{
    auto split = splitOf(v.pre);
    if (!split) {
        return split.error();
    }
    root["normalizer"] = split->normalizer;
    root["pre_tokenizer"] = split->preTokenizer;
    root["decoder"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
    return Json{{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr}, {"byte_fallback", false},
                {"fuse_unk", false}, {"ignore_merges", split->ignoreMerges}, {"merges", *v.merges}};
}

// Spaces become pieces, and each part of a text begins with one: the rule of sentencepiece's LLaMA vocabularies.
Result<Json> scoredModel(const GgufVocabulary& v, Json& root)
{
    auto merges = mergesOfScores(v);
    if (!merges) {
        return merges;
    }
    Json steps = Json::array();
    Json decoders = Json::array({{{"type", "Replace"}, {"pattern", {{"String", kSpace}}}, {"content", " "}},
                                 {{"type", "ByteFallback"}},
                                 {{"type", "Fuse"}}});
    if (v.addSpacePrefix) {
        steps.push_back({{"type", "Prepend"}, {"prepend", kSpace}});
        decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    }
    steps.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpace}});
    root["normalizer"] = {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
    root["pre_tokenizer"] = nullptr;
    root["decoder"] = {{"type", "Sequence"}, {"decoders", std::move(decoders)}};
    Json unknown;
    for (std::size_t i = 0; i < v.tokens->size() && unknown.is_null(); ++i) {
        unknown = v.typeOf(i) == BpeTokenType::Unknown ? Json((*v.tokens)[i]) : Json();
    }
    return Json{{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", unknown}, {"byte_fallback", true},
                {"fuse_unk", true}, {"ignore_merges", false}, {"merges", std::move(*merges)}};
}

Result<Json> aroundText(const gguf::File& file, const GgufVocabulary& v)
{
    Json single = Json::array();
    Json table = Json::object();
    const auto put = [&](const char* name, bool wanted) -> Result<void> {
        auto text = ggufSpecial(file, v, name);
        if (!text) {
            return text.error();
        }
        if (wanted && *text) {
            const auto id = *file.integer(std::string("tokenizer.ggml.") + name);
            single.push_back({{"SpecialToken", {{"id", **text}, {"type_id", 0}}}});
            table[**text] = {{"id", **text}, {"ids", Json::array({id})}, {"tokens", Json::array({**text})}};
        }
        return {};
    };
    if (auto done = put("bos_token_id", v.addBos); !done) {
        return done.error();
    }
    single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
    if (auto done = put("eos_token_id", v.addEos); !done) {
        return done.error();
    }
    Json pair = single;
    pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 1}}}});
    return Json{{"type", "TemplateProcessing"}, {"single", std::move(single)}, {"pair", std::move(pair)},
                {"special_tokens", std::move(table)}};
}

// One template as a text, several as rows with names.
Json chatTemplates(const gguf::File& file)
{
    Json rows = Json::array();
    const auto add = [&](const std::string& name, const std::string& key) {
        if (const auto text = file.text(key)) {
            rows.push_back({{"name", name}, {"template", *text}});
        }
    };
    add("default", "tokenizer.chat_template");
    if (const auto* names = file.texts("tokenizer.chat_templates")) {
        for (const std::string& name : *names) {
            add(name, "tokenizer.chat_template." + name);
        }
    }
    return rows.empty() ? Json() : rows.size() == 1 ? rows[0]["template"] : rows;
}

} // namespace

Result<Json> ggufTokenizerJson(const gguf::File& file)
{
    auto v = ggufVocabulary(file);
    if (!v) {
        return v.error();
    }
    Json root = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", addedTokens(*v)},
                 {"normalizer", nullptr}, {"pre_tokenizer", nullptr}, {"post_processor", nullptr}, {"decoder", nullptr}};
    auto around = aroundText(file, *v);
    auto vocab = around ? vocabObject(*v) : Result<Json>(around.error());
    if (!vocab) {
        return vocab;
    }
    root["post_processor"] = std::move(*around);
    auto model = v->model == "gpt2" ? byteLevelModel(*v, root) : scoredModel(*v, root);
    if (!model) {
        return model;
    }
    (*model)["vocab"] = std::move(*vocab);
    root["model"] = std::move(*model);
    return root;
}

Result<Json> ggufTokenizerConfig(const gguf::File& file)
{
    auto v = ggufVocabulary(file);
    if (!v) {
        return v.error();
    }
    Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
    constexpr std::pair<const char*, const char*> kNames[] = {{"bos_token_id", "bos_token"},
                                                              {"eos_token_id", "eos_token"},
                                                              {"unknown_token_id", "unk_token"},
                                                              {"padding_token_id", "pad_token"}};
    for (const auto& [name, key] : kNames) {
        auto text = ggufSpecial(file, *v, name);
        if (!text) {
            return text.error();
        }
        if (*text) {
            config[key] = **text;
        }
    }
    config["add_bos_token"] = v->addBos;
    config["add_eos_token"] = v->addEos;
    if (auto templates = chatTemplates(file); !templates.is_null()) {
        config["chat_template"] = std::move(templates);
    }
    return config;
}

Result<Json> readGgufTokenizerConfig(const std::filesystem::path& path)
{
    auto file = gguf::File::open(path);
    if (!file) {
        return file.error();
    }
    auto config = ggufTokenizerConfig(**file);
    return config ? config : Error{path.string() + ": " + config.message()};
}

Result<std::shared_ptr<const Tokenizer>> loadGgufTokenizer(const std::filesystem::path& path)
{
    auto file = gguf::File::open(path);
    auto config = file ? readTokenizerConfig(path) : Result<TokenizerConfig>(file.error());
    if (!config) {
        return config.error();
    }
    auto json = ggufTokenizerJson(**file);
    if (!json) {
        return Error{path.string() + ": " + json.message()};
    }
    auto tokenizer = parseTokenizerJson(base::dumpJson(*json), *config);
    return tokenizer ? tokenizer : Error{path.string() + ", as a tokenizer.json: " + tokenizer.message()};
}

} // namespace luthier::text
