// SPDX-License-Identifier: GPL-3.0-or-later
// TurnEdits: what can be done to the turns of a conversation beside editing their texts: add, split, merge, move,
// remove, another role, and whether it is learned. A turn is named by the path of its text, "messages/1/content".
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace luthier::data {

struct TurnEdit {
    enum class Kind { Add, Split, MergeWithNext, MoveUp, MoveDown, Remove, SetRole, Learn, PassOver };

    Kind kind = Kind::Add;
    std::string path;
    std::string role = {};   // SetRole: as the list writes roles ("gpt" in lists with "from")
    std::string first = {};  // Split: what stays in the turn ...
    std::string second = {}; // ... and what becomes a turn of the same role behind it
};

bool isTurn(const Json& row, const std::string& path); // an element of a list of messages

// The row with the edit. Add puts an empty turn behind, of the role that answers this one's. Errors: no such turn,
// nothing above or below to go to, a turn whose text is not plain, a turn that is no answer and so never learned.
Result<Json> editTurn(const Json& row, const TurnEdit& edit);

// Roles as the list that this turn stands in writes them.
std::vector<std::string> turnRoles(const Json& row, const std::string& path);

} // namespace luthier::data
