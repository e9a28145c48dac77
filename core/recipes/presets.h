// SPDX-License-Identifier: GPL-3.0-or-later
// Presets: settings saved by a name, in a project or for all of a person's projects. Each is a recipe file of its own, so that giving
// it away is giving away a file. A preset says how, never what: model, data, device and name stay those of the recipe it is taken into.
//
// Threads: any; files are read and written as they are asked for.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::recipes {

struct Preset {
    std::string name;
    std::filesystem::path file;
    bool isOfProject = false; // else of the person
};

// userDataFolder()/presets, and presets/ of a project.
std::filesystem::path personalPresets();
std::filesystem::path presetsOf(const std::filesystem::path& project);

// By name; the project's first, where both have one. `project` may be empty.
std::vector<Preset> listPresets(const std::filesystem::path& project);

// Errors: no such name (the sentence lists those there are), a file that is no recipe.
Result<config::RunConfig> readPreset(const std::string& name, const std::filesystem::path& project);

// Into the folder, in the place of one of that name. Errors: a name that is empty, longer than 80 bytes, begins with a dot, or has a slash or
// a control character.
Result<Preset> savePreset(const std::filesystem::path& folder, const std::string& name, const config::RunConfig& config);
Result<void> removePreset(const Preset& preset);

// `config` with the preset's way of training.
config::RunConfig withPreset(const config::RunConfig& config, const config::RunConfig& preset);

} // namespace luthier::recipes
