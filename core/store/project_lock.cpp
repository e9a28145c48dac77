// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/project_lock.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

const char kName[] = "luthier.lock";

// isHeld() and a project that is just being closed hold the lock for moments.
constexpr int kTries = 20;
constexpr std::chrono::milliseconds kPause{25};

struct Holder {
    std::string pid;
    std::string program;
    std::string host;
};

std::string hostName()
{
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

Holder readHolder(int descriptor)
{
    std::array<char, 512> bytes{};
    const ssize_t size = ::pread(descriptor, bytes.data(), bytes.size(), 0);
    std::istringstream lines(std::string(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
    Holder holder;
    std::getline(lines, holder.pid);
    std::getline(lines, holder.program);
    std::getline(lines, holder.host);
    return holder;
}

std::string sentence(const fs::path& folder, const Holder& holder)
{
    std::string who = holder.program.empty() ? "another Luthier" : holder.program;
    who += holder.pid.empty() ? "" : " (process " + holder.pid + ")";
    who += holder.host.empty() || holder.host == hostName() ? "" : " on " + holder.host;
    return folder.string() + ": " + who
           + " has this project open; close it there first. "
             "Until then it can be looked at: luthier runs --project "
           + folder.string();
}

bool tryLock(int descriptor, int operation)
{
    int result = 0;
    do {
        result = ::flock(descriptor, operation | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

} // namespace

ProjectLock::ProjectLock(fs::path folder, int descriptor, FileId id)
    : m_folder(std::move(folder)), m_descriptor(descriptor), m_id(id)
{
}

ProjectLock::ProjectLock(ProjectLock&& other) noexcept
    : m_folder(std::move(other.m_folder)), m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_id(other.m_id), m_isTaken(std::exchange(other.m_isTaken, false)), m_wasLeftOpen(other.m_wasLeftOpen)
{
}

ProjectLock::~ProjectLock()
{
    if (m_isTaken) {
        // An empty file says that the project was closed well. The file itself stays: removing it would let
        // two processes lock two files of this name.
        static_cast<void>(::ftruncate(m_descriptor, 0));
    }
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

Result<ProjectLock> ProjectLock::open(const fs::path& folder)
{
    const fs::path path = folder / kName;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat info{};
    if (descriptor < 0 || ::fstat(descriptor, &info) != 0) {
        const std::string why = std::strerror(errno);
        if (descriptor >= 0) {
            ::close(descriptor);
        }
        return Error{path.string() + ": cannot be written: " + why + "; choose a folder where you may write"};
    }
    return ProjectLock(folder, descriptor,
                       {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)});
}

Result<void> ProjectLock::take()
{
    bool taken = tryLock(m_descriptor, LOCK_EX);
    for (int i = 1; !taken && errno == EWOULDBLOCK && i < kTries; ++i) {
        std::this_thread::sleep_for(kPause);
        taken = tryLock(m_descriptor, LOCK_EX);
    }
    if (!taken && errno != EWOULDBLOCK) {
        return Error{(m_folder / kName).string() + ": cannot be locked: " + std::strerror(errno)
                     + "; put the project on a local disk"};
    }
    const Holder last = readHolder(m_descriptor);
    if (!taken) {
        return Error{sentence(m_folder, last)};
    }
    m_isTaken = true;
    m_wasLeftOpen = !last.pid.empty();
    const std::string own =
        std::to_string(::getpid()) + "\n" + program_invocation_short_name + "\n" + hostName() + "\n";
    if (::ftruncate(m_descriptor, 0) != 0 || ::pwrite(m_descriptor, own.data(), own.size(), 0) < 0) {
        // The lock holds all the same; a full disk only keeps others from being told by whom.
        m_wasLeftOpen = true;
    }
    return {};
}

bool ProjectLock::isHeld(const fs::path& folder)
{
    const int descriptor = ::open((folder / kName).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    const bool isFree = tryLock(descriptor, LOCK_SH);
    ::close(descriptor);
    return !isFree;
}

} // namespace luthier::store
