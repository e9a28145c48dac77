// SPDX-License-Identifier: GPL-3.0-or-later
// CsvIndex: where the records of a CSV file stand. A record ends at a line end outside quotes; a quote opens only at the beginning of
// a field, and one that is never closed spoils its own line only.
//
// Where a piece of the file begins nobody knows whether a quote is open, so pieces are read at once as if none were, and joined from
// the beginning on: what a piece found holds from the first record on that begins where the one before it ended.
//
// Threads: a RecordScan belongs to its scanner's thread; indexRecords() any, with threads of its own.
#pragma once

#include "core/data/sources/data_file.h"
#include "core/data/sources/row_index.h"

#include <cstdint>
#include <limits>

namespace luthier::data {

struct RecordSigns {
    char delimiter = ',';
    char lineEnd = '\n';
};

class RecordScan {
public:
    static constexpr std::uint64_t kNowhere = std::numeric_limits<std::uint64_t>::max();

    // `until`: a record that goes on far behind it, or to the end of the file inside of quotes, is not read; next() is false then.
    RecordScan(FileScanner& scanner, RecordSigns signs, std::uint64_t until = kNowhere) : m_scanner(scanner), m_signs(signs), m_until(until) {}

    // False at the end of the file. Blank lines are no records.
    bool next(std::uint64_t& begin, std::uint64_t& end);
    // Whether the record that was read last holds nothing but delimiters and space, as the lines behind a spreadsheet's table.
    bool isBare() const { return m_isBare; }

private:
    bool read(std::uint64_t begin, std::uint64_t& end);
    bool walk(std::uint64_t& end);
    bool skipQuoted();

    FileScanner& m_scanner;
    RecordSigns m_signs;
    std::uint64_t m_until;
    int m_rewinds = 0;
    bool m_blank = true;
    bool m_isBare = true;
};

struct CsvRecords {
    RowIndex rows;        // without the bare ones at the end; those between others are rows
    std::size_t bare = 0; // how many these are
};
struct CsvIndexSettings { // for tests
    std::uint64_t pieceBytes = std::uint64_t{8} << 20;
    unsigned threads = 0; // 0: those of the machine, eight at most
};
// Of the records from `begin` on.
Result<CsvRecords> indexRecords(const DataFile& file, std::uint64_t begin, RecordSigns signs, const base::Progress& progress,
                                const base::CancelToken& cancel, const CsvIndexSettings& settings = {});

} // namespace luthier::data
