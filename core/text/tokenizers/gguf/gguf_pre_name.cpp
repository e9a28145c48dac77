// SPDX-License-Identifier: GPL-3.0-or-later
// Which name of a way of splitting text stands for a tokenizer: found by what it does, not by how its file spells it.
#include "core/text/tokenizers/gguf/bpe_parts.h"
#include "core/text/tokenizers/gguf/gguf_tokens.h"
#include "core/text/tokenizers/splitting/split_patterns.h"

#include <algorithm>

namespace luthier::text {

namespace {

// With a usual vocabulary rows of preTokenizerNames() that differ at all differ on one of these.
constexpr const char* kTexts[] = {
    "Hello world, it's 1234567 o'clock!  DON'T   shout.\n\n\tTabs\tand  trailing   \n",
    "HTTPServer2Go camelCaseWords XMLHttp 3.14159 10,000,000 1/2 v1.2.3-rc4 //path/to\r\n\r\nnext",
    "\xC3\x89t\xC3\xA9 na\xC3\xAFve Stra\xC3\x9F""e e\xCC\x81" "a\xCC\x8A co\xC3\xB6perate \xC7\x85ungla",
    "\xE4\xBD\xA0\xE5\xA5\xBD\xE4\xB8\x96\xE7\x95\x8C\xEF\xBC\x8C\xE3\x81\x93\xE3\x82\x93\xE3\x81\xAB\xE3\x81\xA1\xE3\x81\xAF \xE3\x82\xAB\xE3\x82\xBF 12\xE5\xB9\xB4",
    "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 \xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7 \xE0\xA4\xA8\xE0\xA4\xAE\xE0\xA4\xB8\xE0\xA5\x8D\xE0\xA4\xA4\xE0\xA5\x87 \xE0\xB8\xAA\xE0\xB8\xA7\xE0\xB8\xB1\xE0\xB8\xAA\xE0\xB8\x94\xE0\xB8\xB5",
    "\xF0\x9F\x98\x80\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9 => {x: [1,2]} #$%&'()*+ we'll I'm they've'd \xE2\x85\xA3 \xD9\xA1\xD9\xA2\xD9\xA3",
};

bool agree(const Tokenizer& one, const Tokenizer& other)
{
    for (const char* text : kTexts) {
        if (one.ids(text, {false, false}) != other.ids(text, {false, false})) {
            return false;
        }
    }
    return true;
}

// Patterns in their order, the cutting of digits, the normalizer: what one way of splitting has in common with another
// however a file nests it. ByteLevel with use_regex is gpt2's pattern.
std::string signature(const Json& normalizer, const Json& preTokenizer)
{
    std::string text = normalizer.is_object() ? normalizer.value("type", std::string()) : std::string();
    const Json steps = preTokenizer.is_object() && preTokenizer.contains("pretokenizers") ? preTokenizer["pretokenizers"]
                                                                                          : Json::array({preTokenizer});
    for (const Json& step : steps) {
        const std::string type = step.is_object() ? step.value("type", std::string()) : std::string();
        const Json pattern = type == "Split" ? step.value("pattern", Json()) : Json();
        if (pattern.is_object() && pattern.contains("Regex")) {
            text += "\n" + pattern["Regex"].get<std::string>();
        } else if (type == "ByteLevel" && step.value("use_regex", true)) {
            text += std::string("\n") + kGpt2Pattern;
        } else if (type == "Digits" && step.value("individual_digits", false)) {
            text += "\ndigits";
        }
    }
    for (auto at = text.find("\\\""); at != std::string::npos; at = text.find("\\\"", at)) {
        text.erase(at, 1); // a quote needs no stroke before it, and has one in some files
    }
    return text;
}

} // namespace

Result<std::string> preTokenizerNameOf(const Tokenizer& tokenizer, const GgufTokens& tokens, const Json& file)
{
    const bool ignoreMerges = file.at("model").value("ignore_merges", false);
    const std::string wanted = signature(file.value("normalizer", Json()), file.value("pre_tokenizer", Json()));
    BpeParts parts;
    parts.tokens = tokens.tokens;
    parts.merges = tokens.merges;
    for (const std::int32_t type : tokens.types) {
        parts.types.push_back(static_cast<BpeTokenType>(type));
    }
    // A small vocabulary cannot tell two ways apart, so one that is spelled alike comes first.
    std::vector<std::string_view> names = preTokenizerNames();
    std::stable_partition(names.begin(), names.end(), [&](std::string_view name) {
        const auto split = bpeSplit(name);
        return split && split->ignoreMerges == ignoreMerges && signature(split->normalizer, split->preTokenizer) == wanted;
    });
    for (const auto name : names) {
        const auto split = bpeSplit(name);
        if (!split || split->ignoreMerges != ignoreMerges) {
            continue;
        }
        parts.preTokenizer = name;
        const auto candidate = makeBpeTokenizer(parts);
        if (!candidate) {
            return candidate.error();
        }
        if (agree(tokenizer, **candidate)) {
            return std::string(name);
        }
    }
    return Error{"the way this tokenizer splits text has no name in GGUF that is known here; use the model as a folder"};
}

} // namespace luthier::text
