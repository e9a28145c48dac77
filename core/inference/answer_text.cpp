// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/answer_text.h"

#include <utility>

namespace luthier::inference {

AnswerText::AnswerText(std::shared_ptr<const text::Tokenizer> tokenizer, const std::vector<std::string>& stops,
                       std::function<void(const std::string&)> onPiece)
    : m_decoder(std::move(tokenizer)), m_stops(stops), m_onPiece(std::move(onPiece))
{
}

bool AnswerText::push(text::TokenId id)
{
    show(m_stops.push(m_decoder.push(id)));
    return !m_stops.isStopped();
}

bool AnswerText::finish()
{
    show(m_stops.push(m_decoder.finish()));
    show(m_stops.isStopped() ? std::string() : m_stops.finish());
    return !m_stops.isStopped();
}

void AnswerText::show(const std::string& piece)
{
    m_text += piece;
    if (m_onPiece && !piece.empty()) {
        m_onPiece(piece);
    }
}

} // namespace luthier::inference
