// SPDX-License-Identifier: GPL-3.0-or-later
// Windows1252: texts in the one-byte encoding in which spreadsheets save CSV in the west, told from damaged UTF-8 and read
// as UTF-8.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/packed_stream.h"

namespace luthier::data {

// By parts from all over the file: several bytes that are no UTF-8 and none that are beyond ASCII and UTF-8, all of them
// characters of Windows-1252 and few among the letters, as accents are. Other encodings and single damaged bytes are not.
bool looksLikeWindows1252(const DataFile& file);

const PackedKind& windows1252();

} // namespace luthier::data
