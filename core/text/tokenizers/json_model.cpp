// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/json_model.h"

#include "core/text/tokenizers/json_part.h"

namespace luthier::text {

namespace {

constexpr std::uint64_t kLongestWordPieceWord = 1000;

std::string numbered(const char* key, std::size_t index)
{
    return std::string(key) + "[" + std::to_string(index) + "]: ";
}

Result<void> readVocabulary(const Json& model, TokenizerSpec& spec)
{
    const auto found = model.find("vocab");
    if (found == model.end() || !found->is_object()) {
        return Error{"model.vocab: expected an object of spellings and ids"};
    }
    for (const auto& [spelling, id] : found->items()) {
        if (!isTokenId(id)) {
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
        if (auto added = spec.addPiece(static_cast<TokenId>(i), entry[0].get_ref<const std::string&>(), true); !added) {
            return Error{numbered("model.vocab", i) + added.message()};
        }
        spec.scores.push_back(entry[1].get<double>());
    }
    const auto* unknown = model.find("unk_id");
    if (unknown != nullptr && isTokenId(*unknown)) {
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

} // namespace

bool isTokenId(const Json& value)
{
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kLargestTokenId);
}

Result<void> readJsonModel(const Json& root, TokenizerSpec& spec)
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

} // namespace luthier::text
