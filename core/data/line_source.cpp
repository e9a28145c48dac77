// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/line_source.h"

#include "core/data/row_text.h"

#include <cstring>

namespace luthier::data {

namespace {

class LineSource : public RowSource {
public:
    LineSource(std::shared_ptr<const DataFile> file, std::uint64_t begin, RowIndex index)
        : m_file(std::move(file)), m_begin(begin), m_index(std::move(index))
    {
    }

    std::int64_t rowCount() const override { return m_index.count(); }

    Result<Json> row(std::int64_t index) const override
    {
        auto bytes = readRowBytes(*m_file, m_index, index);
        if (!bytes) {
            return bytes.error();
        }
        if (!isStillALine(index, *bytes)) {
            return Error{"the file was changed since it was opened; open it again"};
        }
        return parseJsonRow(*bytes);
    }

    std::string rawRow(std::int64_t index) const override { return readRawRow(*m_file, m_index, index); }

private:
    // Appending to the file is harmless, so its time of change tells too much; line ends tell what matters.
    bool isStillALine(std::int64_t index, std::string_view bytes) const
    {
        const std::uint64_t begin = m_index.begin(index);
        char before = '\n';
        char after = '\n';
        auto left = begin > m_begin ? m_file->readInto(&before, 1, begin - 1) : Result<std::size_t>(0);
        auto right = m_file->readInto(&after, 1, begin + bytes.size());
        return left && right && before == '\n' && after == '\n' && bytes.find('\n') == std::string_view::npos;
    }

    std::shared_ptr<const DataFile> m_file;
    std::uint64_t m_begin;
    RowIndex m_index;
};

// Takes the file piece by piece; a line may span many pieces.
class LineIndexer {
public:
    explicit LineIndexer(std::uint64_t begin) : m_lineBegin(begin) {}

    void feed(std::string_view piece, std::uint64_t offset)
    {
        for (std::size_t at = 0; at < piece.size();) {
            const void* found = std::memchr(piece.data() + at, '\n', piece.size() - at);
            const std::size_t end
                = found ? static_cast<std::size_t>(static_cast<const char*>(found) - piece.data())
                        : piece.size();
            m_blank = m_blank && isBlank(piece.substr(at, end - at));
            if (found) {
                finish(offset + end);
                m_lineBegin = offset + end + 1;
            }
            at = end + 1;
        }
    }

    void finish(std::uint64_t end)
    {
        if (!m_blank) {
            m_index.add(m_lineBegin, end);
        }
        m_blank = true;
    }

    RowIndex take() { return std::move(m_index); }

private:
    RowIndex m_index;
    std::uint64_t m_lineBegin;
    bool m_blank = true;
};

} // namespace

Result<std::shared_ptr<RowSource>> openLines(std::shared_ptr<const DataFile> file, std::uint64_t begin,
                                                   const base::Progress& progress,
                                                   const base::CancelToken& cancel)
{
    FileScanner scanner(*file, progress, cancel);
    scanner.seek(begin);
    LineIndexer indexer(begin);
    for (auto piece = scanner.rest(); !piece.empty(); piece = scanner.rest()) {
        indexer.feed(piece, scanner.position());
        scanner.skip(piece.size());
    }
    if (!scanner.status()) {
        return scanner.status().error();
    }
    indexer.finish(scanner.position());
    return std::shared_ptr<RowSource>(
        std::make_shared<LineSource>(std::move(file), begin, indexer.take()));
}

} // namespace luthier::data
