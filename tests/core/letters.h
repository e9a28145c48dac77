// SPDX-License-Identifier: GPL-3.0-or-later
// Letters: a vocabulary for tests whose texts are tokens to begin with.
#pragma once

#include "core/text/tokenizers/tokenizer.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::support {

// 64 pieces of one letter each.
class Letters : public text::Tokenizer {
public:
    std::vector<text::Token> encode(std::string_view, text::EncodeOptions) const override { return {}; }
    std::string decode(std::span<const text::TokenId> ids, bool) const override
    {
        std::string text;
        for (const text::TokenId id : ids) {
            text += piece(id);
        }
        return text;
    }
    std::int64_t vocabSize() const override { return 64; }
    std::string piece(text::TokenId id) const override { return std::string(1, static_cast<char>('0' + id)); }
    bool isSpecial(text::TokenId) const override { return false; }
    std::optional<text::TokenId> idOf(std::string_view piece) const override { return piece[0] - '0'; }
    std::optional<text::TokenId> bos() const override { return std::nullopt; }
    std::optional<text::TokenId> eos() const override { return std::nullopt; }
    std::optional<text::TokenId> pad() const override { return std::nullopt; }
    std::string kind() const override { return "letters"; }
};

inline std::shared_ptr<const text::Tokenizer> letters()
{
    static const auto all = std::make_shared<const Letters>();
    return all;
}

} // namespace luthier::support
