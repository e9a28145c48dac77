// SPDX-License-Identifier: GPL-3.0-or-later
// HubClient: what a hub says about models: a search, and the files of one. Answers are foreign text: bounded, checked, and
// file names that would leave the folder are refused.
//
// Threads: const functions may be called from any thread; they block on the network.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/hub/hub_settings.h"
#include "core/hub/repo_name.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::hub {

struct SearchHit {
    std::string id; // "org/name"
    std::int64_t downloads = 0;
    std::int64_t likes = 0;
    std::int64_t parameters = 0; // 0: not said
    std::string license;         // empty: not said
    bool isGated = false;
    bool hasGguf = false;
};

struct RemoteFile {
    std::string path;
    std::int64_t size = -1; // -1: not said
};

struct Repository {
    RepoName name;
    std::string commit;
    std::string license;
    bool isGated = false;
    std::vector<RemoteFile> files;
};

// What one file is: its tag names the content.
struct FileMeta {
    std::string etag;
    std::int64_t size = -1; // -1: not said
};

class HubClient {
public:
    explicit HubClient(HubSettings settings) : m_settings(std::move(settings)) {}

    const HubSettings& settings() const { return m_settings; }

    // Models that write text, most downloaded first.
    Result<std::vector<SearchHit>> search(const std::string& words, int limit, const base::CancelToken& cancel = {}) const;
    Result<Repository> repository(const RepoName& name, const base::CancelToken& cancel = {}) const;
    Result<FileMeta> fileMeta(const RepoName& name, const std::string& commit, const std::string& path,
                              const base::CancelToken& cancel = {}) const;

    std::string fileUrl(const RepoName& name, const std::string& commit, const std::string& path) const;

private:
    HubSettings m_settings;
};

} // namespace luthier::hub
