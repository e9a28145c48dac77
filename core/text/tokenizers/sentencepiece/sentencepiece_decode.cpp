// SPDX-License-Identifier: GPL-3.0-or-later
// From ids back to text, and what single ids are.
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/sentencepiece/sentencepiece_class.h"

#include <charconv>

namespace luthier::text {

namespace {

std::string withSpaces(std::string_view piece)
{
    std::string out;
    for (std::size_t at = 0; at < piece.size();) {
        const bool mark = piece.substr(at, kSpaceMark.size()) == kSpaceMark;
        out += mark ? ' ' : piece[at];
        at += mark ? kSpaceMark.size() : 1;
    }
    return out;
}

} // namespace

std::string SentencePieceTokenizer::decode(std::span<const TokenId> ids, bool skipSpecial) const
{
    std::string out;
    std::string bytes;
    bool fresh = m_dropsPrefix; // the next ordinary piece may begin with the dummy prefix
    bool begun = false;
    const auto flush = [&] {
        out += replaceInvalid(bytes);
        bytes.clear();
    };
    for (const TokenId id : ids) {
        if (isByte(id)) {
            int value = 0;
            const auto& text = m_model.pieces[static_cast<std::size_t>(id)].text;
            std::from_chars(text.data() + 3, text.data() + 5, value, 16);
            bytes += static_cast<char>(value);
            fresh = false;
            begun = true;
            continue;
        }
        flush();
        if (const auto* added = m_added.byId(id); added != nullptr) {
            out += skipSpecial && added->special ? std::string() : added->content;
            fresh = m_dropsPrefix && (m_legacy || (!begun && out.empty()));
        } else if (inModel(id)) {
            const auto text = withSpaces(m_model.pieces[static_cast<std::size_t>(id)].text);
            out += fresh && text.starts_with(' ') ? text.substr(1) : text;
            fresh = false;
            begun = true;
        }
    }
    flush();
    return out;
}

std::string SentencePieceTokenizer::piece(TokenId id) const
{
    if (const auto* added = m_added.byId(id); added != nullptr) {
        return added->content;
    }
    return inModel(id) ? m_model.pieces[static_cast<std::size_t>(id)].text : std::string();
}

bool SentencePieceTokenizer::isSpecial(TokenId id) const
{
    const auto* added = m_added.byId(id);
    return added != nullptr && added->special;
}

std::optional<TokenId> SentencePieceTokenizer::idOf(std::string_view piece) const
{
    if (const auto* added = m_added.byContent(piece); added != nullptr) {
        return added->id;
    }
    const auto found = m_ids.find(piece);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

std::string SentencePieceTokenizer::kind() const
{
    static constexpr const char* kNames[] = {"", "unigram", "BPE", "word", "character"};
    return std::string("sentencepiece ") + kNames[static_cast<int>(m_model.kind)];
}

} // namespace luthier::text
