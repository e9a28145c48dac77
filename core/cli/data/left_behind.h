// SPDX-License-Identifier: GPL-3.0-or-later
// LeftBehind: what rows hold that are written in another shape, and that the shape has no place for.
//
// Threads: one thread; judging blocks for a few hundred rows at most.
#pragma once

#include "core/base/json.h"
#include "core/data/dataset.h"
#include "core/data/unread/field_census.h"

#include <memory>
#include <string>
#include <vector>

namespace luthier::cli {

class Console;

// {"file","column","rows"} for each field of the rows in `written` that their place in the shape `to` does not show; a warning
// names them. Empty: nothing is lost, as where the rows stay as they are.
Json noteLeftBehind(const data::Dataset& dataset, const data::FieldCensus& written, const std::string& to, Console& console);
// Of all rows that give an example, of each file.
Json noteLeftBehind(const std::vector<std::shared_ptr<const data::Dataset>>& sets, const std::string& to, Console& console);

} // namespace luthier::cli
