// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/csv_index.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace luthier::data {

namespace {

constexpr int kMaxRewinds = 64; // of records whose quote is never closed; bounds the work on a hostile file
constexpr unsigned kMostCsvThreads = 8;
constexpr std::uint64_t kCsvProgressBytes = std::uint64_t{16} << 20; // nobody sees smaller files being read

// The first delimiter or line end from there on; else the end.
std::size_t endOfText(std::string_view piece, std::size_t at, RecordSigns signs)
{
#if defined(__SSE2__)
    const __m128i delimiters = _mm_set1_epi8(signs.delimiter);
    const __m128i lineEnds = _mm_set1_epi8(signs.lineEnd);
    for (; at + 16 <= piece.size(); at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(piece.data() + at));
        const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, lineEnds));
        if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found)); mask != 0) {
            return at + static_cast<std::size_t>(std::countr_zero(mask));
        }
    }
#else
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    const std::uint64_t delimiters = kOnes * static_cast<unsigned char>(signs.delimiter);
    const std::uint64_t lineEnds = kOnes * static_cast<unsigned char>(signs.lineEnd);
    for (std::uint64_t word = 0; at + sizeof word <= piece.size(); at += sizeof word) {
        std::memcpy(&word, piece.data() + at, sizeof word);
        const std::uint64_t a = word ^ delimiters;
        const std::uint64_t b = word ^ lineEnds;
        if ((((a - kOnes) & ~a) | ((b - kOnes) & ~b)) & kHighs) {
            break; // among these eight
        }
    }
#endif
    while (at < piece.size() && piece[at] != signs.delimiter && piece[at] != signs.lineEnd) {
        ++at;
    }
    return at;
}

// The records of a piece of the file, read as if no quote were open where it begins.
struct CsvPiece {
    RowIndex records;
    std::vector<std::size_t> bare; // which of them are
    std::uint64_t from = 0;        // where the first line that begins in it does
    std::uint64_t past = 0;        // behind the last record that is known
};

class CsvPieces {
public:
    CsvPieces(const DataFile& file, std::uint64_t begin, RecordSigns signs, const base::CancelToken& cancel, const CsvIndexSettings& settings)
        : m_file(file), m_begin(begin), m_signs(signs), m_cancel(cancel), m_bytes(std::max<std::uint64_t>(settings.pieceBytes, 1)),
          m_wanted(settings.threads > 0 ? settings.threads : std::min(std::thread::hardware_concurrency(), kMostCsvThreads))
    {
        const std::uint64_t bytes = file.size() - std::min(begin, file.size());
        m_pieces.resize(static_cast<std::size_t>((bytes + m_bytes - 1) / m_bytes));
    }

    // Else the walk that joins them reads all.
    bool areWorthwhile() const { return m_wanted > 1 && m_pieces.size() > 1; }

    void read(const base::Progress& progress)
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < std::min<std::size_t>(m_wanted, m_pieces.size()); ++i) {
            others.emplace_back([this] { readSome({}); });
        }
        readSome(progress);
    }

    // Those of the pieces as far as they hold, the others as they are read now.
    Result<CsvRecords> joined(const base::Progress& progress)
    {
        FileScanner scanner(m_file, progress, m_cancel);
        scanner.seek(m_begin);
        RecordScan scan(scanner, m_signs);
        std::int64_t rows = 1;
        for (const CsvPiece& piece : m_pieces) {
            rows += piece.records.count() + 1;
        }
        m_out.rows.reserve(rows > static_cast<std::int64_t>(m_pieces.size()) + 1 ? rows : 0);
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        for (std::size_t at = 0; at < m_pieces.size(); ++at) {
            const std::uint64_t pieceEnd = m_begin + (at + 1) * m_bytes;
            while (scanner.position() < pieceEnd) {
                if (take(m_pieces[at], scanner.position())) {
                    scanner.seek(m_pieces[at].past);
                    break;
                }
                if (!scan.next(begin, end)) {
                    break;
                }
                add(begin, end, scan.isBare());
            }
            m_pieces[at] = {};
        }
        while (scan.next(begin, end)) {
            add(begin, end, scan.isBare());
        }
        m_out.bare = m_waiting.size();
        return scanner.status() ? Result<CsvRecords>(std::move(m_out)) : scanner.status().error();
    }

