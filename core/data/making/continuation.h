// SPDX-License-Identifier: GPL-3.0-or-later
// Continuation: a plain text as a conversation, so that general texts can be learned beside questions and answers in one
// file: the beginning is given, the rest is the answer.
//
// Threads: free function, any thread.
#pragma once

#include "core/base/result.h"
#include "core/data/example.h"

namespace luthier::data {

// Cut behind the sentence that ends nearest to a third of the text, else between two words there.
// Error: a text of a single word.
Result<Example> continuationOf(const Example& text);

} // namespace luthier::data
