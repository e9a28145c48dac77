// SPDX-License-Identifier: GPL-3.0-or-later
// JsonString: a text of JSON, from its quote to behind the other, well-formed UTF-8 with escapes resolved. Many bytes at
// once where nothing has to be looked at.
//
// Threads: free functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace luthier::base {

// `at` stands on the quote and is moved behind the text. False: it is no such text; `at` and `text` are of no use then.
bool takePlainString(const char*& at, const char* end, std::string& text);

// The same without a copy where there is no escape: `text` is a view of the bytes, else of what was added to `spare`, which must have
// room for it already if views of it are kept.
bool takePlainText(const char*& at, const char* end, std::string& spare, std::string_view& text);

} // namespace luthier::base
