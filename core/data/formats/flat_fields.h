// SPDX-License-Identifier: GPL-3.0-or-later
// FlatFields: what formats look up in flat rows, as format_parts.h does in Json. Where another spelling of a name might say the same,
// or a field holds what has to be read first, the answer is that nothing is known.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/example_view.h"
#include "core/data/flat_row.h"
#include "core/data/formats/format_parts.h"

namespace luthier::data {

// The member of the object at `place` that has one of these names to the letter and is not null, of several the first name's; null:
// none.
const FlatValue* flatField(const FlatRow& row, std::size_t place, Names names);
// Whether fieldIn() (format_parts.h) would find any of them, however it is spelled.
bool hasFlatField(const FlatRow& row, std::size_t place, Names names);

// A text that is taken as it stands: none that may hold a list or an object.
bool isFlatText(const FlatValue* value);

// The question under one of these names, with what stands beside it, as the one turn of the user. False: toExample() has to look.
bool takeFlatPrompt(const FlatRow& row, Names names, ExampleView& view);

// The list of messages at `place`, where each says who speaks and what, and nothing else, and the assistant answers. False:
// toExample() has to look.
bool takeFlatMessages(const FlatRow& row, std::size_t place, ExampleView& view);

} // namespace luthier::data
