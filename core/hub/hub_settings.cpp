// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/hub_settings.h"

#include "core/base/files.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace luthier::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxTokenFile = 4096;

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

bool isOn(std::string value)
{
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::toupper(c); });
    return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

std::string trimmed(const std::string& text)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

fs::path home()
{
    const std::string folder = variable("HOME");
    return folder.empty() ? fs::path("/tmp") : fs::path(folder);
}

fs::path hubHome()
{
    if (const std::string given = variable("HF_HOME"); !given.empty()) {
        return given;
    }
    const std::string cache = variable("XDG_CACHE_HOME");
    return (cache.empty() ? home() / ".cache" : fs::path(cache)) / "huggingface";
}

std::string storedToken()
{
    for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
        if (const std::string token = trimmed(variable(name)); !token.empty()) {
            return token;
        }
    }
    const std::string given = variable("HF_TOKEN_PATH");
    const auto file = base::readFile(given.empty() ? hubHome() / "token" : fs::path(given), kMaxTokenFile);
    return file ? trimmed(*file) : std::string();
}

} // namespace

fs::path hubCacheFolder()
{
    for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
        if (const std::string given = variable(name); !given.empty()) {
            return given;
        }
    }
    return hubHome() / "hub";
}

HubSettings settingsFromEnvironment()
{
    HubSettings settings;
    if (std::string endpoint = trimmed(variable("HF_ENDPOINT")); !endpoint.empty()) {
        while (endpoint.ends_with('/')) {
            endpoint.pop_back();
        }
        settings.endpoint = endpoint;
    }
    settings.cache = hubCacheFolder();
    settings.token = storedToken();
    settings.offline = isOn(variable("HF_HUB_OFFLINE"));
    return settings;
}

} // namespace luthier::hub
