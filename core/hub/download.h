// SPDX-License-Identifier: GPL-3.0-or-later
// Download: the files of a model that are needed, into the shared cache. Can be cut or cancelled at any byte and goes on
// there the next time; the model appears (its ref is written) when all of it is there and checked.
//
// Threads: any; blocks. onProgress is called on that thread.
#pragma once

#include "core/hub/file_choice.h"
#include "core/hub/hub_client.h"

#include <filesystem>
#include <functional>
#include <string>

namespace luthier::hub {

struct DownloadProgress {
    std::string file;
    std::int64_t done = 0;      // bytes of all files
    std::int64_t total = 0;     // 0: not known
    double bytesPerSecond = 0;  // 0: not known yet
    double secondsLeft = -1;    // negative: not known
};

struct DownloadOptions {
    std::string gguf; // see chooseFiles
    std::function<void(const DownloadProgress&)> onProgress;
    base::CancelToken cancel;
};

struct Downloaded {
    std::string id;
    std::string commit;
    std::filesystem::path path; // the snapshot's folder, or the GGUF file in it
    std::int64_t bytes = 0;
};

// Offline, a model that is in the cache is the answer.
Result<Downloaded> download(const HubSettings& settings, const RepoName& name, const DownloadOptions& options);

} // namespace luthier::hub
