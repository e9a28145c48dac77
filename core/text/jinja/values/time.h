// SPDX-License-Identifier: GPL-3.0-or-later
// Time for strftime_now: English names, whatever the machine's language.
//
// Threads: free functions.
#pragma once

#include <string>

namespace luthier::text::jinja {

// The clock's local time, or the variable LUTHIER_NOW, as "2024-07-26T13:05:09".
std::string localNow();

// `now` as above. Errors: Problem when it cannot be read.
std::string formatTime(const std::string& format, const std::string& now);

} // namespace luthier::text::jinja
