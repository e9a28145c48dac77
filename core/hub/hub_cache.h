// SPDX-License-Identifier: GPL-3.0-or-later
// HubCache: the folder of downloaded models that other programs share:
//   models--org--name/blobs/<etag>             contents
//   models--org--name/refs/<revision>          the commit a name stands for
//   models--org--name/snapshots/<commit>/<path>  relative links to the blobs
//
// Threads: any; writers of one file take turns by a lock file, also between programs.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/hub/repo_name.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace luthier::hub {

struct CachedModel {
    std::string id;
    std::string commit;
    std::filesystem::path snapshot;
    std::filesystem::path folder; // models--org--name
};

class HubCache {
public:
    explicit HubCache(std::filesystem::path root) : m_root(std::move(root)) {}

    const std::filesystem::path& root() const { return m_root; }
    std::filesystem::path folderOf(const RepoName& name) const { return m_root / name.folder(); }
    std::filesystem::path snapshotOf(const RepoName& name, const std::string& commit) const;
    std::filesystem::path blobOf(const RepoName& name, const std::string& etag) const;

    // The snapshot that a revision stands for, where it is there.
    std::optional<CachedModel> find(const RepoName& name) const;
    // One for each model: of its newest revision "main", else of any snapshot. Sorted by id.
    std::vector<CachedModel> models() const;

    Result<void> makeLink(const RepoName& name, const std::string& commit, const std::string& path, const std::string& etag) const;
    Result<void> writeRef(const RepoName& name, const std::string& commit) const;

    // The whole folder of the model with all its revisions, and its lock files.
    Result<void> remove(const RepoName& name) const;

private:
    std::filesystem::path m_root;
};

// Held while a blob is written. Waits for other programs until `cancel`.
class BlobLock {
public:
    static Result<BlobLock> take(const HubCache& cache, const RepoName& name, const std::string& etag, const base::CancelToken& cancel);
    BlobLock(BlobLock&& other) noexcept;
    BlobLock& operator=(BlobLock&&) = delete;
    ~BlobLock();

private:
    explicit BlobLock(int descriptor) : m_descriptor(descriptor) {}
    int m_descriptor;
};

} // namespace luthier::hub
