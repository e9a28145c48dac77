// SPDX-License-Identifier: GPL-3.0-or-later
// DataFiles: how the verbs of `luthier data` open files, write rows and say how far they are. Torch-free.
//
// Threads: the main thread; walking works on several.
#pragma once

#include "core/cli/command.h"
#include "core/cli/data/flags.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/formats/row_writer.h"
#include "core/data/row_walk.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace luthier::store {
class Project;
}

namespace luthier::cli {

// With the edits and left-out rows of the project: the one given, else that of --project. Without either as it lies there.
Result<std::shared_ptr<data::Dataset>> openData(const std::string& file, const DataFlags& flags, Context& context,
                                                store::Project* project = nullptr);
Result<std::vector<std::shared_ptr<data::Dataset>>> openAll(const std::vector<std::string>& files, const DataFlags& flags,
                                                            Context& context);

Result<data::Encoder> loadEncoder(const CountFlags& flags); // without a model: one that has no tokenizer
data::WalkOptions walkOptions(const std::string& what, Context& context);

// The row as it stands, or in the shape `to`, which only what gives an example can have. Errors name file and row.
Result<Json> shapedRow(const data::Dataset& dataset, std::int64_t row, const std::string& to);

// Every row but the surplus ones (from 0, ascending) into `out`, also those without an example: what cannot be compared is
// not thrown away. Rows that cannot even be read are counted in a note. Gives how many were written.
Result<std::int64_t> writeRest(const data::Dataset& dataset, const std::vector<std::int64_t>& surplus, const std::string& out,
                               Context& context);

Json rowsFromOne(const std::vector<std::int64_t>& rows); // counted from 1

// The result as JSON or as a sentence, which a name in the data cannot break in two; gives kDone.
int tell(const Json& object, const std::string& sentence, Context& context);

} // namespace luthier::cli
