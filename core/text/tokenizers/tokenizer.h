// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizer: text to ids and back. Knows no model family; files decide.
//
// Threads: const functions may be called from any thread at once.
// Text is UTF-8 bytes; an invalid byte acts as U+FFFD. Offsets are byte offsets into the text given.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

using TokenId = std::int32_t;

struct Token {
    TokenId id = 0;
    std::int64_t begin = 0; // bytes in the text given; begin == end for tokens the post-processor added
    std::int64_t end = 0;
};

struct EncodeOptions {
    bool addSpecial = true;   // what the tokenizer's own post-processor adds (BOS, EOS)
    bool parseSpecial = true; // text that spells a special token is that token
};

class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    virtual std::vector<Token> encode(std::string_view text, EncodeOptions options = {}) const = 0;
    // Ids outside the vocabulary give nothing.
    virtual std::string decode(std::span<const TokenId> ids, bool skipSpecial = false) const = 0;

    virtual std::int64_t vocabSize() const = 0;
    virtual std::string piece(TokenId id) const = 0; // the vocabulary's own spelling, for display
    virtual bool isSpecial(TokenId id) const = 0;    // control and added special tokens, BOS, EOS, ...
    // Whether text that ends with this token may still read otherwise when more comes: a byte of a run that is judged as
    // a whole.
    virtual bool isOpen(TokenId id) const { return false; }
    virtual std::optional<TokenId> idOf(std::string_view piece) const = 0;
    virtual std::optional<TokenId> bos() const = 0;
    virtual std::optional<TokenId> eos() const = 0;
    virtual std::optional<TokenId> pad() const = 0;
    virtual std::string kind() const = 0; // "sentencepiece BPE", ...

    // The ids of encode(); quicker where nobody asks for places.
    virtual std::vector<TokenId> ids(std::string_view text, EncodeOptions options = {}) const;
};

// From a model folder (tokenizer.json, else tokenizer.model, each with tokenizer_config.json, ...) or a GGUF file. Errors say what is missing.
Result<std::shared_ptr<const Tokenizer>> loadTokenizer(const std::filesystem::path& folder);

// Turns ids into text piece by piece, never splitting a character.
// push() returns what became certain; finish() what is left (invalid bytes as U+FFFD).
class StreamDecoder {
public:
    explicit StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool skipSpecial = true);
    std::string push(TokenId id);
    std::string finish();

private:
    std::shared_ptr<const Tokenizer> m_tokenizer;
    bool m_skipSpecial;
    std::vector<TokenId> m_ids;
    std::size_t m_start = 0; // first id of the window that is decoded again at each push
    std::size_t m_shown = 0; // bytes of the window's text already returned
};

} // namespace luthier::text
