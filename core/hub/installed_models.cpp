// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/installed_models.h"

#include "core/base/files.h"
#include "core/base/other_makes.h"
#include "core/base/paths.h"
#include "core/hub/hub_cache.h"

#include <algorithm>
#include <string_view>

namespace luthier::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxReadme = std::uint64_t{8} << 20;

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t\r'\"");
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t\r'\"") - begin + 1);
}

// What the text of a licence itself says in its first lines.
std::string licenseOfText(const fs::path& file)
{
    const auto text = base::readFile(file, kMaxReadme);
    const std::string_view head = text ? std::string_view(*text).substr(0, 400) : std::string_view();
    if (head.find("Apache License") != std::string_view::npos && head.find("Version 2.0") != std::string_view::npos) {
        return "apache-2.0";
    }
    return head.find("MIT License") != std::string_view::npos ? "mit" : "";
}

// "license: apache-2.0" between the two lines of dashes that a model's README begins with; "other" has a name of its own.
std::string licenseOf(const fs::path& folder)
{
    const auto readme = base::readFile(folder / "README.md", kMaxReadme);
    std::string license;
    if (!readme || !readme->starts_with("---")) {
        return licenseOfText(folder / "LICENSE");
    }
    std::string_view rest = std::string_view(*readme).substr(3);
    rest = rest.substr(0, rest.find("\n---"));
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        if (line.starts_with("license:")) {
            license = trimmed(line.substr(8));
        } else if (line.starts_with("license_name:")) {
            return std::string(trimmed(line.substr(13)));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return license;
}

std::int64_t fileBytes(const fs::path& path)
{
    std::error_code code;
    const auto size = fs::file_size(path, code);
    return code ? 0 : static_cast<std::int64_t>(size);
}

std::int64_t weightBytes(const fs::path& path)
{
    std::error_code code;
    if (!fs::is_directory(path, code)) {
        return fileBytes(path);
    }
    std::int64_t bytes = 0;
    for (fs::directory_iterator at(path, code), end; !code && at != end; at.increment(code)) {
        bytes += at->path().extension() == ".safetensors" ? fileBytes(at->path()) : 0;
    }
    return bytes;
}

std::vector<fs::path> ggufFiles(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
        if (at->path().extension() == ".gguf") {
            files.push_back(at->path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

// What a place holds: model folders and .gguf files, also one in a folder of its own.
void addPlace(std::vector<InstalledModel>& models, const fs::path& place, ModelSource source)
{
    std::vector<fs::path> found = ggufFiles(place);
    std::error_code code;
    for (fs::directory_iterator at(place, code), end; !code && at != end; at.increment(code)) {
        std::error_code ignored;
        if (fs::exists(at->path() / "config.json", ignored)) {
            found.push_back(at->path());
        } else if (fs::is_directory(at->path(), ignored) && !at->path().filename().string().starts_with('.')) {
            const auto inside = ggufFiles(at->path());
            found.insert(found.end(), inside.begin(), inside.end());
        }
    }
    std::sort(found.begin(), found.end());
    for (const fs::path& path : found) {
        models.push_back(readInstalledModel(path.lexically_normal(), source));
    }
}

void addCache(std::vector<InstalledModel>& models, const fs::path& root)
{
    for (const CachedModel& cached : HubCache(root).models()) {
        std::error_code code;
        std::vector<fs::path> paths = ggufFiles(cached.snapshot);
        if (fs::exists(cached.snapshot / "config.json", code) && (paths.empty() || weightBytes(cached.snapshot) > 0)) {
            paths.insert(paths.begin(), cached.snapshot);
        }
        for (const fs::path& path : paths) {
            InstalledModel model = readInstalledModel(path, ModelSource::Hub);
            model.repo = cached.id;
            models.push_back(std::move(model));
        }
    }
}

} // namespace

std::string modelNameOf(const fs::path& path)
{
    const fs::path clean = path.has_filename() ? path : path.parent_path();
    const bool isFile = clean.extension() == ".gguf";
    const fs::path snapshot = isFile ? clean.parent_path() : clean;
    if (snapshot.parent_path().filename() == "snapshots") {
        if (const auto id = repoOfFolder(snapshot.parent_path().parent_path().filename().string())) {
            return isFile ? *id + "/" + clean.filename().string() : *id;
        }
    }
    return clean.filename().string();
}

const char* sourceName(ModelSource source)
{
    static constexpr const char* kNames[] = {"bundled", "own", "project", "hub", "added"};
    return kNames[static_cast<int>(source)];
}

InstalledModel readInstalledModel(const fs::path& path, ModelSource source)
{
    InstalledModel model;
    model.path = path;
    model.name = modelNameOf(path);
    model.source = source;
    model.weightBytes = weightBytes(path);
    model.license = licenseOf(model.isGguf() ? path.parent_path() : path);
    auto config = nn::readDecoderConfig(path);
    if (config) {
        model.config = std::move(*config);
    } else {
        const std::string other = base::whatElse(path);
        model.problem = other.empty() ? config.message() : path.string() + ": this is no model that can be opened; " + other;
    }
    return model;
}

std::vector<InstalledModel> installedModels(const ModelPlaces& places)
{
    std::vector<InstalledModel> models;
    addPlace(models, base::resourcesFolder() / "models", ModelSource::Bundled);
    addPlace(models, base::userDataFolder() / "models", ModelSource::Own);
    if (!places.project.empty()) {
        addPlace(models, places.project / "models", ModelSource::Project);
    }
    if (!places.cache.empty()) {
        addCache(models, places.cache);
    }
    for (const fs::path& path : places.added) {
        const bool known = std::any_of(models.begin(), models.end(), [&](const InstalledModel& model) { return model.path == path; });
        if (!known) {
            models.push_back(readInstalledModel(path, ModelSource::Added));
        }
    }
    return models;
}

Result<fs::path> findModel(const std::string& nameOrPath, const ModelPlaces& places)
{
    std::error_code code;
    if (fs::exists(nameOrPath, code)) {
        return fs::path(nameOrPath);
    }
    for (const InstalledModel& model : installedModels(places)) {
        if (model.name == nameOrPath || model.repo == nameOrPath) {
            return model.path;
        }
    }
    return Error{nameOrPath + ": no model of that name or path is on this machine; luthier models lists what is, luthier models download gets more"};
}

} // namespace luthier::hub
