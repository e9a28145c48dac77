// SPDX-License-Identifier: GPL-3.0-or-later
// Charsmap: sentencepiece's table of replacements ("precompiled_charsmap"), applied as Hugging Face's tokenizers do:
// to grapheme clusters shorter than six bytes, else to single characters. The table is a double array of 32-bit units (Darts) behind
// its size in bytes, then the replacements, each ended by a NUL byte.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/base/result.h"
#include "core/text/characters/offset_map.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class Charsmap {
public:
    // The bytes of the table, checked; empty replaces nothing.
    static Result<Charsmap> fromBytes(std::string bytes);
    // False: nothing changes, and `out` was not touched.
    bool apply(std::string_view text, EditedText& out) const;

private:
    std::optional<std::string_view> replacement(std::string_view piece) const; // of its shortest listed beginning
    std::vector<std::uint32_t> m_units;
    std::string m_replacements;
};

Result<std::string> decodeBase64(std::string_view text);

} // namespace luthier::text
