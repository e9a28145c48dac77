// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePieceTokenizer: a sentencepiece model as transformers wraps it, with added tokens around it. Internal to text.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/added_tokens.h"
#include "core/text/tokenizers/loan_pool.h"
#include "core/text/tokenizers/sentencepiece/spm_model.h"
#include "core/text/tokenizers/sentencepiece/spm_words.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/text/tokenizers/tokenizer_config.h"

#include <sentencepiece_processor.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace luthier::text {

inline constexpr std::string_view kSpaceMark = "\xE2\x96\x81"; // U+2581

class SentencePieceTokenizer : public Tokenizer {
public:
    SentencePieceTokenizer(SpmModel model, const TokenizerConfig& config);
    Result<void> start();

    std::vector<Token> encode(std::string_view text, EncodeOptions options) const override;
    std::string decode(std::span<const TokenId> ids, bool skipSpecial) const override;
    std::int64_t vocabSize() const override { return m_vocabSize; }
    std::string piece(TokenId id) const override;
    bool isSpecial(TokenId id) const override;
    std::optional<TokenId> idOf(std::string_view piece) const override;
    std::optional<TokenId> bos() const override { return m_bos; }
    std::optional<TokenId> eos() const override { return m_eos; }
    std::optional<TokenId> pad() const override { return m_pad; }
    std::string kind() const override;

private:
    void collectAdded(const TokenizerConfig& config);
    std::optional<TokenId> specialId(const TokenizerConfig& config, const char* name, std::int64_t modelId) const;
    bool inModel(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < m_model.pieces.size(); }
    bool isByte(TokenId id) const { return inModel(id) && m_model.pieces[id].type == PieceType::Byte; }

    bool beginsWithUserDefined(std::string_view text) const;
    std::vector<Token> encodeClean(std::string_view text, bool special) const;
    std::vector<std::size_t> legacyBorders(std::string_view text) const;
    void encodeSegment(std::string_view text, std::int64_t begin, bool prefix, std::vector<Token>& out) const;
    bool endsWordsAtSpaces() const;
    void runModel(std::string_view text, std::int64_t shift, std::size_t skip, std::vector<Token>& out) const;
    void runWord(std::string_view word, std::int64_t shift, std::size_t skip, SpmWords& words, std::vector<Token>& out) const;
    void runPart(std::string_view text, std::int64_t shift, std::size_t skip, std::vector<Token>& out) const;

    SpmModel m_model;
    AddedTokens m_added;
    std::unordered_map<std::string_view, TokenId> m_ids; // views into m_model
    AddedTokens m_userDefined; // pieces of the model
    sentencepiece::SentencePieceProcessor m_processor;
    std::int64_t m_vocabSize = 0;
    bool m_legacy = true;
    bool m_prefixSpace = true;
    bool m_endsWordsAtSpaces = false; // endsWordsAtSpaces()
    mutable LoanPool<SpmWords> m_words;
    bool m_dropsPrefix = false; // decoding takes one space off the beginning
    bool m_addBos = true;
    bool m_addEos = false;
    std::size_t m_unkLength = 0; // pieces the spelling of the unknown token takes
    std::optional<TokenId> m_bos;
    std::optional<TokenId> m_eos;
    std::optional<TokenId> m_pad;
};

} // namespace luthier::text
