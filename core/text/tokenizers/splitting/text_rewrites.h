// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of pre-tokenizers that write the text anew.
//
// Threads: any.
#pragma once

#include "core/text/tokenizers/splitting/pre_tokenizer.h"

#include <string>

namespace luthier::text {

enum class MarkPrepend { Never, First, Always };

// A space in front of each piece that begins with none.
PreTokenizer::Rewrite spaceInFront();
// Each byte as its letter.
PreTokenizer::Rewrite byteLetters();
// `mark` for each space, and in front of pieces that begin with none: of all, or of the one where the text begins.
PreTokenizer::Rewrite spaceMarks(std::string mark, MarkPrepend prepend);

} // namespace luthier::text
