// SPDX-License-Identifier: GPL-3.0-or-later
// FileFetch: one file of a repository into the cache's blobs: goes on where a cut left it, tries again when the network
// fails, checks size and content, and keeps nothing that is wrong.
//
// Threads: any; blocks.
#pragma once

#include "core/hub/hub_cache.h"
#include "core/hub/hub_client.h"

#include <functional>
#include <string>

namespace luthier::hub {

struct FileJob {
    RepoName name;
    std::string commit;
    std::string path;
    FileMeta meta;
    base::CancelToken cancel;
    std::function<void(std::int64_t done)> onBytes; // of this file so far; may go back when the server starts over
};

// Cut or cancelled, <etag>.incomplete stays for the next time.
Result<void> fetchFile(const HubClient& client, const HubCache& cache, const FileJob& job);

} // namespace luthier::hub
