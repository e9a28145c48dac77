// SPDX-License-Identifier: GPL-3.0-or-later
// JsonString: a text of JSON, from its quote to behind the other, well-formed UTF-8 with escapes resolved. Eight bytes at a
// time where nothing has to be looked at.
//
// Threads: free function, any thread.
#pragma once

#include <string>

namespace luthier::base {

// `at` stands on the quote and is moved behind the text. False: it is no such text; `at` and `text` are of no use then.
bool takePlainString(const char*& at, const char* end, std::string& text);

} // namespace luthier::base
