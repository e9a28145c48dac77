// SPDX-License-Identifier: GPL-3.0-or-later
// LeftBehind: what rows hold that are written in another shape, and that the shape has no place for.
//
// Threads: one thread; the rows are read once more, and a few hundred of them are judged.
#pragma once

#include "core/base/json.h"
#include "core/data/dataset.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::cli {

class Console;

// Appends {"file","column","rows"} for each field of `rows` (from 0, each once; all of them give examples) that their place in the
// shape `to` does not show; a warning names them. Nothing is lost, or read, where the rows stay as they are.
void noteLeftBehind(const data::Dataset& dataset, const std::vector<std::int64_t>& rows, const std::string& to, Console& console, Json& list);

} // namespace luthier::cli
