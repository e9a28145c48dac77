// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/line_index.h"

#include "core/data/sources/row_text.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace luthier::data {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18; // stays in the cache of a core
constexpr std::uint64_t kProgressBytes = std::uint64_t{16} << 20; // nobody sees smaller files being read
constexpr unsigned kMostThreads = 8;

// The lines of one piece of the file. Its first and last line may go on in its neighbours.
struct Piece {
    RowIndex inner;                 // lines that begin and end inside
    std::uint64_t firstEnd = 0;     // of the line that is open when it begins
    std::uint64_t tailBegin = 0;    // of the line that is open when it ends
    bool hasEnd = false;            // any line ends in it
    bool isHeadBlank = true;        // up to firstEnd, or all of it
    bool isTailBlank = true;
};

class PieceReader {
public:
    explicit PieceReader(const DataFile& file) : m_file(file), m_buffer(kBufferBytes) {}

    Result<void> read(std::uint64_t begin, std::uint64_t end, Piece& piece)
    {
        for (std::uint64_t at = begin; at < end;) {
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(end - at, m_buffer.size()));
            auto got = m_file.readInto(m_buffer.data(), wanted, at);
            if (!got) {
                return got.error();
            }
            if (*got == 0) {
                break; // it became shorter: what is left of it is indexed
            }
            feed({m_buffer.data(), *got}, at, piece);
            at += *got;
        }
        return {};
    }

private:
    static void feed(std::string_view bytes, std::uint64_t offset, Piece& piece)
    {
        for (std::size_t at = 0; at < bytes.size();) {
            const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
            const std::size_t end = found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : bytes.size();
            bool& isBlankSoFar = piece.hasEnd ? piece.isTailBlank : piece.isHeadBlank;
            isBlankSoFar = isBlankSoFar && isBlank(bytes.substr(at, end - at));
            if (found) {
                finish(offset + end, piece);
            }
            at = end + 1;
        }
    }

    static void finish(std::uint64_t end, Piece& piece)
    {
        if (!piece.hasEnd) {
            piece.hasEnd = true;
            piece.firstEnd = end;
        } else if (!piece.isTailBlank) {
            piece.inner.add(piece.tailBegin, end);
        }
        piece.tailBegin = end + 1;
        piece.isTailBlank = true;
    }

    const DataFile& m_file;
    std::vector<char> m_buffer;
};

// What the threads share.
struct Work {
    const DataFile& file;
    std::uint64_t begin;
    std::uint64_t pieceBytes;
    const base::CancelToken& cancel;
    std::vector<Piece> pieces = {};
    std::atomic<std::size_t> next = 1; // the calling thread begins with the first
    std::atomic<std::size_t> done = 0;
    std::mutex mutex = {};
    Result<void> status = {};         // guarded by mutex
    std::exception_ptr problem = {}; // guarded by mutex

    void fail(const Error& error)
    {
        const std::lock_guard lock(mutex);
        status = status ? Result<void>(error) : status;
        next = pieces.size();
    }

    // Thrown in a thread, for the calling one to throw again.
    void failWith(std::exception_ptr thrown)
    {
        const std::lock_guard lock(mutex);
        problem = problem ? problem : std::move(thrown);
        next = pieces.size();
    }
};

void readPieces(Work& work, std::size_t first, const base::Progress& progress)
{
    PieceReader reader(work.file);
    for (std::size_t at = first; at < work.pieces.size(); at = work.next++) {
        if (work.cancel.isCancelled()) {
            work.fail(Error{"cancelled"});
            return;
        }
        const std::uint64_t begin = work.begin + at * work.pieceBytes;
        auto read = reader.read(begin, std::min(begin + work.pieceBytes, work.file.size()), work.pieces[at]);
        if (!read) {
            work.fail(read.error());
            return;
        }
        const std::uint64_t bytes = std::min(++work.done * work.pieceBytes + work.begin, work.file.size());
        if (progress) {
            progress(static_cast<std::int64_t>(bytes), static_cast<std::int64_t>(work.file.size()));
        }
    }
}

RowIndex joined(const std::vector<Piece>& pieces, std::uint64_t begin, std::uint64_t end)
{
    std::int64_t rows = 1;
    for (const Piece& piece : pieces) {
        rows += piece.inner.count() + 1;
    }
    RowIndex index;
    index.reserve(rows);
    std::uint64_t open = begin; // the line that goes on from piece to piece
    bool isOpenBlank = true;
    for (const Piece& piece : pieces) {
        isOpenBlank = isOpenBlank && piece.isHeadBlank;
        if (!piece.hasEnd) {
            continue;
        }
        if (!isOpenBlank) {
            index.add(open, piece.firstEnd);
        }
        index.append(piece.inner);
        open = piece.tailBegin;
        isOpenBlank = piece.isTailBlank;
    }
    if (!isOpenBlank) {
        index.add(open, end);
    }
    return index;
}

} // namespace

Result<RowIndex> indexLines(const DataFile& file, std::uint64_t begin, const base::Progress& progress, const base::CancelToken& cancel,
                            const LineIndexSettings& settings)
{
    Work work{file, begin, std::max<std::uint64_t>(settings.pieceBytes, 1), cancel};
    const std::uint64_t bytes = file.size() - std::min(begin, file.size());
    work.pieces.resize(static_cast<std::size_t>((bytes + work.pieceBytes - 1) / work.pieceBytes));
    const unsigned wanted = settings.threads > 0 ? settings.threads : std::min(std::thread::hardware_concurrency(), kMostThreads);
    const auto threads = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(work.pieces.size(), 1));
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i) {
            others.emplace_back([&work] {
                try {
                    readPieces(work, work.next++, {});
                } catch (const std::exception&) {
                    work.failWith(std::current_exception());
                }
            });
        }
        readPieces(work, 0, bytes >= kProgressBytes ? progress : base::Progress());
    }
    if (work.problem) {
        std::rethrow_exception(work.problem);
    }
    const auto size = static_cast<std::int64_t>(file.size());
    if (work.status && progress && bytes >= kProgressBytes) {
        progress(size, size);
    }
    if (!work.status || cancel.isCancelled()) {
        return work.status ? Error{"cancelled"} : work.status.error();
    }
    return joined(work.pieces, begin, file.size());
}

} // namespace luthier::data
