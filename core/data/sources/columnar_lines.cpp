// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/columnar_lines.h"

#include "core/base/files.h"
#include "core/data/flat_row.h"
#include "core/data/sources/columnar_file.h"
#include "core/data/sources/line_index.h"
#include "core/data/sources/row_text.h"
#include "core/data/sources/unpacked_file.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include <unistd.h>

namespace luthier::data {

namespace fs = std::filesystem;

namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(20); // whether somebody cancelled
std::atomic<bool> isStopping = false;

// A file that is read while it is written, which AtomicFile's is not; it gets its name when it is whole.
class PartFile {
public:
    static Result<std::unique_ptr<PartFile>> create(const fs::path& target)
    {
        static std::atomic<int> count = 0;
        std::unique_ptr<PartFile> part(new PartFile(target));
        part->m_path += ".part-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
        auto made = base::writeFileAtomically(part->m_path, "");
        part->m_out.open(part->m_path, std::ios::binary | std::ios::app);
        auto in = made ? DataFile::open(part->m_path) : Result<std::shared_ptr<const DataFile>>(made.error());
        if (!in || !part->m_out) {
            return in ? Error{part->m_path.string() + ": cannot be written"} : in.error();
        }
        part->m_in = std::move(*in);
        return part;
    }
    ~PartFile()
    {
        std::error_code code;
        fs::remove(m_path, code);
    }

    const std::shared_ptr<const DataFile>& reader() const { return m_in; }

    Result<void> write(std::string_view text)
    {
        m_out.write(text.data(), static_cast<std::streamsize>(text.size()));
        m_out.flush(); // others read it at once
        return m_out ? Result<void>() : Error{m_path.string() + ": cannot be written; is the disk full?"};
    }

    // Not forced onto the disk, which may take seconds: after a power cut the number of rows tells whether it is whole.
    Result<void> commit()
    {
        m_out.close();
        std::error_code code;
        fs::rename(m_path, m_target, code);
        return code ? Result<void>(Error{m_target.string() + ": cannot be written (" + code.message() + ")"}) : Result<void>();
    }

private:
    explicit PartFile(fs::path target) : m_target(std::move(target)), m_path(m_target) {}

    fs::path m_target;
    fs::path m_path;
    std::ofstream m_out;
    std::shared_ptr<const DataFile> m_in;
};

class ColumnarLines : public RowSource {
public:
    // All made before.
    ColumnarLines(std::shared_ptr<const DataFile> lines, RowIndex index)
        : m_lines(std::move(lines)), m_rows(index.count()), m_index(std::move(index)), m_isEnded(true), m_isWhole(true)
    {
    }
    // To be made; rows -1: nobody knows how many.
    ColumnarLines(fs::path from, std::unique_ptr<PartFile> part, std::int64_t rows)
        : m_lines(part->reader()), m_rows(rows), m_part(std::move(part)),
          m_maker([this, from = std::move(from)] { make(from); })
    {
    }
    ~ColumnarLines() override { m_cancel.cancel(); }

    std::int64_t rowCount() const override { return m_rows; }

    Result<Json> row(std::int64_t index) const override
    {
        if (m_isWhole) { // nothing changes any more, so that nobody waits for another
            auto bytes = readRowBytes(*m_lines, m_index, index);
            return bytes ? parsedRow(index, *bytes) : Result<Json>(bytes.error());
        }
        if (!waitFor(index)) {
            const std::lock_guard lock(m_mutex);
            return Error{m_problem.empty() ? "the file has " + std::to_string(m_index.count()) + " rows only" : m_problem};
        }
        const RowIndex place = placeOf(index);
        auto bytes = readRowBytes(*m_lines, place, 0);
        return bytes ? parsedRow(index, *bytes) : Result<Json>(bytes.error());
    }

    bool flatRow(std::int64_t index, FlatRow& row) const override
    {
        if (m_isWhole) {
            return readRowBytes(*m_lines, m_index, index, row) && row.readJson();
        }
        return waitFor(index) && readRowBytes(*m_lines, placeOf(index), 0, row) && row.readJson();
    }

    std::string rawRow(std::int64_t index) const override
    {
        return waitFor(index) ? readRawRow(*m_lines, placeOf(index), 0) : std::string();
    }

