// SPDX-License-Identifier: GPL-3.0-or-later
// TextScan: hand-written scanners for what hides in texts. All walk the text once and keep no state, so that a
// row of megabytes costs no more than its bytes.
//
// Threads: free functions, any thread. The places they return are byte offsets, npos where there is nothing.
#pragma once

#include <cstddef>
#include <string_view>

namespace luthier::data {

std::size_t findEmail(std::string_view text);       // name@domain.tld
std::size_t findPhone(std::string_view text);       // 9 to 15 digits with a plus, brackets or separators
std::size_t findKey(std::string_view text);         // known prefixes of access keys, private key blocks
std::size_t findTemplateMark(std::string_view text); // <|im_start|>, [INST], <start_of_turn>, ### Response:, ...
std::size_t findMediaMark(std::string_view text);    // <image>, <video>, <|image_pad|>, ..., where a picture was; not <image>...</image>

bool hasOpenFence(std::string_view text);   // a ``` block that is never closed
bool isMostlyNonText(std::string_view text); // more than half of the characters are neither letters, digits nor blanks
bool isRefusal(std::string_view answer);    // begins as an assistant that declines
// Control characters but tabs and line ends, U+FFFD, or letters that were UTF-8 and were read as Windows-1252 ("cafÃ©").
bool hasLostCharacters(std::string_view text);
// Line ends written out as a backslash and an n, in a text without any real one, outside of code.
bool hasWrittenLineEnds(std::string_view text);

} // namespace luthier::data
