// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/gguf/gguf_tokens.h"

#include "core/base/files.h"
#include "core/gguf/file.h"
#include "core/text/templates/chat_sources.h"
#include "core/text/tokenizers/gguf/bpe_parts.h"
#include "core/text/tokenizers/json_tokenizer.h"
#include "core/text/tokenizers/sentencepiece/spm_model.h"
#include "core/text/tokenizers/tokenizer_config.h"
#include "core/text/tokenizers/tokenizer_spec.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

namespace luthier::text {

namespace fs = std::filesystem;

namespace {

constexpr double kUnreachable = -1e6; // score of a piece that no merge makes

std::int32_t number(BpeTokenType type)
{
    return static_cast<std::int32_t>(type);
}

void set(GgufTokens& t, std::size_t id, const std::string& text, BpeTokenType type, double score = 0)
{
    if (id >= t.tokens.size()) {
        return; // no row of the embedding belongs to it
    }
    t.tokens[id] = text;
    t.types[id] = number(type);
    if (!t.scores.empty()) {
        t.scores[id] = score;
    }
}

void reserve(GgufTokens& t, std::int64_t rows)
{
    t.tokens.resize(static_cast<std::size_t>(rows));
    t.types.assign(t.tokens.size(), number(BpeTokenType::Unused));
    for (std::size_t i = 0; i < t.tokens.size(); ++i) {
        t.tokens[i] = "[PAD" + std::to_string(i) + "]";
    }
    if (t.model == "llama") {
        t.scores.assign(t.tokens.size(), kUnreachable);
    }
}

bool isByte(const std::string& piece)
{
    return piece.size() == 6 && piece.starts_with("<0x") && piece.back() == '>';
}

// A merge is a text "a b" or a list of two.
std::string mergeText(const Json& merge)
{
    return merge.is_string() ? merge.get<std::string>() : merge[0].get<std::string>() + " " + merge[1].get<std::string>();
}

// A piece scores by the place of the merge that makes it: the order of merging, which is all that scores decide.
std::unordered_map<std::string, double> scoresOf(const Json& merges)
{
    std::unordered_map<std::string, double> scores;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        std::string piece = mergeText(merges[i]);
        piece.erase(piece.find(' '), 1);
        scores.emplace(std::move(piece), -static_cast<double>(i));
    }
    return scores;
}

bool holds(const Json& part, const char* text)
{
    return base::dumpJson(part).find(text) != std::string::npos;
}

bool prependsSpace(const Json& root)
{
    const Json normalizer = root.value("normalizer", Json());
    const Json split = root.value("pre_tokenizer", Json());
    return holds(normalizer, "\"Prepend\"") || holds(split, "\"prepend_scheme\":\"first\"")
           || holds(split, "\"prepend_scheme\":\"always\"") || holds(split, "\"add_prefix_space\":true");
}

Result<GgufTokens> ofJson(const fs::path& folder, std::int64_t rows, const Tokenizer& tokenizer)
{
    const fs::path path = folder / "tokenizer.json";
    auto root = base::readJson(path, {64, true});
    if (!root) {
        return root.error();
    }
    const Json model = root->value("model", Json());
    const bool byteLevel = holds(root->value("pre_tokenizer", Json()), "\"ByteLevel\"");
    const bool byteFallback = model.value("byte_fallback", false);
    if (model.value("type", "BPE") != "BPE" || !model.contains("merges") || (!byteLevel && !byteFallback)) {
        return Error{path.string() + ": a GGUF file can hold byte-level BPE and sentencepiece's BPE, this tokenizer is "
                     + tokenizer.kind()};
    }
    GgufTokens t;
    t.model = byteLevel ? "gpt2" : "llama";
    reserve(t, rows);
    const auto scores = byteLevel ? std::unordered_map<std::string, double>() : scoresOf(model["merges"]);
    for (const auto& [piece, id] : model["vocab"].items()) {
        const auto score = scores.find(piece);
        set(t, id.get<std::size_t>(), piece, !byteLevel && isByte(piece) ? BpeTokenType::Byte : BpeTokenType::Normal,
            score == scores.end() ? kUnreachable : score->second);
    }
    for (const Json& merge : model["merges"]) {
        if (byteLevel) {
            t.merges.push_back(mergeText(merge));
        }
    }
    const Json unknown = model.value("unk_token", Json());
    for (const Json& token : root->value("added_tokens", Json::array())) {
        const auto text = token["content"].get<std::string>();
        const auto id = tokenizer.idOf(text).value_or(token["id"].get<TokenId>());
        const bool isUnknown = !byteLevel && unknown == text;
        set(t, static_cast<std::size_t>(id), text,
            isUnknown                                                          ? BpeTokenType::Unknown
            : token.value("special", false) || tokenizer.isSpecial(id) ? BpeTokenType::Control
                                                                               : BpeTokenType::UserDefined);
        t.unknown = isUnknown ? std::optional(id) : t.unknown;
    }
    t.addSpacePrefix = prependsSpace(*root);
    if (byteLevel) {
        auto pre = preTokenizerNameOf(tokenizer, t, *root);
        if (!pre) {
            return Error{path.string() + ": " + pre.message()};
        }
        t.pre = *pre;
    }
    return t;
}

BpeTokenType typeOf(PieceType type)
{
    return static_cast<BpeTokenType>(type); // the same numbers
}

Result<GgufTokens> ofSentencePiece(const fs::path& folder, std::int64_t rows, const Tokenizer& tokenizer)
{
    const fs::path path = folder / "tokenizer.model";
    auto bytes = base::readFile(path, kLargestSpmFile);
    auto model = bytes ? parseSpmModel(*bytes) : Result<SpmModel>(bytes.error());
    auto config = model ? readTokenizerConfig(folder) : Result<TokenizerConfig>(model.error());
    if (!config) {
        return model ? config.error() : Error{path.string() + ", " + config.message()};
    }
    if (model->kind != SpmKind::Bpe) {
        return Error{path.string() + ": a GGUF file can hold sentencepiece's BPE, this model is of another kind"};
    }
    GgufTokens t;
    t.model = "llama";
    reserve(t, rows);
    for (std::size_t i = 0; i < model->pieces.size(); ++i) {
        set(t, i, model->pieces[i].text, typeOf(model->pieces[i].type), static_cast<double>(model->pieces[i].score));
    }
    for (const AddedToken& token : config->added) {
        if (tokenizer.idOf(token.content) == token.id && token.id != model->unkId) {
            set(t, static_cast<std::size_t>(token.id), token.content,
                token.special || tokenizer.isSpecial(token.id) ? BpeTokenType::Control : BpeTokenType::UserDefined);
        }
    }
    if (model->unkId >= 0) {
        t.unknown = static_cast<TokenId>(model->unkId);
    }
    t.addSpacePrefix = config->legacy.value_or(true) ? model->dummyPrefix : config->addPrefixSpace.value_or(true);
    return t;
}

// Its lists are taken over as they are.
Result<GgufTokens> ofGguf(const fs::path& path, std::int64_t rows)
{
    auto file = gguf::File::open(path);
    if (!file) {
        return file.error();
    }
    GgufTokens t;
    t.model = (*file)->text("tokenizer.ggml.model").value_or("");
    t.pre = (*file)->text("tokenizer.ggml.pre").value_or("default");
    reserve(t, rows);
    const auto* tokens = (*file)->texts("tokenizer.ggml.tokens");
    const auto* types = (*file)->numbers("tokenizer.ggml.token_type");
    const auto* scores = (*file)->numbers("tokenizer.ggml.scores");
    const auto* merges = (*file)->texts("tokenizer.ggml.merges");
    for (std::size_t i = 0; tokens && i < tokens->size(); ++i) {
        set(t, i, (*tokens)[i], types && i < types->size() ? static_cast<BpeTokenType>(static_cast<int>((*types)[i])) : BpeTokenType::Normal,
            scores && i < scores->size() ? (*scores)[i] : 0);
    }
    if (merges) {
        t.merges = *merges;
    }
    t.addSpacePrefix = (*file)->boolean("tokenizer.ggml.add_space_prefix").value_or(true);
    const auto unknown = (*file)->integer("tokenizer.ggml.unknown_token_id");
    t.unknown = unknown ? std::optional(static_cast<TokenId>(*unknown)) : std::nullopt;
    return t;
}

void addSpecials(GgufTokens& t, const Tokenizer& tokenizer, const std::vector<TokenId>& ends)
{
    t.bos = tokenizer.bos();
    t.eos = tokenizer.eos();
    t.pad = tokenizer.pad();
    for (const TokenId id : ends) {
        if (!t.eos) {
            t.eos = id;
        } else if (id != *t.eos && std::find(t.moreEnds.begin(), t.moreEnds.end(), id) == t.moreEnds.end()) {
            t.moreEnds.push_back(id);
        }
    }
    const auto ids = tokenizer.ids("a");
    const auto plain = tokenizer.ids("a", {false, true});
    t.addBos = t.bos && ids.size() > plain.size() && ids.front() == *t.bos;
    t.addEos = t.eos && ids.size() > plain.size() && ids.back() == *t.eos;
}

void addTemplates(GgufTokens& t, const fs::path& model)
{
    auto config = readTokenizerConfig(model);
    auto sources = config ? chatSources(model, config->chatTemplate) : Result<ChatSources>(config.error());
    if (sources) {
        t.chatTemplate = sources->main;
        t.toolTemplate = sources->toolUse.value_or("");
    }
}

} // namespace

