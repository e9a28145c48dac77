// SPDX-License-Identifier: GPL-3.0-or-later
// CsvSource: records as in RFC 4180: quoted fields may hold delimiters, doubled quotes and line ends; the
// first record names the columns. A row is an object of texts. A quote that is never closed spoils its own
// line only.
//
// Threads: as RowSource.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/row_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

// The fields of one record without its line end. Errors name the column (byte, from 1).
Result<std::vector<std::string>> parseCsvRecord(std::string_view record, char delimiter);

// `delimiter` 0: what a first line "sep=;" says, else comma, semicolon, tab or bar, whichever the header uses. Lines may
// end with a carriage return alone. Errors are without the path.
Result<std::shared_ptr<RowSource>> openCsv(std::shared_ptr<const DataFile> file, std::uint64_t begin,
                                                 char delimiter, const base::Progress& progress,
                                                 const base::CancelToken& cancel);

} // namespace luthier::data
