// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace luthier::base {

namespace {

std::string reason(int code)
{
    if (code == ENOSPC || code == EDQUOT) {
        return std::string(kDiskFull) + "; free some space and try again";
    }
    if (code == EFBIG) {
        return "the file may not grow larger there; raise the limit (ulimit -f), or choose another disk";
    }
    if (code == EACCES || code == EPERM || code == EROFS) {
        return "no permission; choose another folder or change its rights";
    }
    return std::strerror(code);
}

Error failure(const fs::path& path, const char* action, int code)
{
    return {path.string() + ": cannot " + action + ": " + reason(code)};
}

fs::path parentOf(const fs::path& path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

} // namespace

Result<std::string> readFile(const fs::path& path, std::uint64_t limit)
{
    // O_NONBLOCK: a named pipe in place of a file must not hang the open.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return failure(path, "open", errno);
    }
    struct stat info {};
    std::string content;
    Result<std::string> result = Error{};
    if (::fstat(descriptor, &info) != 0) {
        result = failure(path, "read", errno);
    } else if (!S_ISREG(info.st_mode)) {
        result = Error{path.string() + ": not a regular file"};
    } else if (static_cast<std::uint64_t>(info.st_size) > limit) {
        result = Error{path.string() + ": " + std::to_string(info.st_size) + " bytes, more than the "
                       + std::to_string(limit) + " allowed here"};
    } else {
        content.resize(static_cast<std::size_t>(info.st_size));
        std::size_t done = 0;
        ssize_t got = 1;
        while (done < content.size() && got > 0) {
            got = ::read(descriptor, content.data() + done, content.size() - done);
            if (got < 0 && errno == EINTR) {
                got = 1;
                continue;
            }
            done += got > 0 ? static_cast<std::size_t>(got) : 0;
        }
        if (got < 0) {
            result = failure(path, "read", errno);
        } else {
            content.resize(done); // a file that shrank meanwhile ends early
            result = std::move(content);
        }
    }
    ::close(descriptor);
    return result;
}

AtomicFile::AtomicFile(fs::path target, fs::path temporary, int descriptor)
    : m_target(std::move(target)), m_temporary(std::move(temporary)), m_descriptor(descriptor)
{
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_target(std::move(other.m_target)), m_temporary(std::move(other.m_temporary)),
      m_descriptor(std::exchange(other.m_descriptor, -1))
{
    other.m_temporary.clear();
}

AtomicFile::~AtomicFile()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
    if (!m_temporary.empty()) {
        ::unlink(m_temporary.c_str());
    }
}

Result<AtomicFile> AtomicFile::create(const fs::path& path)
{
    static std::atomic<unsigned> counter{0};
    const auto name = "." + path.filename().string() + "." + std::to_string(::getpid()) + "."
        + std::to_string(counter++) + ".tmp";
    const fs::path temporary = parentOf(path) / name;
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return failure(path, "save", errno);
    }
    return AtomicFile(path, temporary, descriptor);
}

Result<void> AtomicFile::fail(const char* action)
{
    return failure(m_target, action, errno);
}

Result<void> AtomicFile::write(const void* data, std::size_t size)
{
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t wrote = ::write(m_descriptor, at, size);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return fail("save");
        }
        at += wrote;
        size -= static_cast<std::size_t>(wrote);
    }
    return {};
}

Result<void> AtomicFile::commit()
{
    if (::fsync(m_descriptor) != 0) {
        return fail("save");
    }
    if (::close(std::exchange(m_descriptor, -1)) != 0) {
        return fail("save");
    }
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) {
        return fail("save");
    }
    m_temporary.clear();
    return syncDirectory(parentOf(m_target));
}

Result<void> writeFileAtomically(const fs::path& path, std::string_view content)
{
    auto file = AtomicFile::create(path);
    if (!file) {
        return file.error();
    }
    if (auto written = file->write(content); !written) {
        return written;
    }
    return file->commit();
}

Result<void> makeDirectories(const fs::path& path)
{
    std::error_code code;
    fs::create_directories(path, code);
    if (code) {
        return failure(path, "create the folder", code.value());
    }
    return {};
}

Result<void> syncDirectory(const fs::path& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return failure(path, "sync the folder", errno);
    }
    const int code = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    // Some network file systems cannot sync a directory; that is not a failed save.
    if (code != 0 && code != EINVAL && code != EBADF && code != ENOTSUP) {
        return failure(path, "sync the folder", code);
    }
    return {};
}

bool isInside(const fs::path& path, const fs::path& folder)
{
    std::error_code code;
    const auto inner = fs::weakly_canonical(path, code);
    const auto outer = fs::weakly_canonical(folder, code);
    const auto relative = inner.lexically_relative(outer);
    return !code && !relative.empty() && *relative.begin() != "..";
}

} // namespace luthier::base
