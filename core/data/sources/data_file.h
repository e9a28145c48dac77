// SPDX-License-Identifier: GPL-3.0-or-later
// DataFile: a file open for reading at any place, and FileScanner, which walks through it once. Read with
// pread, never mapped: a file that shrinks while it is open gives an error, not a signal.
//
// Threads: a DataFile may be read from any thread at once; a FileScanner belongs to one thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

class DataFile {
public:
    // Errors begin with the path.
    static Result<std::shared_ptr<const DataFile>> open(const std::filesystem::path& path);
    ~DataFile();
    DataFile(const DataFile&) = delete;
    DataFile& operator=(const DataFile&) = delete;

    const std::filesystem::path& path() const { return m_path; }
    std::uint64_t size() const { return m_size; } // when it was opened

    // Up to `size` bytes from `offset`, fewer only at the end of the file. Errors are without the path.
    Result<std::size_t> readInto(char* to, std::size_t size, std::uint64_t offset) const;
    Result<std::string> read(std::uint64_t offset, std::size_t size) const;

    // False once size or time of change differ from what they were when it was opened.
    bool isUnchanged() const;
    std::string stamp() const; // the time of change as it was then, for keys of what is made from the file

private:
    friend class ReadAhead;
    DataFile() = default;
    bool isUnchangedNow() const;
    Result<std::size_t> readHere(char* to, std::size_t size, std::uint64_t offset) const;

    std::filesystem::path m_path;
    int m_descriptor = -1;
    std::uint64_t m_size = 0;
    std::int64_t m_changedSeconds = 0;
    std::int64_t m_changedNanoseconds = 0;
    std::uint64_t m_number = 0; // of the files that this process opened
};

// While one lives, small reads of its thread are served from a piece of the file that is read at once: for walks over
// neighbouring rows. What they see is as old as the piece.
class ReadAhead {
public:
    ReadAhead();
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

private:
    friend class DataFile;
    Result<std::size_t> read(const DataFile& file, char* to, std::size_t size, std::uint64_t offset);

    ReadAhead* m_before; // of this thread
    std::uint64_t m_file = 0;
    std::uint64_t m_begin = 0;
    std::vector<char> m_bytes;
    std::size_t m_used = 0;
    bool m_isUnchanged = true; // the file, when the piece was read
};

class FileScanner {
public:
    FileScanner(const DataFile& file, const base::Progress& progress, const base::CancelToken& cancel);

    // What is buffered from here on; empty only at the end or after a failure.
    std::string_view rest();
    void skip(std::size_t bytes) { m_at += bytes; } // at most rest().size()
    std::uint64_t position() const { return m_base + m_at; }
    void seek(std::uint64_t position);

    // The byte here, -1 at the end.
    int peek() { return m_at < m_used || fill() ? static_cast<unsigned char>(m_buffer[m_at]) : -1; }
    int get()
    {
        const int byte = peek();
        m_at += byte >= 0 ? 1 : 0;
        return byte;
    }
    void skipSpace(); // blanks, tabs, line ends

    // A failed read or "cancelled"; looked at when the walk is over.
    const Result<void>& status() const { return m_status; }

private:
    bool fill();

    const DataFile& m_file;
    const base::Progress& m_progress;
    base::CancelToken m_cancel;
    std::vector<char> m_buffer;
    std::uint64_t m_base = 0; // of the buffer, in the file
    std::size_t m_used = 0;
    std::size_t m_at = 0;
    std::uint64_t m_reported = 0;
    Result<void> m_status;
};

} // namespace luthier::data
