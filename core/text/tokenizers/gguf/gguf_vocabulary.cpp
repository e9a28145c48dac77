// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/gguf/gguf_vocabulary.h"

#include "core/text/tokenizers/tokenizer_spec.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

namespace luthier::text {

namespace {

constexpr std::size_t kLongestScored = 512; // bytes of a piece that merges are looked for in

// Vocabularies that begin with a BOS although the file does not say so.
bool beginsByItself(const GgufVocabulary& vocabulary)
{
    if (vocabulary.model == "llama") {
        return true;
    }
    return vocabulary.pre == "llama-bpe" || vocabulary.pre == "llama3" || vocabulary.pre == "llama-v3" || vocabulary.pre == "tekken";
}

Result<void> checkLists(const GgufVocabulary& v)
{
    const auto count = std::to_string(v.tokens->size());
    if (v.tokens->empty() || v.tokens->size() > kMostVocabulary) {
        return Error{"tokenizer.ggml.tokens has " + count + " tokens; 1 to " + std::to_string(kMostVocabulary) + " are allowed"};
    }
    if (v.types && v.types->size() != v.tokens->size()) {
        return Error{"tokenizer.ggml.tokens has " + count + " tokens but tokenizer.ggml.token_type "
                     + std::to_string(v.types->size()) + " types"};
    }
    for (std::size_t i = 0; v.types && i < v.types->size(); ++i) {
        if (!((*v.types)[i] >= 0 && (*v.types)[i] <= 6)) {
            return Error{"tokenizer.ggml.token_type[" + std::to_string(i) + "] is no type that is known; known are 1 to 6"};
        }
    }
    if (v.model == "gpt2" && !v.merges) {
        return Error{"tokenizer.ggml.merges is missing"};
    }
    if (v.model == "llama" && (!v.scores || v.scores->size() != v.tokens->size())) {
        return Error{"tokenizer.ggml.scores must have one number for each of the " + count + " tokens"};
    }
    return {};
}

struct ScoredMerge {
    double score = 0;
    std::uint32_t left = 0;
    std::uint32_t right = 0;
};

} // namespace

Result<GgufVocabulary> ggufVocabulary(const gguf::File& file)
{
    GgufVocabulary v;
    v.model = file.text("tokenizer.ggml.model").value_or("");
    v.pre = file.text("tokenizer.ggml.pre").value_or(file.text("general.architecture") == "gpt2" ? "gpt-2" : "default");
    v.tokens = file.texts("tokenizer.ggml.tokens");
    v.merges = file.texts("tokenizer.ggml.merges");
    v.scores = file.numbers("tokenizer.ggml.scores");
    v.types = file.numbers("tokenizer.ggml.token_type");
    if (v.model.empty() || !v.tokens) {
        return Error{"there is no vocabulary in this file (tokenizer.ggml.model and tokenizer.ggml.tokens)"};
    }
    if (v.model != "gpt2" && v.model != "llama") {
        return Error{"tokenizer.ggml.model \"" + v.model + "\" is not known here; known are gpt2 and llama"};
    }
    v.addBos = file.boolean("tokenizer.ggml.add_bos_token").value_or(beginsByItself(v));
    v.addEos = file.boolean("tokenizer.ggml.add_eos_token").value_or(false);
    v.addSpacePrefix = file.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
    auto good = checkLists(v);
    return good ? Result<GgufVocabulary>(v) : Result<GgufVocabulary>(good.error());
}

Result<std::optional<std::string>> ggufSpecial(const gguf::File& file, const GgufVocabulary& v, const char* name)
{
    const std::string key = std::string("tokenizer.ggml.") + name;
    const auto id = file.integer(key);
    // -1, also as an unsigned number, stands for none.
    if (!id || *id < 0 || *id == 0xffffffffLL) {
        return std::optional<std::string>();
    }
    if (static_cast<std::uint64_t>(*id) >= v.tokens->size()) {
        return Error{key + " is " + std::to_string(*id) + ", but there are " + std::to_string(v.tokens->size()) + " tokens"};
    }
    return std::optional((*v.tokens)[static_cast<std::size_t>(*id)]);
}

Result<Json> mergesOfScores(const GgufVocabulary& v)
{
    std::unordered_map<std::string_view, std::uint32_t> ids;
    for (std::size_t i = 0; i < v.tokens->size(); ++i) {
        if (v.typeOf(i) == BpeTokenType::Normal || v.typeOf(i) == BpeTokenType::UserDefined) {
            ids.emplace((*v.tokens)[i], static_cast<std::uint32_t>(i));
        }
    }
    std::vector<ScoredMerge> found;
    for (const auto& [piece, id] : ids) {
        for (std::size_t cut = 1; cut < piece.size() && piece.size() <= kLongestScored; ++cut) {
            const auto left = ids.find(piece.substr(0, cut));
            const auto right = left == ids.end() ? ids.end() : ids.find(piece.substr(cut));
            if (right != ids.end()) {
                found.push_back({(*v.scores)[id], left->second, right->second});
            }
        }
        if (found.size() > kMostMerges) {
            return Error{"its pieces can be merged in more than " + std::to_string(kMostMerges) + " ways; no vocabulary has so many"};
        }
    }
    std::sort(found.begin(), found.end(), [](const ScoredMerge& a, const ScoredMerge& b) {
        return a.score != b.score ? a.score > b.score : std::pair(a.left, a.right) < std::pair(b.left, b.right);
    });
    Json merges = Json::array();
    for (const ScoredMerge& merge : found) {
        merges.push_back(Json::array({(*v.tokens)[merge.left], (*v.tokens)[merge.right]}));
    }
    return merges;
}

} // namespace luthier::text
