// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recipes/presets.h"

#include "core/base/files.h"
#include "core/base/paths.h"

#include <algorithm>

namespace luthier::recipes {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPresetEnding = ".json";
constexpr std::size_t kLongestName = 80;

Result<void> checkPresetName(const std::string& name)
{
    const bool isOdd = std::any_of(name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return name.empty() || name.size() > kLongestName || name.front() == '.' || isOdd
               ? Result<void>(Error{"\"" + name + "\" cannot name a preset: take 1 to 80 bytes without a slash, and no dot in front"})
               : Result<void>();
}

void addPresets(const fs::path& folder, bool isOfProject, std::vector<Preset>& all)
{
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
        const std::string name = entry.path().stem().string();
        const bool isKnown = std::any_of(all.begin(), all.end(), [&](const Preset& known) { return known.name == name; });
        if (entry.path().extension() == kPresetEnding && entry.is_regular_file(code) && checkPresetName(name) && !isKnown) {
            all.push_back({name, entry.path(), isOfProject});
        }
    }
}

// Where the run's own things go on, whatever preset is taken.
void keepOwn(config::RunConfig& into, const config::RunConfig& own)
{
    into.model.path = own.model.path;
    into.model.adapter = own.model.adapter;
    into.model.adapterMerge = own.model.adapterMerge;
    into.model.fromScratch = own.model.fromScratch;
    into.model.device = own.model.device;
    into.model.templateTime = own.model.templateTime;
    const auto limits = into.data;
    into.data = own.data;
    into.data.maxLength = limits.maxLength;
    into.data.padding = limits.padding;
    into.data.heldOutShare = limits.heldOutShare;
    into.data.generalShare = own.data.general.empty() ? 0 : limits.generalShare;
    into.run.name = own.run.name;
    into.run.threads = own.run.threads;
    into.run.probePrompts = own.run.probePrompts;
}

} // namespace

fs::path personalPresets()
{
    return base::userDataFolder() / "presets";
}

fs::path presetsOf(const fs::path& project)
{
    return project / "presets";
}

std::vector<Preset> listPresets(const fs::path& project)
{
    std::vector<Preset> all;
    if (!project.empty()) {
        addPresets(presetsOf(project), true, all);
    }
    addPresets(personalPresets(), false, all);
    std::sort(all.begin(), all.end(), [](const Preset& a, const Preset& b) { return a.name < b.name; });
    return all;
}

Result<config::RunConfig> readPreset(const std::string& name, const fs::path& project)
{
    std::string names;
    for (const Preset& preset : listPresets(project)) {
        if (preset.name == name) {
            return config::readRecipe(preset.file);
        }
        names += (names.empty() ? "" : ", ") + preset.name;
    }
    return Error{"there is no preset \"" + name + "\"; " + (names.empty() ? "none is saved yet (luthier recipe --save-preset NAME RECIPE.json)" : "there are " + names)};
}

Result<Preset> savePreset(const fs::path& folder, const std::string& name, const config::RunConfig& config)
{
    if (auto fits = checkPresetName(name); !fits) {
        return fits.error();
    }
    if (auto made = base::makeDirectories(folder); !made) {
        return made.error();
    }
    config::RunConfig kept = config;
    keepOwn(kept, config::RunConfig());
    const fs::path file = folder / (name + kPresetEnding);
    auto written = base::writeFileAtomically(file, base::dumpJson(config::toJson(kept), 2) + "\n");
    return written ? Result<Preset>(Preset{name, file, folder != personalPresets()}) : Result<Preset>(written.error());
}

Result<void> removePreset(const Preset& preset)
{
    std::error_code code;
    fs::remove(preset.file, code);
    return code ? Result<void>(Error{preset.file.string() + ": cannot be removed: " + code.message()}) : Result<void>();
}

config::RunConfig withPreset(const config::RunConfig& config, const config::RunConfig& preset)
{
    config::RunConfig taken = preset;
    keepOwn(taken, config);
    return taken;
}

} // namespace luthier::recipes
