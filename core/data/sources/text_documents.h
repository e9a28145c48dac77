// SPDX-License-Identifier: GPL-3.0-or-later
// TextDocuments: plain text, one document a file. A row is {"text": ..., "file": ...}; "file" is its path inside the
// folder. A byte-order mark is left out, and line ends of Windows are read as plain ones.
//
// Threads: as RowSource.
#pragma once

#include "core/data/sources/row_source.h"

#include <string>

namespace luthier::data {

bool isTextExtension(const std::string& extension); // ".txt", ".md" ...; lower case

// All text files in the folder and those below it, by name; hidden ones, links to folders and what
// is about the data (README, licence) are passed over.
// Errors, without the path: none is there, more than a million.
Result<std::shared_ptr<RowSource>> openTextFolder(const std::filesystem::path& folder, const base::Progress& progress = {},
                                                        const base::CancelToken& cancel = {});
Result<std::shared_ptr<RowSource>> openTextFile(const std::filesystem::path& path);

} // namespace luthier::data
