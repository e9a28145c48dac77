// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/gguf/bpe_parts.h"

#include "core/text/tokenizers/splitting/split_patterns.h"
#include "core/text/tokenizers/tokenizer_spec.h"

#include <algorithm>

namespace luthier::text {

namespace {

enum class Digits { Untouched, Single };

struct PreTokenizerRow {
    const char* name;
    // Patterns applied in turn; ByteLevel stands after them.
    std::vector<const char*> patterns;
    Digits digits = Digits::Untouched; // Single: each digit is cut out before anything else
    const char* normalizer = nullptr;
    bool ignoreMerges = false;
};

// Names that converters write for vocabularies in use. Where several names mean the same, each has a row.
const std::vector<PreTokenizerRow>& rows()
{
    static const std::vector<PreTokenizerRow> all = {
        {"gpt-2", {kGpt2Pattern}},
        {"mpt", {kGpt2Pattern}},
        {"olmo", {kGpt2Pattern}},
        {"jais", {kGpt2Pattern}},
        {"llama-bpe", {kLlama3Pattern}, Digits::Untouched, nullptr, true},
        {"llama3", {kLlama3Pattern}, Digits::Untouched, nullptr, true},
        {"llama-v3", {kLlama3Pattern}, Digits::Untouched, nullptr, true},
        {"dbrx", {kLlama3Pattern}},
        {"smaug-bpe", {kLlama3Pattern}},
        {"qwen2", {kQwen2Pattern}, Digits::Untouched, "NFC"},
        {"deepseek-r1-qwen", {kQwen2Pattern}},
        {"stablelm2", {kQwen2Pattern}},
        {"qwen35", {kQwen35Pattern}, Digits::Untouched, "NFC"},
        {"gpt-4o", {kGpt4oPattern}},
        {"llama4", {kGpt4oPattern}},
        {"tekken", {kTekkenPattern}, Digits::Untouched, nullptr, true},
        {"deepseek-v3", {kThreeDigitsPattern, kHanKanaPattern, kDeepSeekPattern}},
        {"smollm", {kGpt2Pattern}, Digits::Single},
        {"starcoder", {kGpt2Pattern}, Digits::Single},
        {"refact", {kGpt2Pattern}, Digits::Single},
        {"command-r", {kGpt2Pattern}, Digits::Single, "NFC"},
        {"codeshell", {kGpt2Pattern}, Digits::Single},
    };
    return all;
}

Json preTokenizerOf(const PreTokenizerRow& row)
{
    Json steps = Json::array();
    if (row.digits == Digits::Single) {
        steps.push_back({{"type", "Digits"}, {"individual_digits", true}});
    }
    for (const char* pattern : row.patterns) {
        steps.push_back({{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}});
    }
    steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}});
    return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

BpeTokenType typeOf(const BpeParts& parts, std::size_t id)
{
    return parts.types.empty() ? BpeTokenType::Normal : parts.types[id];
}

Result<void> addTokens(const BpeParts& parts, TokenizerSpec& spec)
{
    if (!parts.types.empty() && parts.types.size() != parts.tokens.size()) {
        return Error{std::to_string(parts.tokens.size()) + " tokens but " + std::to_string(parts.types.size()) + " token types"};
    }
    for (std::size_t i = 0; i < parts.tokens.size(); ++i) {
        const auto type = typeOf(parts, i);
        const auto id = static_cast<TokenId>(i);
        if (type == BpeTokenType::Unused) {
            continue;
        }
        if (auto added = spec.addPiece(id, parts.tokens[i]); !added) {
            return Error{"tokens[" + std::to_string(i) + "]: " + added.message()};
        }
        if (type == BpeTokenType::Control || type == BpeTokenType::UserDefined || type == BpeTokenType::Unknown) {
            AddedToken token;
            token.id = id;
            token.content = parts.tokens[i];
            token.special = type != BpeTokenType::UserDefined;
            spec.added.push_back(std::move(token));
        }
    }
    return {};
}

