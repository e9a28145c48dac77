// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding: an example as token ids with its loss mask. The token strip, `render` and training all use
// this one function, so what is shown is what is trained.
#pragma once

#include "core/base/result.h"
#include "core/data/example.h"
#include "core/text/templates/chat_template.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace luthier::data {

struct EncodingSettings {
    std::int64_t maxLength = 1024; // tokens; the tail is cut
    bool trainAll = false;         // true: every token but the first is a target ("train_on": "all")
};

struct EncodedExample {
    std::string text;                  // what the template produced
    std::vector<text::Token> tokens;   // after the cut
    std::vector<std::uint8_t> trained; // trained[i]: token i is a target
    bool truncated = false;
    std::int64_t fullLength = 0;       // tokens before the cut

    std::vector<text::TokenId> ids() const;
    std::int64_t numTrained() const;
};

// What is needed to encode: the tokenizer, and the template (null: conversations are an error that says so).
struct Encoder {
    std::shared_ptr<const text::Tokenizer> tokenizer;
    std::shared_ptr<const text::ChatTemplate> chatTemplate;
    std::string fitting; // without a template: id of the known one that the vocabulary speaks for, offered in errors

    // From a model folder, with its own template ("folder") or a known one by its id. That the folder has none is not an
    // error here; an id that is not known is.
    static Result<Encoder> load(const std::filesystem::path& modelFolder, const std::string& chatTemplate = "folder");
    // The same for a model with adapters: one that was trained with a template of its own choice brings it along
    // (chat_template.jinja), and where none is named ("folder") the first that does is spoken as it was taught.
    static Result<Encoder> load(const std::filesystem::path& modelFolder, const std::string& chatTemplate,
                                const std::vector<std::filesystem::path>& adapters);

    // Conversation: rendered, encoded without added specials, assistant spans trained (a token that straddles
    // a border counts as trained). Text: encoded with specials and EOS at the end, all trained.
    // Preference: the prompt with the chosen answer, which alone is trained; swap `chosen` and `rejected` for
    // the other. Of an answer judged bad (Example::desirable) nothing is trained; an objective that learns from bad
    // answers takes `desirable` away first. The first token is never a target: nothing comes before it.
    Result<EncodedExample> encode(const Example& example, const EncodingSettings& settings) const;

    // Ids of a prompt ready for generation: one user turn (or messages) with the generation prompt.
    Result<std::vector<text::TokenId>> encodePrompt(const std::vector<Message>& messages) const;
};

} // namespace luthier::data
