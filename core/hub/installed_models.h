// SPDX-License-Identifier: GPL-3.0-or-later
// InstalledModels: every model on this machine that Luthier knows of: bundled, one's own, the project's, the hub cache's, and
// folders and .gguf files that were added by hand. Facts come from config.json (or the file's header) alone.
//
// Threads: any; touches disks.
#pragma once

#include "core/base/result.h"
#include "core/nn/families/decoder_config.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::hub {

enum class ModelSource { Bundled, Own, Project, Hub, Added };

struct InstalledModel {
    std::string name; // "luthier-tiny", "org/name", "file.gguf"
    std::filesystem::path path;
    ModelSource source = ModelSource::Own;
    std::string repo; // on the hub; empty: it is not from there
    nn::DecoderConfig config;
    std::int64_t weightBytes = 0; // 0: none there
    std::string license;          // empty: not said
    std::string problem;          // empty: it can be used

    bool isGguf() const { return path.extension() == ".gguf"; }
};

struct ModelPlaces {
    std::filesystem::path project; // empty: none
    std::filesystem::path cache;   // of the hub; empty: none
    std::vector<std::filesystem::path> added;
};

std::vector<InstalledModel> installedModels(const ModelPlaces& places);

InstalledModel readInstalledModel(const std::filesystem::path& path, ModelSource source);

// How a person calls it: "org/name" for a snapshot of the cache, else the last part of the path.
std::string modelNameOf(const std::filesystem::path& path);

// "bundled", "own", "project", "hub", "added"
const char* sourceName(ModelSource source);

// A path as it is, else the installed model of that name.
Result<std::filesystem::path> findModel(const std::string& nameOrPath, const ModelPlaces& places);

} // namespace luthier::hub
