// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace luthier::base {

namespace {

constexpr int kDeepest = 256;

bool isDots(const char* name)
{
    return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

// 0, or the errno of the first thing that could not be removed.
int removeAt(int parent, const char* name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    // Linux says EISDIR, POSIX EPERM, where it is a folder.
    const int problem = errno;
    const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        return problem;
    }
    DIR* folder = depth < kDeepest ? fdopendir(descriptor) : nullptr;
    if (!folder) {
        close(descriptor);
        return ELOOP;
    }
    int first = 0;
    while (const dirent* entry = readdir(folder)) {
        const int result = isDots(entry->d_name) ? 0 : removeAt(descriptor, entry->d_name, depth + 1);
        first = first ? first : result;
    }
    closedir(folder);
    if (first == 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        first = errno;
    }
    return first;
}

} // namespace

Result<void> removeTree(const fs::path& path)
{
    const int problem = removeAt(AT_FDCWD, path.c_str(), 0);
    if (problem != 0) {
        return Error{path.string() + ": cannot be removed: " + std::strerror(problem)};
    }
    return {};
}

} // namespace luthier::base
