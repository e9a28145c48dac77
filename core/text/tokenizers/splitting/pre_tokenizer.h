// SPDX-License-Identifier: GPL-3.0-or-later
// PreTokenizer: the "pre_tokenizer" of a tokenizer.json: how a text is cut before the vocabulary is asked.
//
// Threads: const functions may be called from any thread at once. Text is valid UTF-8.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/characters/offset_map.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace luthier::text {

class PreTokenizer {
public:
    // A step that also writes the text anew: spaces in front, the mark U+2581 for spaces, byte letters.
    struct Rewrite {
        // `pieces` of `text` become pieces of `out.text`.
        std::function<void(std::string_view text, bool atStart, std::vector<Range>& pieces, EditedText& out)> run;
    };
    using Stage = std::variant<SplitterPtr, Rewrite>;

    // null: nothing is cut. Errors name the key ("pre_tokenizer.pretokenizers[1].type").
    static Result<PreTokenizer> fromJson(const Json& value, const std::string& key);

    // The model sees bytes: ByteLevel stands last.
    bool isByteLevel() const { return m_byteLevel; }
    bool rewrites() const { return m_rewrites > 0; }
    bool isEmpty() const { return m_stages.empty(); }

    // One more cut at the end, known to change no ids.
    void append(SplitterPtr splitter) { m_stages.emplace_back(std::move(splitter)); }

    // Only where rewrites(): runs the stages up to the last one that rewrites. `pieces` are pieces of the new text.
    // atStart: the text stands at the beginning of what was given.
    void rewrite(ChangedText& text, bool atStart, std::vector<Range>& pieces) const;

    // The stages after those, batch by batch: appends pieces of text[at, end) and returns where to go on.
    std::size_t split(std::string_view text, std::size_t at, std::vector<Range>& out, std::vector<Range>& spare) const;

private:
    friend class PreTokenizerReader;
    std::vector<Stage> m_stages;
    std::size_t m_rewrites = 0; // stages up to and with the last that rewrites
    bool m_byteLevel = false;
};

// The letter that stands for a byte in byte-level vocabularies, and back. -1: no letter of that alphabet.
char32_t byteLetter(unsigned char byte);
int letterByte(char32_t value);
// The bytes that a byte-level spelling stands for; false when a character is not of the alphabet.
bool bytesOfLetters(std::string_view spelling, std::string& out);

} // namespace luthier::text