Result<void> addMerges(const BpeParts& parts, TokenizerSpec& spec)
{
    for (std::size_t i = 0; i < parts.merges.size(); ++i) {
        const std::string_view line = parts.merges[i];
        const auto space = line.find(' ');
        auto added = space == std::string_view::npos ? Result<void>(Error{"\"" + std::string(line) + "\" is not two pieces"})
                                                     : spec.addMerge(line.substr(0, space), line.substr(space + 1));
        if (!added) {
            return Error{"merges[" + std::to_string(i) + "]: " + added.message()};
        }
    }
    return {};
}

Result<std::string> spelling(const BpeParts& parts, std::optional<TokenId> id, const char* what)
{
    if (!id) {
        return std::string();
    }
    if (*id < 0 || static_cast<std::size_t>(*id) >= parts.tokens.size()) {
        return Error{std::string("the ") + what + " token has the id " + std::to_string(*id) + ", but there are "
                     + std::to_string(parts.tokens.size()) + " tokens"};
    }
    return parts.tokens[static_cast<std::size_t>(*id)];
}

Json aroundText(const BpeParts& parts, const std::string& bos, const std::string& eos)
{
    Json single = Json::array();
    Json table = Json::object();
    const auto put = [&](bool wanted, const std::string& text, const std::optional<TokenId>& id) {
        if (wanted && id) {
            single.push_back({{"SpecialToken", {{"id", text}}}});
            table[text] = {{"ids", Json::array({*id})}};
        }
    };
    put(parts.addBos, bos, parts.bos);
    single.push_back({{"Sequence", {{"id", "A"}}}});
    put(parts.addEos, eos, parts.eos);
    return {{"type", "TemplateProcessing"}, {"single", std::move(single)}, {"special_tokens", std::move(table)}};
}

} // namespace

std::vector<std::string_view> preTokenizerNames()
{
    std::vector<std::string_view> names;
    for (const auto& row : rows()) {
        names.emplace_back(row.name);
    }
    return names;
}

Result<BpeSplit> bpeSplit(std::string_view name)
{
    const auto row = std::find_if(rows().begin(), rows().end(), [&](const PreTokenizerRow& known) { return name == known.name; });
    if (row == rows().end()) {
        std::string known;
        for (const auto other : preTokenizerNames()) {
            known += (known.empty() ? "" : ", ") + std::string(other);
        }
        return Error{"the pre-tokenizer \"" + std::string(name) + "\" is not known; known are " + known};
    }
    return BpeSplit{row->normalizer == nullptr ? Json() : Json{{"type", row->normalizer}}, preTokenizerOf(*row), row->ignoreMerges};
}

Result<std::shared_ptr<const Tokenizer>> makeBpeTokenizer(BpeParts parts)
{
    auto split = bpeSplit(parts.preTokenizer);
    if (!split) {
        return split.error();
    }
    auto bos = spelling(parts, parts.bos, "beginning");
    auto eos = spelling(parts, parts.eos, "end");
    auto pad = spelling(parts, parts.pad, "padding");
    for (const auto* part : {&bos, &eos, &pad}) {
        if (!*part) {
            return part->error();
        }
    }
    TokenizerSpec spec;
    if (auto added = addTokens(parts, spec); !added) {
        return added.error();
    }
    if (auto added = addMerges(parts, spec); !added) {
        return added.error();
    }
    spec.bos = *bos;
    spec.eos = *eos;
    spec.pad = *pad;
    spec.ignoreMerges = split->ignoreMerges;
    spec.normalizer = std::move(split->normalizer);
    spec.preTokenizer = std::move(split->preTokenizer);
    spec.postProcessor = aroundText(parts, *bos, *eos);
    spec.decoder = {{"type", "ByteLevel"}};
    parts = {};
    return buildTokenizer(std::move(spec));
}

} // namespace luthier::text
