// SPDX-License-Identifier: GPL-3.0-or-later
// TokenDecoder: the "decoder" of a tokenizer.json: spellings of tokens back to text.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class TokenDecoder {
public:
    using Step = std::function<void(std::vector<std::string>& tokens)>;

    // null: tokens joined with spaces. Errors name the key ("decoder.decoders[1].type").
    static Result<TokenDecoder> fromJson(const Json& value, const std::string& key);

    // Nothing but ByteLevel: the bytes of all tokens in a row, read with lossyUtf8.
    bool isByteLevel() const { return m_byteLevel; }
    // Runs of "<0x41>" are bytes; a run that is no UTF-8 is all U+FFFD.
    bool joinsBytes() const { return m_joinsBytes; }
    std::string decode(std::vector<std::string> tokens) const;

private:
    std::vector<Step> m_steps;
    bool m_byteLevel = false;
    bool m_joinsBytes = false;
    bool m_joinWithSpaces = true;
};

// The byte that "<0x41>" stands for; -1 for other spellings.
int byteOfSpelling(std::string_view token);

// Each longest beginning of a character that does not go on, and each stray byte, becomes one U+FFFD.
std::string lossyUtf8(std::string_view bytes);

} // namespace luthier::text
