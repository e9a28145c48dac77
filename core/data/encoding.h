// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding: an example as token ids with its loss mask. The token strip, `render` and training all use
// this one function, so what is shown is what is trained. Lengths are in tokens, spans in bytes of the rendered text.
//
// Threads: const functions may be called from any thread at once; foldSystem() before the encoder is shared.
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
    bool addPrompt = false;        // end where the next answer would begin; what waits for one teaches nothing
};

// What the template made of an example, before the tokenizer.
struct MarkedText {
    std::string text;
    std::vector<text::Span> answers; // that are trained, in order; tokens that overlap one are targets
    bool isTaught = true;            // false: nothing of it may be a target, whatever the settings say
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
    std::string localTime; // for templates that write a date, see text::RenderOptions; empty: the clock's
    std::string fitting; // without a template: id of the known one that the vocabulary speaks for, offered in errors
    std::shared_ptr<const text::ChatTemplate> folding = {}; // the template as it folds the system's words; null: it cannot

    // From a model folder, with its own template ("folder") or a known one by its id. That the folder has none is not an
    // error here; an id that is not known is. With adapters: one that was trained with a template of its own choice brings it
    // along (chat_template.jinja), and where none is named ("folder") the first that does is spoken as it was taught.
    static Result<Encoder> load(const std::filesystem::path& modelFolder, const std::string& chatTemplate = "folder",
                                const std::vector<std::filesystem::path>& adapters = {});

    // The template alone, chosen alike; null: there is none.
    static Result<std::shared_ptr<const text::ChatTemplate>> loadTemplate(const std::filesystem::path& modelFolder,
                                                                          const std::string& chatTemplate = "folder",
                                                                          const std::vector<std::filesystem::path>& adapters = {});

    // Conversation: rendered, encoded without added specials, assistant spans trained (a token that straddles
    // a border counts as trained). An answer that is a tool call alone is context where the template writes no calls,
    // an empty answer everywhere.
    // Text: encoded with specials and EOS at the end, each once, all trained.
    // Preference: the prompt with the chosen answer, which alone is trained; swap `chosen` and `rejected` for
    // the other. Of an answer judged bad (Example::desirable) nothing is trained; an objective that learns from bad
    // answers takes `desirable` away first. The first token is never a target: nothing comes before it.
    Result<EncodedExample> encode(const Example& example, const EncodingSettings& settings) const;

    // The first half of encoding, without its marks of beginning and end where it is a text; quick beside the second.
    Result<MarkedText> mark(const Example& example, bool addPrompt) const;

    // From now on the system's words stand before the question that follows them, in its turn, for templates that take none:
    // what is encoded, and the template itself wherever it is written to (text/templates/system_folding.h).
    void foldSystem();

    // Whether the template asks for the role developer; else his words are written as the system's.
    bool knowsDeveloper() const;

    // Ids of a prompt ready for generation: one user turn (or messages) with the generation prompt. `tools` and `variables`
    // as Example has them.
    Result<std::vector<text::TokenId>> encodePrompt(const std::vector<Message>& messages, const Json& tools = {},
                                                    const Json& variables = {}) const;

private:
    void take(std::shared_ptr<const text::ChatTemplate> opened);
    void callDevelopersSystem(std::vector<Message>& messages) const;
    Error refusal(const Error& problem, const std::vector<Message>& messages, const text::RenderOptions& options) const;
};

} // namespace luthier::data
