// SPDX-License-Identifier: GPL-3.0-or-later
// TextKinds: texts (.txt) that are no prose: questions with answers, which are rows, and what is only said of others.
//
// Threads: as RowSource.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/row_source.h"

#include <memory>
#include <string>
#include <string_view>

namespace luthier::data {

// Rows {"question": ..., "answer": ...} of a text in which every paragraph belongs to one of at least two questions ("Q:", "Question:",
// "Q1.", "**Q:**", ...), each with its answer ("A:", "Answer:", ...) behind it. That they are read so is a remark, with the way to learn
// the whole text. `head` is what it begins with, without a byte-order mark: most texts are told by it and not read. Null: it is no such
// text. Error, without the path: it cannot be read.
Result<std::shared_ptr<RowSource>> openQuestions(const std::shared_ptr<const DataFile>& file, std::string_view head);

// What a person would want to know of a text that begins so before it is learned as it stands: an exported chat, a table, subtitles.
// Empty: nothing.
std::string remarkOnText(std::string_view head);

} // namespace luthier::data
