// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/line_source.h"

#include "core/data/flat_row.h"
#include "core/data/sources/line_index.h"
#include "core/data/sources/row_text.h"

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
        return parsedRow(index, *bytes);
    }

    bool flatRow(std::int64_t index, FlatRow& row) const override
    {
        if (!m_index.has(index) || m_index.size(index) > kMaxRowBytes) {
            return false;
        }
        // With its line ends, read at once.
        const std::size_t before = m_index.begin(index) > m_begin ? 1 : 0;
        const std::size_t size = m_index.size(index);
        auto got = m_file->readInto(row.room(before + size + 1), before + size + 1, m_index.begin(index) - before);
        const std::string_view bytes = row.bytes();
        if (!got || *got < before + size || (before == 1 && bytes.front() != '\n') || (*got > before + size && bytes.back() != '\n')
            || bytes.substr(before, size).find('\n') != std::string_view::npos) {
            return false;
        }
        row.cut(before, size);
        return row.readJson();
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

} // namespace

Result<std::shared_ptr<RowSource>> openLines(std::shared_ptr<const DataFile> file, std::uint64_t begin,
                                                   const base::Progress& progress,
                                                   const base::CancelToken& cancel)
{
    auto index = indexLines(*file, begin, progress, cancel);
    if (!index) {
        return index.error();
    }
    return std::shared_ptr<RowSource>(std::make_shared<LineSource>(std::move(file), begin, std::move(*index)));
}

} // namespace luthier::data
