// SPDX-License-Identifier: GPL-3.0-or-later
// Unread: what a file holds and nobody learns from, as the commands tell it.
#pragma once

#include "core/base/json.h"
#include "core/data/unread/unread_fields.h"

#include <string>

namespace luthier::cli {

class Console;

// {"file","column","rows","why"} for every field and, with rows null, every file of a folder that is not read.
void appendUnread(Json& list, const std::string& file, const data::UnreadReport& report);
// Its sentences as notes.
void noteUnread(Console& console, const std::string& file, const data::UnreadReport& report);

} // namespace luthier::cli
