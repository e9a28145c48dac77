// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/data_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace luthier::data {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::uint64_t kProgressBytes = std::uint64_t{16} << 20;
constexpr std::size_t kAheadBytes = std::size_t{64} << 10;
constexpr std::size_t kSmallBytes = kAheadBytes / 4; // larger reads gain nothing
constexpr std::uint64_t kBehindBytes = 16;           // rows look at what stands before them

thread_local ReadAhead* ahead = nullptr;

std::size_t bufferBytes(const DataFile& file)
{
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(file.size(), 4096, kBufferBytes));
}

// What people write in place of a path.
std::string missingSentence(const std::string& path)
{
    const auto begins = [&path](std::string_view with) { return path.starts_with(with); };
    if (begins("file://")) {
        return "this is an address; write the path alone, " + path.substr(7);
    }
    if (path.find("://") != std::string::npos) {
        return "this is an address, and nothing is fetched here; download the file and choose it";
    }
    if (begins("~")) {
        return "there is no such file, as nobody has put a home folder in place of the ~; write the whole path";
    }
    if (path.size() > 2 && (path.front() == '"' || path.front() == '\'') && path.back() == path.front()) {
        return "there is no such file; leave the quotes away";
    }
    const bool isHubName = std::count(path.begin(), path.end(), '/') == 1 && path.find('.') == std::string::npos && !begins("/");
    return isHubName ? "there is no such file; of a data set on the hub download the files first, and choose their folder" : "there is no such file; check the path";
}

} // namespace

Result<std::shared_ptr<const DataFile>> DataFile::open(const std::filesystem::path& path)
{
    const auto fail = [&](const std::string& why) { return Error{path.string() + ": " + why}; };
    // Looked at before it is opened, so that a pipe cannot make the opening wait.
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) {
        return fail(errno == ENOENT ? missingSentence(path.string()) : std::strerror(errno));
    }
    if (!S_ISREG(facts.st_mode)) {
        return fail(S_ISDIR(facts.st_mode) ? "this is a folder; choose a data file inside it"
                                           : "this is not a regular file; save the data to one");
    }
    std::shared_ptr<DataFile> file(new DataFile);
    static std::atomic<std::uint64_t> opened = 0;
    file->m_number = ++opened;
    file->m_path = path;
    file->m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file->m_descriptor < 0 || ::fstat(file->m_descriptor, &facts) != 0) {
        return fail(std::string("it cannot be read (") + std::strerror(errno) + ")");
    }
    file->m_size = static_cast<std::uint64_t>(std::max<off_t>(facts.st_size, 0));
    file->m_changedSeconds = facts.st_mtim.tv_sec;
    file->m_changedNanoseconds = facts.st_mtim.tv_nsec;
    return std::shared_ptr<const DataFile>(std::move(file));
}

DataFile::~DataFile()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

ReadAhead::ReadAhead() : m_before(ahead)
{
    ahead = this;
}

ReadAhead::~ReadAhead()
{
    ahead = m_before;
}

Result<std::size_t> ReadAhead::read(const DataFile& file, char* to, std::size_t size, std::uint64_t offset)
{
    if (m_file != file.m_number || offset < m_begin || offset + size > m_begin + m_used) {
        m_bytes.resize(kAheadBytes);
        m_file = 0;
        m_begin = offset - std::min(offset, kBehindBytes);
        auto got = file.readHere(m_bytes.data(), m_bytes.size(), m_begin);
        if (!got) {
            return got;
        }
        m_file = file.m_number;
        m_used = *got;
        m_isUnchanged = file.isUnchangedNow();
    }
    const std::uint64_t end = m_begin + m_used;
    const auto there = static_cast<std::size_t>(std::min<std::uint64_t>(size, end - std::min(end, offset)));
    std::memcpy(to, m_bytes.data() + (offset - m_begin), there);
    return there;
}

Result<std::size_t> DataFile::readInto(char* to, std::size_t size, std::uint64_t offset) const
{
    return ahead && size <= kSmallBytes ? ahead->read(*this, to, size, offset) : readHere(to, size, offset);
}

Result<std::size_t> DataFile::readHere(char* to, std::size_t size, std::uint64_t offset) const
{
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got = ::pread(m_descriptor, to + done, size - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{std::string("the file cannot be read (") + std::strerror(errno) + ")"};
        }
        if (got == 0) {
            break;
        }
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<std::string> DataFile::read(std::uint64_t offset, std::size_t size) const
{
    std::string bytes(size, '\0');
    auto got = readInto(bytes.data(), size, offset);
    if (!got) {
        return got.error();
    }
    bytes.resize(*got);
    return bytes;
}

bool DataFile::isUnchanged() const
{
    return ahead && ahead->m_file == m_number ? ahead->m_isUnchanged : isUnchangedNow();
}

bool DataFile::isUnchangedNow() const
{
    struct stat facts{};
    return ::fstat(m_descriptor, &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == m_size
           && facts.st_mtim.tv_sec == m_changedSeconds && facts.st_mtim.tv_nsec == m_changedNanoseconds;
}

std::string DataFile::stamp() const
{
    return std::to_string(m_changedSeconds) + "." + std::to_string(m_changedNanoseconds);
}

FileScanner::FileScanner(const DataFile& file, const base::Progress& progress,
                         const base::CancelToken& cancel)
    : m_file(file), m_progress(progress), m_cancel(cancel), m_buffer(bufferBytes(file))
{
}

std::string_view FileScanner::rest()
{
    return m_at < m_used || fill() ? std::string_view(m_buffer.data() + m_at, m_used - m_at)
                                   : std::string_view();
}

void FileScanner::seek(std::uint64_t position)
{
    m_base = position;
    m_used = m_at = 0;
}

void FileScanner::skipSpace()
{
    for (int byte = peek(); byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; byte = peek()) {
        ++m_at;
    }
}

bool FileScanner::fill()
{
    if (!m_status) {
        return false;
    }
    if (m_cancel.isCancelled()) {
        m_status = Error{"cancelled"};
        return false;
    }
    m_base += m_used;
    m_used = m_at = 0;
    auto got = m_file.readInto(m_buffer.data(), m_buffer.size(), m_base);
    if (!got) {
        m_status = got.error();
        return false;
    }
    m_used = *got;
    const std::uint64_t done = m_base + m_used;
    if (m_progress && (done >= m_reported + kProgressBytes || (m_used == 0 && m_reported > 0 && done > m_reported))) {
        m_reported = done;
        m_progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(std::max(done, m_file.size())));
    }
    return m_used > 0;
}

} // namespace luthier::data
