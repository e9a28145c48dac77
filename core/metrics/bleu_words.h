// SPDX-License-Identifier: GPL-3.0-or-later
// BleuWords: a text in words as mteval-v13a has them, the usual way for BLEU (sacrebleu's "13a").
//
// Threads: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace luthier::metrics {

std::vector<std::string> bleuWords(std::string_view text);

} // namespace luthier::metrics
