// SPDX-License-Identifier: GPL-3.0-or-later
// ListRows: rows that are lists or texts instead of objects, seen as objects: by the names in a first row, as a question with its
// answer where each is a list of two texts, as "text" where each is one. Which of them is a remark of the source. Lists of
// messages are rows as they stand; lists of which nothing says what they hold stay, and formats refuse them.
//
// Threads: as RowSource; opening reads some of the first rows.
#pragma once

#include "core/data/sources/row_source.h"

#include <memory>

namespace luthier::data {

// The source itself where its rows are objects or lists of messages. Texts that hold JSON once more are read as what that says.
std::shared_ptr<const RowSource> withNamedLists(std::shared_ptr<const RowSource> source);

// Labels and answers that are lists of one text or number each, {"labels": ["weather"]} or ['weather'] in a table, as that. The
// source itself where one of the rows looked at has more: there lists are what is learned.
std::shared_ptr<const RowSource> withSoleTexts(std::shared_ptr<const RowSource> source);

} // namespace luthier::data