private:
    void readSome(const base::Progress& progress)
    {
        static const base::Progress kNone;
        for (std::size_t at = m_next++; at < m_pieces.size() && !m_cancel.isCancelled(); at = m_next++) {
            try {
                FileScanner scanner(m_file, kNone, m_cancel);
                readPiece(scanner, m_begin + at * m_bytes, m_pieces[at]);
            } catch (const std::bad_alloc&) { // would end the program in a thread of its own; as any piece that could not be read
                m_pieces[at] = {};
            }
            const std::uint64_t done = std::min(m_begin + ++m_done * m_bytes, m_file.size());
            if (progress) {
                progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(m_file.size()));
            }
        }
    }

    // What cannot be read is left out here, and said where the pieces are joined.
    void readPiece(FileScanner& scanner, std::uint64_t pieceBegin, CsvPiece& piece) const
    {
        scanner.seek(pieceBegin);
        const std::uint64_t pieceEnd = pieceBegin + m_bytes;
        while (pieceBegin > m_begin && scanner.position() < pieceEnd && scanner.peek() >= 0 && scanner.get() != static_cast<unsigned char>(m_signs.lineEnd)) {
        }
        piece.from = piece.past = scanner.position();
        RecordScan scan(scanner, m_signs, pieceEnd);
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        while (scanner.position() < pieceEnd && scan.next(begin, end)) {
            if (scan.isBare()) {
                piece.bare.push_back(static_cast<std::size_t>(piece.records.count()));
            }
            piece.records.add(begin, end);
            piece.past = scanner.position();
        }
        piece.records.shrink();
        piece = scanner.status() ? std::move(piece) : CsvPiece();
    }

    // The records of the piece from that position on, if one of them begins there, but for blank lines. False: none does.
    bool take(const CsvPiece& piece, std::uint64_t position)
    {
        if (position < piece.from || position >= piece.past) {
            return false;
        }
        const std::int64_t count = piece.records.count();
        std::int64_t first = 0; // the first that does not begin before it
        for (std::int64_t last = count; first < last;) {
            const std::int64_t middle = first + (last - first) / 2;
            (piece.records.begin(middle) < position ? first : last) = piece.records.begin(middle) < position ? middle + 1 : middle;
        }
        const std::uint64_t before = first == 0 ? piece.from : piece.records.begin(first - 1) + piece.records.size(first - 1) + 1;
        if (first == count || position < before) {
            return false;
        }
        auto bare = std::lower_bound(piece.bare.begin(), piece.bare.end(), static_cast<std::size_t>(first));
        for (std::int64_t row = first; row < count; ++row) {
            const bool isBare = bare != piece.bare.end() && *bare == static_cast<std::size_t>(row);
            bare += isBare ? 1 : 0;
            add(piece.records.begin(row), piece.records.begin(row) + piece.records.size(row), isBare);
        }
        return true;
    }

    void add(std::uint64_t begin, std::uint64_t end, bool isBare)
    {
        if (isBare) {
            m_waiting.emplace_back(begin, end);
            return;
        }
        for (const auto& [first, last] : m_waiting) {
            m_out.rows.add(first, last);
        }
        m_waiting.clear();
        m_out.rows.add(begin, end);
    }

    const DataFile& m_file;
    std::uint64_t m_begin;
    RecordSigns m_signs;
    const base::CancelToken& m_cancel;
    std::uint64_t m_bytes;
    unsigned m_wanted;
    std::vector<CsvPiece> m_pieces;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<std::uint64_t> m_done = 0;
    CsvRecords m_out;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> m_waiting; // bare records behind which none else came yet
};

} // namespace

bool RecordScan::next(std::uint64_t& begin, std::uint64_t& end)
{
    do {
        begin = m_scanner.position();
        if (m_scanner.peek() < 0) {
            return false;
        }
        m_blank = m_isBare = true;
        if (!read(begin, end)) {
            return false;
        }
    } while (m_blank);
    return true;
}

bool RecordScan::read(std::uint64_t begin, std::uint64_t& end)
{
    if (walk(end)) {
        return true;
    }
    if (m_until != kNowhere) {
        return false;
    }
    end = m_scanner.position();
    if (m_scanner.status() && m_rewinds++ < kMaxRewinds) {
        m_scanner.seek(begin);
        while (m_scanner.peek() >= 0 && m_scanner.peek() != m_signs.lineEnd) {
            m_scanner.get();
        }
        end = m_scanner.position();
        m_scanner.get();
    }
    return true;
}

// False: the file ended inside quotes, or the record goes on where it need not be known.
bool RecordScan::walk(std::uint64_t& end)
{
    bool fieldBegins = true;
    for (auto piece = m_scanner.rest(); !piece.empty(); piece = m_scanner.rest()) {
        if (m_scanner.position() > m_until) {
            return false;
        }
        std::size_t at = 0;
        for (; at < piece.size(); ++at) {
            const char byte = piece[at];
            if (byte == m_signs.lineEnd) {
                end = m_scanner.position() + at;
                m_scanner.skip(at + 1);
                return true;
            }
            const bool isDelimiter = byte == m_signs.delimiter;
            m_isBare = m_isBare && (isDelimiter || byte == ' ' || byte == '\t' || byte == '\r');
            m_blank = m_isBare && m_blank && !isDelimiter;
            if (byte == '"' && fieldBegins) {
                break;
            }
            fieldBegins = isDelimiter || (fieldBegins && byte == ' ');
            if (!fieldBegins && !m_isBare) {
                at = endOfText(piece, at + 1, m_signs) - 1;
            }
        }
        m_scanner.skip(std::min(at + 1, piece.size()));
        if (at < piece.size()) { // a quote
            fieldBegins = false;
            if (!skipQuoted()) {
                return false;
            }
        }
    }
    end = m_scanner.position();
    return true;
}

// Past the closing quote; a doubled one belongs to the text. False: there is none.
bool RecordScan::skipQuoted()
{
    for (auto piece = m_scanner.rest(); !piece.empty() && m_scanner.position() <= m_until; piece = m_scanner.rest()) {
        const auto quote = piece.find('"');
        m_scanner.skip(quote == std::string_view::npos ? piece.size() : quote + 1);
        if (quote == std::string_view::npos) {
            continue;
        }
        if (m_scanner.peek() != '"') {
            return true;
        }
        m_scanner.get();
    }
    return false;
}

Result<CsvRecords> indexRecords(const DataFile& file, std::uint64_t begin, RecordSigns signs, const base::Progress& progress,
                                const base::CancelToken& cancel, const CsvIndexSettings& settings)
{
    const bool isSeen = file.size() >= begin + kCsvProgressBytes;
    CsvPieces pieces(file, begin, signs, cancel, settings);
    const bool areRead = pieces.areWorthwhile();
    if (areRead) {
        pieces.read(isSeen ? progress : base::Progress());
    }
    auto records = pieces.joined(areRead ? base::Progress() : progress);
    if (records && progress && isSeen && areRead) {
        progress(static_cast<std::int64_t>(file.size()), static_cast<std::int64_t>(file.size()));
    }
    return records;
}

} // namespace luthier::data
