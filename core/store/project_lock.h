// SPDX-License-Identifier: GPL-3.0-or-later
// ProjectLock: a project is open for writing in one process at a time. The lock file luthier.lock is held
// with flock(2), which ends with the process however it ends, and names its holder.
//
// Threads: one at a time.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <utility>

namespace luthier::store {

class ProjectLock {
public:
    using FileId = std::pair<std::uint64_t, std::uint64_t>; // device, inode: the same by every path

    // Opens the lock file of a project folder; nothing is taken yet.
    static Result<ProjectLock> open(const std::filesystem::path& folder);
    ProjectLock(ProjectLock&& other) noexcept;
    ProjectLock& operator=(ProjectLock&&) = delete;
    ~ProjectLock(); // gives it back

    FileId id() const { return m_id; }

    // The sentence of a refusal names the process that has it.
    Result<void> take();

    // After take(): whoever had it last did not give it back (killed, power cut).
    bool wasLeftOpen() const { return m_wasLeftOpen; }

    // Whether some process has the project open for writing now.
    static bool isHeld(const std::filesystem::path& folder);

private:
    ProjectLock(std::filesystem::path folder, int descriptor, FileId id);

    std::filesystem::path m_folder;
    int m_descriptor = -1;
    FileId m_id;
    bool m_isTaken = false;
    bool m_wasLeftOpen = false;
};

} // namespace luthier::store
