// SPDX-License-Identifier: GPL-3.0-or-later
// StagedTokenizer: the tokenizer of a tokenizer.json. A text is cut at added tokens, normalized, cut at added tokens
// that are matched in normalized form, pre-tokenized, and each pre-token goes through the model (or its cache).
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/added_tokens.h"
#include "core/text/tokenizers/encode_scratch.h"
#include "core/text/tokenizers/models/piece_model.h"
#include "core/text/tokenizers/normalizer.h"
#include "core/text/tokenizers/post_processor.h"
#include "core/text/tokenizers/splitting/pre_tokenizer.h"
#include "core/text/tokenizers/token_decoder.h"
#include "core/text/tokenizers/token_matcher.h"
#include "core/text/tokenizers/tokenizer.h"

#include <memory>
#include <unordered_map>

namespace luthier::text {

// What makes a tokenizer, checked already.
struct TokenizerStages {
    PieceTable spellings;                // as the file has them
    PieceTable bytes;                    // byte-level: the raw bytes; else empty
    std::unique_ptr<PieceModel> model;
    Normalizer normalizer;
    PreTokenizer preTokenizer;
    PostProcessor postProcessor;
    TokenDecoder decoder;
    std::vector<AddedToken> added;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::optional<TokenId> pad;
};

class StagedTokenizer : public Tokenizer {
public:
    explicit StagedTokenizer(std::unique_ptr<TokenizerStages> stages);

    std::vector<Token> encode(std::string_view text, EncodeOptions options) const override;
    std::vector<TokenId> ids(std::string_view text, EncodeOptions options) const override;
    std::string decode(std::span<const TokenId> ids, bool skipSpecial) const override;
    std::int64_t vocabSize() const override { return m_vocabSize; }
    std::string piece(TokenId id) const override;
    bool isSpecial(TokenId id) const override;
    bool isOpen(TokenId id) const override;
    std::optional<TokenId> idOf(std::string_view piece) const override;
    std::optional<TokenId> bos() const override { return m_stages->bos; }
    std::optional<TokenId> eos() const override { return m_stages->eos; }
    std::optional<TokenId> pad() const override { return m_stages->pad; }
    std::string kind() const override { return m_stages->model->name(); }

private:
    template <class Sink>
    void encodeInto(std::string_view text, bool special, Sink& sink) const;
    template <class Sink>
    void encodePart(std::string_view text, std::size_t base, EncodeScratch& scratch, bool special, Sink& sink) const;
    template <class Sink>
    void encodeText(std::string_view text, std::size_t base, bool atStart, EncodeScratch& scratch, Sink& sink) const;
    template <class Sink>
    void encodePieces(std::string_view text, std::size_t base, EncodeScratch& scratch, Sink& sink) const;
    template <class Sink>
    void encodeWord(std::string_view word, std::size_t begin, EncodeScratch& scratch, Sink& sink,
                    const WordKey* key) const;
    std::string spelling(TokenId id) const;

    std::unique_ptr<const TokenizerStages> m_stages;
    TokenMatcher m_raw;        // added tokens matched in the text as given
    TokenMatcher m_normalized; // added tokens matched after the normalizer
    std::unordered_map<TokenId, std::size_t> m_addedById;
    std::unordered_map<TokenId, std::string> m_addedDecoded; // what decoding starts from, where it is not the spelling
    std::unordered_map<std::string, TokenId> m_addedIds;
    std::int64_t m_vocabSize = 0;
    mutable ScratchPool m_pool;
};

} // namespace luthier::text
