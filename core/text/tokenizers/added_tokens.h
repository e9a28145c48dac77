// SPDX-License-Identifier: GPL-3.0-or-later
// AddedTokens: tokens that are cut out of a text before its vocabulary is asked: special tokens and what
// added_tokens_decoder lists. Leftmost match first, of those the longest.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace luthier::text {

struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool special = false;
    bool lstrip = false;     // swallows white space before it
    bool rstrip = false;     // swallows white space after it
    bool singleWord = false; // no match beside a letter, digit or underscore
    bool normalized = false; // as the file says; matched on the raw text all the same
};

class AddedTokens {
public:
    AddedTokens() = default;
    explicit AddedTokens(std::vector<AddedToken> tokens);

    struct Part {
        std::size_t begin = 0; // bytes of the text
        std::size_t end = 0;
        const AddedToken* token = nullptr; // null: ordinary text
    };

    // The whole text in order, without empty parts. With `special` false, special tokens are ordinary text.
    std::vector<Part> split(std::string_view text, bool special) const;

    const AddedToken* byId(std::int32_t id) const;
    const AddedToken* byContent(std::string_view content) const;
    const std::vector<AddedToken>& all() const { return m_tokens; }

private:
    const AddedToken* matchAt(std::string_view text, std::size_t at, bool special) const;

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    std::vector<AddedToken> m_tokens;
    std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> m_byContent;
    std::unordered_map<std::int32_t, std::size_t> m_byId;
    std::array<std::vector<std::size_t>, 256> m_lengths; // by first byte: lengths that occur, longest first
};

} // namespace luthier::text
