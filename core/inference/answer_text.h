// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerText: the text of an answer as it becomes certain, out of its tokens. Torch-free.
#pragma once

#include "core/inference/stop_texts.h"
#include "core/text/tokenizers/tokenizer.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace luthier::inference {

class AnswerText {
public:
    // `onPiece`, where there is one, is called with each piece of whole characters.
    AnswerText(std::shared_ptr<const text::Tokenizer> tokenizer, const std::vector<std::string>& stops,
               std::function<void(const std::string&)> onPiece);

    // False: a stop text was met, and nothing comes any more.
    bool push(text::TokenId id);
    // What was held back, once no token comes any more; as push().
    bool finish();

    const std::string& text() const { return m_text; }

private:
    void show(const std::string& piece);

    text::StreamDecoder m_decoder;
    StopTexts m_stops;
    std::function<void(const std::string&)> m_onPiece;
    std::string m_text;
};

} // namespace luthier::inference
