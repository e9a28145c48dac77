// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/json_tokenizer.h"

#include "core/base/files.h"
#include "core/text/json_part.h"
#include "core/text/tokenizer_config.h"
#include "core/text/tokenizer_spec.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace luthier::text {

namespace {

constexpr int kDeepest = 64;
constexpr std::uint64_t kLongestWordPieceWord = 1000;

std::string numbered(const char* key, std::size_t index)
{
    return std::string(key) + "[" + std::to_string(index) + "]: ";
}

bool isId(const Json& value)
{
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kLargestTokenId);
}

Result<void> readVocabulary(const Json& model, TokenizerSpec& spec)
{
    const auto found = model.find("vocab");
    if (found == model.end() || !found->is_object()) {
        return Error{"model.vocab: expected an object of spellings and ids"};
    }
    for (const auto& [spelling, id] : found->items()) {
        if (!isId(id)) {
            return Error{"model.vocab: \"" + spelling + "\" needs a whole number from 0 to "
                         + std::to_string(kLargestTokenId) + " as its id"};
        }
        if (auto added = spec.addPiece(id.get<TokenId>(), spelling); !added) {
            return Error{"model.vocab: " + added.message()};
        }
    }
    return {};
}

// "a b" or ["a", "b"].
Result<void> readMerge(const Json& value, TokenizerSpec& spec)
{
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
        return spec.addMerge(value[0].get_ref<const std::string&>(), value[1].get_ref<const std::string&>());
    }
    if (!value.is_string()) {
        return Error{"expected \"left right\" or [left, right]"};
    }
    const std::string_view line = value.get_ref<const std::string&>();
    const auto space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
        return Error{"\"" + std::string(line) + "\" is not two pieces with one space between them"};
    }
    return spec.addMerge(line.substr(0, space), line.substr(space + 1));
}

Result<void> readMerges(const Json& model, TokenizerSpec& spec)
{
    const auto found = model.find("merges");
    if (found == model.end() || !found->is_array()) {
        return Error{"model.merges: expected a list"};
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto& value = (*found)[i];
        if (value.is_string() && value.get_ref<const std::string&>().starts_with("#version")) {
            continue;
        }
        if (auto added = readMerge(value, spec); !added) {
            return Error{numbered("model.merges", i) + added.message()};
        }
    }
    return {};
}

Result<void> readUnknown(const JsonPart& model, TokenizerSpec& spec)
{
    const auto unknown = model.text("unk_token");
    if (!unknown) {
        return {};
    }
    spec.unknown = spec.spellings.find(*unknown);
    if (spec.unknown == PieceTable::kNone) {
        return Error{"model.unk_token: \"" + *unknown + "\" is not in model.vocab"};
    }
    return {};
}

Result<void> readBpe(const JsonPart& model, const Json& value, TokenizerSpec& spec)
{
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (!model.text(key).value_or("").empty()) {
            return Error{"model." + std::string(key) + ": \"" + *model.text(key) + "\" is not supported; it must be empty"};
        }
    }
    const auto* dropout = model.find("dropout");
    if (dropout != nullptr && (!dropout->is_number() || dropout->get<double>() != 0)) {
        return Error{"model.dropout: merges that are left out at random are not supported; it must be null"};
    }
    if (auto read = readVocabulary(value, spec); !read) {
        return read;
    }
    if (auto read = readMerges(value, spec); !read) {
        return read;
    }
    spec.kind = ModelKind::Bpe;
    spec.byteFallback = model.flag("byte_fallback", false);
    spec.fuseUnknown = model.flag("fuse_unk", false);
    spec.ignoreMerges = model.flag("ignore_merges", false);
    return readUnknown(model, spec);
}

Result<void> readUnigram(const JsonPart& model, const Json& value, TokenizerSpec& spec)
{
    const auto found = value.find("vocab");
    if (found == value.end() || !found->is_array() || found->size() > kMostVocabulary) {
        return Error{"model.vocab: expected a list of at most " + std::to_string(kMostVocabulary) + " [piece, score]"};
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto& entry = (*found)[i];
        if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
            return Error{numbered("model.vocab", i) + "expected [piece, score]"};
        }
        if (auto added = spec.addPiece(static_cast<TokenId>(i), entry[0].get_ref<const std::string&>()); !added) {
            return Error{numbered("model.vocab", i) + added.message()};
        }
        spec.scores.push_back(entry[1].get<double>());
    }
    const auto* unknown = model.find("unk_id");
    if (unknown != nullptr && isId(*unknown)) {
        spec.unknown = unknown->get<TokenId>();
    }
    spec.kind = ModelKind::Unigram;
    spec.byteFallback = model.flag("byte_fallback", false);
    return {};
}

Result<void> readWordPiece(const JsonPart& model, const Json& value, TokenizerSpec& spec)
{
    const auto* longest = model.find("max_input_chars_per_word");
    if (longest != nullptr) {
        if (!longest->is_number_unsigned() || longest->get<std::uint64_t>() > kLongestWordPieceWord) {
            return Error{"model.max_input_chars_per_word: a whole number up to " + std::to_string(kLongestWordPieceWord)
                         + " is expected"};
        }
        spec.longestWord = longest->get<std::size_t>();
    }
    if (auto read = readVocabulary(value, spec); !read) {
        return read;
    }
    spec.kind = ModelKind::WordPiece;
    spec.wordPrefix = model.text("continuing_subword_prefix").value_or("##");
    if (auto read = readUnknown(model, spec); !read) {
        return read;
    }
    return spec.unknown != PieceTable::kNone ? Result<void>() : Error{"model.unk_token: WordPiece needs one"};
}

struct ModelRow {
    const char* type;
    Result<void> (*read)(const JsonPart& model, const Json& value, TokenizerSpec& spec);
};
constexpr ModelRow kModels[] = {{"BPE", readBpe}, {"Unigram", readUnigram}, {"WordPiece", readWordPiece}};

Result<void> readModel(const Json& root, TokenizerSpec& spec)
{
    const auto found = root.find("model");
    if (found == root.end() || !found->is_object()) {
        return Error{"model: missing; a tokenizer.json holds its vocabulary there"};
    }
    const JsonPart model(*found, "model");
    // Files from before the types were written.
    if (model.find("type") == nullptr && found->contains("merges")) {
        return readBpe(model, *found, spec);
    }
    std::string known;
    for (const auto& row : kModels) {
        if (model.type() == row.type) {
            return row.read(model, *found, spec);
        }
        known += (known.empty() ? "" : ", ") + std::string(row.type);
    }
    return model.unknownType(known);
}

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
        if (!content || id == nullptr || !isId(*id)) {
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
    if (auto read = readModel(*root, spec); !read) {
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