Result<GgufTokens> ggufTokens(const fs::path& model, std::int64_t rows, const std::vector<TokenId>& ends,
                              const std::string& chatTemplate)
{
    auto tokenizer = loadTokenizer(model);
    if (!tokenizer) {
        return tokenizer.error();
    }
    try {
        std::error_code code;
        const bool scored = fs::exists(model / "tokenizer.model", code) && !fs::exists(model / "tokenizer.json", code);
        auto tokens = gguf::isGguf(model) ? ofGguf(model, rows)
                      : scored            ? ofSentencePiece(model, rows, **tokenizer)
                                          : ofJson(model, rows, **tokenizer);
        if (!tokens) {
            return tokens;
        }
        addSpecials(*tokens, **tokenizer, ends);
        if (chatTemplate.empty()) {
            addTemplates(*tokens, model);
        } else {
            tokens->chatTemplate = chatTemplate;
        }
        return tokens;
    } catch (const Json::exception& problem) { // a part of the wrong kind that the tokenizer's own reader passes over
        return Error{(model / "tokenizer.json").string() + ": cannot be written as GGUF: " + problem.what()};
    }
}

void addTokens(const GgufTokens& t, gguf::Content& content)
{
    const std::string at = "tokenizer.ggml.";
    content.text(at + "model", t.model);
    content.text(at + "pre", t.pre);
    content.texts(at + "tokens", t.tokens);
    if (!t.scores.empty()) {
        content.numbers(at + "scores", t.scores);
    }
    content.wholes(at + "token_type", t.types);
    if (t.model == "gpt2") {
        content.texts(at + "merges", t.merges);
    } else {
        content.boolean(at + "add_space_prefix", t.addSpacePrefix);
    }
    const auto id = [&](const char* name, const std::optional<TokenId>& token) {
        if (token) {
            content.whole(at + name + "_token_id", static_cast<std::uint64_t>(*token));
        }
    };
    id("bos", t.bos);
    id("eos", t.eos);
    id("eot", t.moreEnds.empty() ? std::nullopt : std::optional(t.moreEnds[0]));
    id("eom", t.moreEnds.size() < 2 ? std::nullopt : std::optional(t.moreEnds[1]));
    id("unknown", t.unknown);
    id("padding", t.pad);
    content.boolean(at + "add_bos_token", t.addBos);
    content.boolean(at + "add_eos_token", t.addEos);
    if (!t.chatTemplate.empty()) {
        content.text("tokenizer.chat_template", t.chatTemplate);
    }
    if (!t.toolTemplate.empty()) {
        content.texts("tokenizer.chat_templates", {"tool_use"});
        content.text("tokenizer.chat_template.tool_use", t.toolTemplate);
    }
}

} // namespace luthier::text
