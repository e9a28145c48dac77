// SPDX-License-Identifier: GPL-3.0-or-later
// LastLine: what a program said last, which says why it failed.
#pragma once

#include <string>

namespace luthier::base {

// The last line that is not empty.
std::string lastLine(std::string text);

// The same of one of Luthier's own programs: the sentence, without the name that it puts in front.
std::string lastSentence(std::string text);

} // namespace luthier::base
