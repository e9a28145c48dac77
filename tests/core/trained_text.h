// SPDX-License-Identifier: GPL-3.0-or-later
// What of an encoded row is trained, as text: as it stands there, or the token's own piece where it stands for none of it.
#pragma once

#include "core/data/encoding.h"

#include <string>

inline std::string trainedText(const luthier::data::EncodedExample& encoded, const luthier::text::Tokenizer& tokenizer)
{
    std::string text;
    for (std::size_t i = 0; i < encoded.tokens.size(); ++i) {
        const auto& token = encoded.tokens[i];
        if (encoded.trained[i]) {
            text += token.begin == token.end
                        ? tokenizer.piece(token.id)
                        : encoded.text.substr(static_cast<std::size_t>(token.begin), static_cast<std::size_t>(token.end - token.begin));
        }
    }
    return text;
}
