// SPDX-License-Identifier: GPL-3.0-or-later
// NormalForm: NFC, NFD, NFKC and NFKD of Unicode, worked out only around characters that may change, so that offsets
// stay exact everywhere else.
//
// Threads: free functions, any thread. Text is valid UTF-8.
#pragma once

#include "core/text/characters/offset_map.h"

#include <string_view>

namespace luthier::text {

enum class NormalForm { C, D, KC, KD };

// False: the text is in that form already, and `out` was not touched.
bool toNormalForm(std::string_view text, NormalForm form, EditedText& out);

} // namespace luthier::text
