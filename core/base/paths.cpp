// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"

#include <cstdlib>
#include <string>

namespace luthier::base {

namespace fs = std::filesystem;

namespace {

// `name` beside the program's own tree: <prefix>/share/luthier/<name>, or <source>/<name> for build/bin/luthier.
fs::path find(const char* variable, const char* name)
{
    if (const char* given = std::getenv(variable); given && *given) {
        return given;
    }
    std::error_code code;
    const fs::path program = fs::read_symlink("/proc/self/exe", code).parent_path();
    for (fs::path folder = program; !folder.empty(); folder = folder.parent_path()) {
        for (const fs::path& candidate : {folder / "share" / "luthier" / name, folder / name}) {
            // A folder called "resources" alone is too common a name to trust.
            if (fs::exists(candidate / (std::string(name) == "resources" ? "models" : "README.md"), code)) {
                return candidate;
            }
        }
        if (folder == folder.parent_path()) {
            break;
        }
    }
    return fs::path(LUTHIER_SOURCE_DIR) / name;
}

fs::path userFolder(const char* variable, const fs::path& underHome)
{
    if (const char* given = std::getenv(variable); given && *given) {
        return fs::path(given) / "luthier";
    }
    const char* home = std::getenv("HOME");
    return fs::path(home && *home ? home : "/tmp") / underHome / "luthier";
}

} // namespace

fs::path resourcesFolder()
{
    return find("LUTHIER_RESOURCES", "resources");
}

fs::path datasetsFolder()
{
    return find("LUTHIER_DATASETS", "datasets");
}

fs::path bundledModel()
{
    return resourcesFolder() / "models" / "luthier-tiny";
}

fs::path userDataFolder()
{
    return userFolder("XDG_DATA_HOME", fs::path(".local") / "share");
}

fs::path userCacheFolder()
{
    return userFolder("XDG_CACHE_HOME", ".cache");
}

} // namespace luthier::base
