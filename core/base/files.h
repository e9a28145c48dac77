// SPDX-License-Identifier: GPL-3.0-or-later
// Files: reading whole, and saving so that a kill or a full disk leaves the old file or the new one.
//
// Threads: functions may be called from any thread; one AtomicFile belongs to one thread.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace luthier::base {

namespace fs = std::filesystem;

// What the errors here say of a disk that takes no more; see disk_room.h.
inline constexpr std::string_view kDiskFull = "the disk is full";

// Whole content. Refuses what is not a regular file and what is larger than `limit` bytes.
Result<std::string> readFile(const fs::path& path, std::uint64_t limit = std::uint64_t{1} << 32);

// A temporary file beside `path` that replaces it on commit(): every write checked, fsync, rename,
// fsync of the directory. Destroyed without commit(), it removes the temporary and touches nothing.
class AtomicFile {
public:
    static Result<AtomicFile> create(const fs::path& path);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    Result<void> write(const void* data, std::size_t size);
    Result<void> write(std::string_view text) { return write(text.data(), text.size()); }
    Result<void> commit();

private:
    AtomicFile(fs::path target, fs::path temporary, int descriptor);
    Result<void> fail(const char* action);

    fs::path m_target;
    fs::path m_temporary;
    int m_descriptor = -1;
};

Result<void> writeFileAtomically(const fs::path& path, std::string_view content);

// mkdir -p with a sentence on failure.
Result<void> makeDirectories(const fs::path& path);

// Removes a file, or a folder with everything in it; links are removed, never followed. What is not there is no error.
// Stands in for std::filesystem::remove_all, which LibTorch's libraries may replace with a copy that crashes.
Result<void> removeTree(const fs::path& path);

// fsync of a directory, so that a rename inside it survives a power cut.
Result<void> syncDirectory(const fs::path& path);

// True when `path`, with links resolved, lies inside `folder`. Used for names that come from files.
bool isInside(const fs::path& path, const fs::path& folder);

} // namespace luthier::base
