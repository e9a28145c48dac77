// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/file_fetch.h"

#include "core/base/files.h"
#include "core/hub/content_check.h"
#include "core/hub/http.h"
#include "core/hub/hub_errors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace luthier::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::chrono::milliseconds kPauseStep{50};

// The partial file, written at its end.
class PartialFile {
public:
    explicit PartialFile(fs::path path) : m_path(std::move(path)) {}
    ~PartialFile() { close(); }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    Result<void> open()
    {
        // A link in its place could lead elsewhere.
        m_descriptor = ::open(m_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        m_size = m_descriptor < 0 ? -1 : ::lseek(m_descriptor, 0, SEEK_END);
        return m_size < 0 ? Result<void>(failure("open")) : Result<void>();
    }
    Result<void> restart()
    {
        if (::ftruncate(m_descriptor, 0) != 0 || ::lseek(m_descriptor, 0, SEEK_SET) != 0) {
            return failure("empty");
        }
        m_size = 0;
        return {};
    }
    Result<void> add(std::string_view piece)
    {
        while (!piece.empty()) {
            const ssize_t wrote = ::write(m_descriptor, piece.data(), piece.size());
            if (wrote < 0 && errno == EINTR) {
                continue;
            }
            if (wrote <= 0) {
                return failure("save");
            }
            piece.remove_prefix(static_cast<std::size_t>(wrote));
            m_size += wrote;
        }
        return {};
    }
    Result<void> finish()
    {
        const bool good = ::fsync(m_descriptor) == 0;
        return good ? Result<void>() : Result<void>(failure("save"));
    }
    std::int64_t size() const { return m_size; }

private:
    void close()
    {
        if (m_descriptor >= 0) {
            ::close(m_descriptor);
        }
    }
    Error failure(const char* action) const
    {
        const std::string why = errno == ENOSPC || errno == EDQUOT ? "the disk is full; free some space and start the download again, it goes on there"
                                                                   : std::strerror(errno);
        return {m_path.string() + ": cannot " + action + ": " + why};
    }

    fs::path m_path;
    int m_descriptor = -1;
    std::int64_t m_size = -1;
};

struct Attempt {
    Result<void> problem;  // cannot be mended by trying again
    std::string temporary; // can: what went wrong this time
};

// "bytes 100-999/1000" begins where it was asked to.
bool beginsAt(const std::string& range, std::int64_t from)
{
    return range.starts_with("bytes " + std::to_string(from) + "-");
}

Attempt attempt(const HubClient& client, const FileJob& job, PartialFile& file)
{
    Attempt result;
    HttpRequest asked;
    asked.url = client.fileUrl(job.name, job.commit, job.path);
    asked.token = client.settings().token;
    asked.from = file.size();
    asked.connectTimeout = client.settings().connectTimeout;
    asked.cancel = job.cancel;
    const auto onHeaders = [&](const HttpAnswer& answer) {
        if (answer.status == 206 && beginsAt(answer.header("content-range"), file.size())) {
            return true;
        }
        if (answer.status == 416 || answer.status / 100 == 2) { // the server starts over, or the part is of no use
            result.problem = file.restart();
            return result.problem.ok() && answer.status == 200;
        }
        return true;
    };
    const auto onBody = [&](std::string_view piece) {
        result.problem = file.add(piece);
        if (result.problem.ok() && job.meta.size >= 0 && file.size() > job.meta.size) {
            result.problem = file.restart();
            result.temporary = "the server sends more bytes than the file has";
            return false;
        }
        if (job.onBytes) {
            job.onBytes(file.size());
        }
        return result.problem.ok();
    };
    auto answer = request(asked, onHeaders, onBody);
    if (!result.problem || !result.temporary.empty()) {
        return result;
    }
    if (!answer) {
        result.temporary = job.cancel.isCancelled() ? std::string() : answer.message();
        result.problem = job.cancel.isCancelled() ? Result<void>(answer.error()) : Result<void>();
    } else if (answer->status == 416 || answer->status == 206 || answer->status == 200) {
        result.temporary = answer->isComplete && answer->status != 416 ? std::string() : "the connection broke";
    } else if (isWorthRetrying(answer->status)) {
        result.temporary = answerError(*answer, client.settings(), job.name.id + "/" + job.path).message;
    } else {
        result.problem = answerError(*answer, client.settings(), job.name.id + "/" + job.path);
    }
    return result;
}

void pause(std::chrono::milliseconds time, const base::CancelToken& cancel)
{
    for (auto left = std::min(time, kLongestPause); left.count() > 0 && !cancel.isCancelled(); left -= kPauseStep) {
        std::this_thread::sleep_for(std::min(left, kPauseStep));
    }
}

Result<void> receive(const HubClient& client, const FileJob& job, PartialFile& file)
{
    auto delay = client.settings().retryDelay;
    std::int64_t most = file.size();
    for (int failures = 0;;) {
        if (job.meta.size >= 0 && file.size() == job.meta.size && (file.size() > 0 || failures > 0)) {
            return {};
        }
        const Attempt tried = attempt(client, job, file);
        if (!tried.problem) {
            return tried.problem;
        }
        if (tried.temporary.empty() && (job.meta.size < 0 || file.size() == job.meta.size)) {
            return {};
        }
        const bool advanced = file.size() > most;
        most = std::max(most, file.size());
        failures = advanced ? 1 : failures + 1;
        delay = advanced ? client.settings().retryDelay : delay;
        if (failures >= client.settings().tries) {
            const std::string why = tried.temporary.empty() ? "it ended before all bytes came" : tried.temporary;
            return Error{job.name.id + "/" + job.path + ": the download broke off (" + why + "); start it again, it goes on where it stopped"};
        }
        pause(delay, job.cancel);
        delay *= 2;
    }
}

} // namespace

Result<void> fetchFile(const HubClient& client, const HubCache& cache, const FileJob& job)
{
    const fs::path blob = cache.blobOf(job.name, job.meta.etag);
    if (auto made = base::makeDirectories(blob.parent_path()); !made) {
        return made;
    }
    const auto lock = BlobLock::take(cache, job.name, job.meta.etag, job.cancel);
    if (!lock) {
        return lock.error();
    }
    std::error_code code;
    const auto size = fs::file_size(blob, code);
    if (!code && (job.meta.size < 0 || size == static_cast<std::uint64_t>(job.meta.size))) {
        if (job.onBytes) {
            job.onBytes(static_cast<std::int64_t>(size));
        }
        return {}; // whole already, perhaps by another program
    }
    const fs::path partial = blob.string() + ".incomplete";
    {
        PartialFile file(partial);
        if (auto opened = file.open(); !opened) {
            return opened;
        }
        if (job.meta.size >= 0 && file.size() > job.meta.size) {
            if (auto emptied = file.restart(); !emptied) {
                return emptied;
            }
        }
        if (auto received = receive(client, job, file); !received) {
            return received;
        }
        if (auto saved = file.finish(); !saved) {
            return saved;
        }
    }
    const auto state = checkContent(partial, job.meta.etag, job.cancel);
    if (!state) {
        return state.error();
    }
    if (*state == ContentState::Wrong) {
        fs::remove(partial, code);
        return Error{job.name.id + "/" + job.path + ": what came is not what the hub promised (its checksum differs), so it was not kept; "
                     "start the download again"};
    }
    fs::rename(partial, blob, code);
    if (code) {
        return Error{blob.string() + ": cannot save: " + code.message()};
    }
    return base::syncDirectory(blob.parent_path());
}

} // namespace luthier::hub
