// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/other_makes.h"
#include "core/text/tokenizers/gguf/gguf_tokenizer.h"
#include "core/text/tokenizers/json_tokenizer.h"
#include "core/text/tokenizers/sentencepiece/sentencepiece_tokenizer.h"
#include "core/text/tokenizers/tokenizer.h"

namespace luthier::text {

namespace {

struct LoaderRow {
    const char* file;
    Result<std::shared_ptr<const Tokenizer>> (*load)(const std::filesystem::path& folder);
};

// The first file that is there decides.
constexpr LoaderRow kLoaders[] = {
    {"tokenizer.json", loadTokenizerJson},
    {"tokenizer.model", loadSentencePiece},
};

} // namespace

std::vector<TokenId> Tokenizer::ids(std::string_view text, EncodeOptions options) const
{
    std::vector<TokenId> out;
    for (const auto& token : encode(text, options)) {
        out.push_back(token.id);
    }
    return out;
}

Result<std::shared_ptr<const Tokenizer>> loadTokenizer(const std::filesystem::path& folder)
{
    if (gguf::isGguf(folder)) {
        return loadGgufTokenizer(folder);
    }
    std::error_code code;
    if (!std::filesystem::exists(folder, code)) {
        return Error{folder.string() + " is not there any more; choose the model again, or put it back"};
    }
    std::string known;
    for (const auto& row : kLoaders) {
        std::error_code problem;
        if (std::filesystem::exists(folder / row.file, problem)) {
            return row.load(folder);
        }
        known += (known.empty() ? "" : " or ") + std::string(row.file);
    }
    const std::string other = base::whatElse(folder);
    return Error{folder.string() + " holds no tokenizer; expected " + known + " in it" + (other.empty() ? "" : "; " + other)};
}

} // namespace luthier::text
