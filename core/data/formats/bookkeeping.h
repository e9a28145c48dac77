// SPDX-License-Identifier: GPL-3.0-or-later
// Bookkeeping: what people and programs write beside a row to find it again, ids, sources, dates and the like. It is neither a
// question nor an answer, and seldom missed where it is not read.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <string>

namespace luthier::data {

// By the column's name and a value that is short, or an object; a name that only ends as those of ids do, "client_msg_id",
// asks for a value without a space.
bool isBookkeeping(const std::string& column, const Json& value);

} // namespace luthier::data