    // Until `rows` are made, or all. Error: why none can be, "cancelled".
    Result<void> waitForFirst(std::int64_t rows, const base::Progress& progress, const base::CancelToken& cancel)
    {
        std::unique_lock lock(m_mutex);
        while (!m_made.wait_for(lock, kLookEvery, [&] { return m_isEnded || (m_rows >= 0 && m_index.count() >= rows); })) {
            if (cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            if (const std::int64_t made = m_index.count(); progress && made > 0) {
                lock.unlock();
                progress(made, std::max<std::int64_t>(m_rows, 0));
                lock.lock();
            }
        }
        if (m_rows < 0) {
            m_rows = m_index.count();
        }
        const bool isTooShort = m_isEnded && m_index.count() < std::min(rows, m_rows);
        return m_problem.empty() || !isTooShort ? Result<void>() : Error{m_problem};
    }

private:
    bool waitFor(std::int64_t index) const
    {
        std::unique_lock lock(m_mutex);
        while (!m_made.wait_for(lock, kLookEvery, [&] { return m_isEnded || m_index.has(index); }) && !isStopping) {
        }
        return m_index.has(index);
    }

    RowIndex placeOf(std::int64_t index) const
    {
        const std::lock_guard lock(m_mutex);
        RowIndex place;
        place.add(m_index.begin(index), m_index.begin(index) + m_index.size(index));
        return place;
    }

    void make(const fs::path& from)
    {
        std::uint64_t written = 0;
        const auto write = [&](std::string_view text) -> Result<void> {
            if (isStopping) {
                return Error{"cancelled"};
            }
            if (auto done = m_part->write(text); !done) {
                return done;
            }
            const std::lock_guard lock(m_mutex);
            for (std::size_t at = 0, end = text.find('\n'); end != std::string_view::npos; at = end + 1, end = text.find('\n', at)) {
                m_index.add(written + at, written + end);
            }
            written += text.size();
            m_made.notify_all();
            return {};
        };
        auto facts = columnarToLines(from, write, {}, m_cancel);
        auto done = facts ? m_part->commit() : Result<void>(facts.error());
        const std::lock_guard lock(m_mutex);
        m_problem = facts ? std::string() : facts.message(); // a cache that cannot be written is made again next time
        m_isEnded = true;
        m_isWhole = m_problem.empty();
        m_made.notify_all();
    }

    std::shared_ptr<const DataFile> m_lines;
    std::int64_t m_rows;
    base::CancelToken m_cancel;
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_made;
    RowIndex m_index;       // guarded by m_mutex until it is whole, as the next two
    bool m_isEnded = false;
    std::atomic<bool> m_isWhole = false;
    std::string m_problem;  // why the rest is not made
    std::unique_ptr<PartFile> m_part;
    std::jthread m_maker;   // last: ends before the rest goes
};

Result<std::shared_ptr<RowSource>> openMade(const fs::path& path, const base::Progress& progress, const base::CancelToken& cancel)
{
    auto lines = DataFile::open(path);
    auto index = lines ? indexLines(**lines, 0, progress, cancel) : Result<RowIndex>(lines.error());
    return index ? Result<std::shared_ptr<RowSource>>(std::make_shared<ColumnarLines>(std::move(*lines), std::move(*index))) : index.error();
}

Result<std::shared_ptr<RowSource>> openMaking(const DataFile& file, const fs::path& target, std::int64_t rows, const base::Progress& progress,
                                              const base::CancelToken& cancel)
{
    auto part = PartFile::create(target);
    if (!part) {
        return part.error();
    }
    // In bytes of the file, as everywhere, though rows are counted.
    const auto inBytes = [&](std::int64_t done, std::int64_t total) {
        const auto size = static_cast<double>(file.size());
        if (progress && total > 0) {
            progress(static_cast<std::int64_t>(size * static_cast<double>(done) / static_cast<double>(total)), static_cast<std::int64_t>(size));
        }
    };
    auto source = std::make_shared<ColumnarLines>(file.path(), std::move(*part), rows);
    const std::int64_t wanted = rows < 0 ? std::numeric_limits<std::int64_t>::max() : std::min(rows, kFirstRows);
    auto first = source->waitForFirst(wanted, inBytes, cancel);
    return first ? Result<std::shared_ptr<RowSource>>(std::move(source)) : first.error();
}

} // namespace

Result<std::shared_ptr<RowSource>> openColumnar(const std::shared_ptr<const DataFile>& file, const base::Progress& progress,
                                                const base::CancelToken& cancel)
{
    auto facts = columnarFacts(file->path());
    auto place = facts ? cachePlace(*file, file->path().stem().string() + ".rows.jsonl") : Result<CachePlace>(facts.error());
    if (!place || cancel.isCancelled()) {
        return place ? Error{"cancelled"} : place.error();
    }
    auto source = place->isThere ? openMade(place->path, progress, cancel) : Result<std::shared_ptr<RowSource>>(Error{});
    const bool isWhole = source && (facts->rows < 0 || (*source)->rowCount() == facts->rows);
    source = isWhole || cancel.isCancelled() ? source : openMaking(*file, place->path, facts->rows, progress, cancel);
    for (auto& note : facts->notes) {
        if (source) {
            (*source)->addRemark(std::move(note));
        }
    }
    return source;
}

std::int64_t tellingRows(const RowSource& source)
{
    const bool isColumnar = dynamic_cast<const ColumnarLines*>(&source) != nullptr;
    return isColumnar ? std::min(source.rowCount(), kFirstRows) : source.rowCount();
}

void stopColumnarWork()
{
    isStopping = true;
}

} // namespace luthier::data
