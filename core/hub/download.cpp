// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/download.h"

#include "core/base/files.h"
#include "core/hub/file_fetch.h"
#include "core/hub/hub_errors.h"
#include "core/hub/transfer_rate.h"

#include <algorithm>
#include <cstdio>

namespace luthier::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSpareBytes = std::int64_t{64} << 20; // left free for everybody else

std::string gigabytes(std::int64_t bytes)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
    return text;
}

std::int64_t bytesThere(const HubCache& cache, const RepoName& name, const std::string& commit, const FileChoice& choice)
{
    std::int64_t bytes = 0;
    for (const RemoteFile& file : choice.files) {
        std::error_code code;
        const auto size = fs::file_size(cache.snapshotOf(name, commit) / file.path, code);
        bytes += code ? 0 : static_cast<std::int64_t>(size);
    }
    return bytes;
}

Result<void> checkSpace(const HubCache& cache, std::int64_t missing)
{
    if (auto made = base::makeDirectories(cache.root()); !made) {
        return made;
    }
    std::error_code code;
    const auto space = fs::space(cache.root(), code);
    if (!code && missing > 0 && space.available < static_cast<std::uint64_t>(missing) + kSpareBytes) {
        return Error{cache.root().string() + ": the model needs " + gigabytes(missing) + " and the disk has "
                     + gigabytes(static_cast<std::int64_t>(space.available)) + " free; make room, or set HF_HOME to a disk that has it"};
    }
    return {};
}

// Counts the bytes of all files and tells.
class Counter {
public:
    Counter(const DownloadOptions& options, std::int64_t total) : m_options(options) { m_progress.total = total; }

    void begin(const std::string& file)
    {
        m_progress.file = file;
        m_before = m_progress.done;
    }
    void take(std::int64_t doneOfFile)
    {
        m_progress.done = m_before + doneOfFile;
        m_rate.add(m_progress.done);
        m_progress.bytesPerSecond = std::max(0.0, m_rate.bytesPerSecond());
        m_progress.secondsLeft = m_progress.total > 0 ? m_rate.secondsLeft(m_progress.total) : -1;
        if (m_options.onProgress) {
            m_options.onProgress(m_progress);
        }
    }
    // A part that was there before is no speed.
    void skip(std::int64_t bytes)
    {
        take(bytes);
        m_rate = {};
    }
    std::int64_t done() const { return m_progress.done; }

private:
    const DownloadOptions& m_options;
    DownloadProgress m_progress;
    TransferRate m_rate;
    std::int64_t m_before = 0;
};

Result<void> fetchOne(const HubClient& client, const HubCache& cache, const Repository& repository, const std::string& path,
                      const base::CancelToken& cancel, Counter& counter)
{
    FileJob job{repository.name, repository.commit, path, {}, cancel, {}};
    counter.begin(path);
    std::error_code code;
    if (const auto size = fs::file_size(cache.snapshotOf(job.name, job.commit) / path, code); !code) {
        counter.skip(static_cast<std::int64_t>(size)); // a commit never changes
        return {};
    }
    auto meta = client.fileMeta(job.name, job.commit, path, cancel);
    if (!meta) {
        return meta.error();
    }
    job.meta = *meta;
    bool isFirst = true;
    job.onBytes = [&](std::int64_t done) {
        std::exchange(isFirst, false) ? counter.skip(done) : counter.take(done);
    };
    if (auto fetched = fetchFile(client, cache, job); !fetched) {
        return fetched;
    }
    return cache.makeLink(job.name, job.commit, path, job.meta.etag);
}

Result<Downloaded> fromCache(const HubSettings& settings, const HubCache& cache, const RepoName& name)
{
    const auto found = cache.find(name);
    if (!found) {
        return offlineError(settings);
    }
    return Downloaded{name.id, found->commit, found->snapshot, 0};
}

} // namespace

Result<Downloaded> download(const HubSettings& settings, const RepoName& name, const DownloadOptions& options)
{
    const HubClient client(settings);
    const HubCache cache(settings.cache);
    if (settings.offline) {
        return fromCache(settings, cache, name);
    }
    auto repository = client.repository(name, options.cancel);
    if (!repository) {
        return repository.error();
    }
    auto choice = chooseFiles(*repository, options.gguf);
    if (!choice) {
        return choice.error();
    }
    if (auto room = checkSpace(cache, choice->bytes - bytesThere(cache, name, repository->commit, *choice)); !room) {
        return room.error();
    }
    Counter counter(options, choice->bytes);
    for (const RemoteFile& file : choice->files) {
        if (options.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        if (auto fetched = fetchOne(client, cache, *repository, file.path, options.cancel, counter); !fetched) {
            return fetched.error();
        }
    }
    if (auto written = cache.writeRef(name, repository->commit); !written) {
        return written.error();
    }
    const fs::path snapshot = cache.snapshotOf(name, repository->commit);
    return Downloaded{name.id, repository->commit, choice->gguf.empty() ? snapshot : snapshot / choice->gguf, counter.done()};
}

} // namespace luthier::hub
