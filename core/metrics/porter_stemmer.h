// SPDX-License-Identifier: GPL-3.0-or-later
// PorterStemmer: English words without their endings (Porter 1980), with the changes that NLTK made to it and rouge-score uses.
//
// Threads: free functions, any thread. Words are lower-case ASCII letters and digits.
#pragma once

#include <string>

namespace luthier::metrics {

std::string stemOf(std::string word);

} // namespace luthier::metrics
