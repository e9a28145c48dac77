// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/tokenizer.h"

namespace luthier::text {

namespace {

constexpr std::size_t kWindow = 24;

// Text that later ids cannot change: up to three replacement characters at the end may be the beginning of one
// character that is not complete yet.
std::size_t certainSize(std::string_view text)
{
    auto size = text.size();
    for (int i = 0; i < 3 && text.substr(0, size).ends_with(kReplacement); ++i) {
        size -= kReplacement.size();
    }
    return size;
}

} // namespace

StreamDecoder::StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool skipSpecial)
    : m_tokenizer(std::move(tokenizer)), m_skipSpecial(skipSpecial)
{
}

std::string StreamDecoder::push(TokenId id)
{
    m_ids.push_back(id);
    if (m_tokenizer->isOpen(id)) {
        return {};
    }
    const auto window = std::span<const TokenId>(m_ids).subspan(m_start);
    const auto text = m_tokenizer->decode(window, m_skipSpecial);
    const auto certain = certainSize(text);
    std::string out;
    if (certain > m_shown) {
        out = text.substr(m_shown, certain - m_shown);
        m_shown = certain;
    }
    // An ordinary id keeps the window's beginning from being taken for the text's beginning.
    if (window.size() >= kWindow && certain == text.size() && !m_tokenizer->isSpecial(id)) {
        m_ids.erase(m_ids.begin(), m_ids.end() - 1);
        m_start = 0;
        m_shown = m_tokenizer->decode(m_ids, m_skipSpecial).size();
    }
    return out;
}

std::string StreamDecoder::finish()
{
    const auto window = std::span<const TokenId>(m_ids).subspan(m_start);
    const auto text = m_tokenizer->decode(window, m_skipSpecial);
    auto out = text.size() > m_shown ? text.substr(m_shown) : std::string();
    m_ids.clear();
    m_start = m_shown = 0;
    return out;
}

} // namespace luthier::text
