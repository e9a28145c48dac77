// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/hub_cache.h"

#include "core/base/files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace luthier::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxRef = 256;
constexpr std::chrono::milliseconds kLockPause{100};

std::optional<std::string> readRef(const fs::path& path)
{
    auto text = base::readFile(path, kMaxRef);
    if (!text) {
        return std::nullopt;
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) {
        text->pop_back();
    }
    return isCommit(*text) ? std::optional(*text) : std::nullopt;
}

std::optional<CachedModel> anySnapshot(const fs::path& folder, const std::string& id)
{
    std::optional<CachedModel> found;
    fs::file_time_type newest{};
    std::error_code code;
    for (fs::directory_iterator at(folder / "snapshots", code), end; !code && at != end; at.increment(code)) {
        std::error_code ignored;
        const std::string commit = at->path().filename().string();
        const auto time = fs::last_write_time(at->path(), ignored);
        if (isCommit(commit) && at->is_directory(ignored) && (!found || time > newest)) {
            found = CachedModel{id, commit, at->path(), folder};
            newest = time;
        }
    }
    return found;
}

} // namespace

fs::path HubCache::snapshotOf(const RepoName& name, const std::string& commit) const
{
    return folderOf(name) / "snapshots" / commit;
}

fs::path HubCache::blobOf(const RepoName& name, const std::string& etag) const
{
    return folderOf(name) / "blobs" / etag;
}

std::optional<CachedModel> HubCache::find(const RepoName& name) const
{
    const auto commit = isCommit(name.revision) ? std::optional(name.revision) : readRef(folderOf(name) / "refs" / name.revision);
    std::error_code code;
    if (!commit || !fs::is_directory(snapshotOf(name, *commit), code)) {
        return std::nullopt;
    }
    return CachedModel{name.id, *commit, snapshotOf(name, *commit), folderOf(name)};
}

std::vector<CachedModel> HubCache::models() const
{
    std::vector<CachedModel> found;
    std::error_code code;
    for (fs::directory_iterator at(m_root, code), end; !code && at != end; at.increment(code)) {
        const auto id = repoOfFolder(at->path().filename().string());
        if (!id) {
            continue;
        }
        auto model = find(RepoName{*id});
        if (!model) {
            model = anySnapshot(at->path(), *id);
        }
        if (model) {
            found.push_back(std::move(*model));
        }
    }
    std::sort(found.begin(), found.end(), [](const CachedModel& a, const CachedModel& b) { return a.id < b.id; });
    return found;
}

Result<void> HubCache::makeLink(const RepoName& name, const std::string& commit, const std::string& path, const std::string& etag) const
{
    const fs::path link = snapshotOf(name, commit) / path;
    const fs::path folder = link.parent_path();
    if (auto made = base::makeDirectories(folder); !made) {
        return made;
    }
    // A folder on the way that is a link could lead elsewhere.
    if (!base::isInside(folder, snapshotOf(name, commit)) && !fs::equivalent(folder, snapshotOf(name, commit))) {
        return Error{link.string() + ": it would lie outside the model's folder; nothing was written"};
    }
    const fs::path target = blobOf(name, etag).lexically_relative(folder);
    const fs::path temporary = folder / ("." + link.filename().string() + "." + std::to_string(::getpid()) + ".link");
    std::error_code code;
    fs::remove(temporary, code);
    fs::create_symlink(target, temporary, code);
    if (code) { // a file system without links: the file itself
        code.clear();
        fs::copy_file(blobOf(name, etag), temporary, fs::copy_options::overwrite_existing, code);
    }
    if (!code) {
        fs::rename(temporary, link, code);
    }
    if (code) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        return Error{link.string() + ": cannot save: " + code.message()};
    }
    return {};
}

Result<void> HubCache::writeRef(const RepoName& name, const std::string& commit) const
{
    if (isCommit(name.revision)) {
        return {};
    }
    const fs::path ref = folderOf(name) / "refs" / name.revision;
    if (auto made = base::makeDirectories(ref.parent_path()); !made) {
        return made;
    }
    return base::writeFileAtomically(ref, commit);
}

Result<void> HubCache::remove(const RepoName& name) const
{
    std::error_code code;
    if (!fs::is_directory(folderOf(name), code)) {
        return Error{name.id + ": it is not in the cache at " + m_root.string()};
    }
    if (auto removed = base::removeTree(folderOf(name)); !removed) {
        return removed;
    }
    return base::removeTree(m_root / ".locks" / name.folder());
}

Result<BlobLock> BlobLock::take(const HubCache& cache, const RepoName& name, const std::string& etag, const base::CancelToken& cancel)
{
    const fs::path folder = cache.root() / ".locks" / name.folder();
    if (auto made = base::makeDirectories(folder); !made) {
        return made.error();
    }
    const fs::path path = folder / (etag + ".lock");
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return Error{path.string() + ": cannot lock: " + std::strerror(errno)};
    }
    BlobLock lock(descriptor);
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            break; // a file system without locks
        }
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        std::this_thread::sleep_for(kLockPause);
    }
    return lock;
}

BlobLock::BlobLock(BlobLock&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}

BlobLock::~BlobLock()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor); // gives the lock back
    }
}

} // namespace luthier::hub
