// SPDX-License-Identifier: GPL-3.0-or-later
// HubSettings: where the hub is, where its files are kept on this machine, and whether the network may be used.
// The variables and folders are those of the other programs that share the cache: HF_ENDPOINT, HF_HOME,
// HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE.
//
// The token is a secret: it goes into one header and nowhere else, no log, recipe, project or sentence.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace luthier::hub {

struct HubSettings {
    std::string endpoint = "https://huggingface.co"; // no slash at the end
    std::filesystem::path cache;                     // holds models--org--name
    std::string token;                               // empty: none
    bool offline = false;
    std::string offlineBecause = "HF_HUB_OFFLINE is set"; // how the sentence about it begins
    std::chrono::milliseconds connectTimeout{10'000};
    std::chrono::milliseconds retryDelay{1'000}; // before the second try; doubles with each further one
    int tries = 5;                               // in a row without a new byte
};

HubSettings settingsFromEnvironment();

std::filesystem::path hubCacheFolder(); // HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub

} // namespace luthier::hub
