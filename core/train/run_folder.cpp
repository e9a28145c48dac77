// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_folder.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/config/named_paths.h"
#include "core/train/results/best_result.h"
#include "core/train/run.h"

#include <utility>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRecipe = "recipe.json";
constexpr const char* kRefused = "refused.json";
constexpr const char* kCheckpoints = "checkpoints";

// All that a start writes before the first step.
constexpr const char* kOfTheStart[] = {kRecipe, kRefused, kCheckpoints, "held_out.json", "held_out_losses.json", "rate_changes.json", "control.jsonl", "row_losses.json", "reference.safetensors", "origin.json", "start",
                                       "start.part", "start.gguf", "start.gguf.part", "start_directions.safetensors", "base", "base.part"};

// As it is stored: files named absolutely, so that the folder may be resumed from anywhere.
config::RunConfig withAbsolutePaths(config::RunConfig config)
{
    config::eachPath(config, [](std::string& path) { path = fs::absolute(path).lexically_normal().string(); });
    return config;
}

// Something in it that cost time: a checkpoint, broken ones too, or a result.
bool hasWork(const fs::path& folder)
{
    std::error_code code;
    if (fs::exists(folder / "adapter", code) || fs::exists(folder / "model", code) || fs::exists(folder / kBestFolder, code)) {
        return true;
    }
    for (const auto& entry : fs::directory_iterator(folder / kCheckpoints, code)) {
        if (entry.path().filename().string().find(".tmp-") == std::string::npos) {
            return true;
        }
    }
    return false;
}

Result<void> clearRefused(const fs::path& folder)
{
    for (const char* name : kOfTheStart) {
        if (auto removed = base::removeTree(folder / name); !removed) {
            return removed;
        }
    }
    return {};
}

Result<void> writeRecipe(const config::RunConfig& config, const fs::path& folder)
{
    return base::writeFileAtomically(folder / kRecipe, base::dumpJson(config::toJson(withAbsolutePaths(config)), 2) + "\n");
}

} // namespace

Result<void> prepareRunFolder(const config::RunConfig& config, const fs::path& folder, bool resume)
{
    const std::string name = folder.string();
    std::error_code code;
    if (folder.empty()) {
        return Error{"The run has no folder to write to."};
    }
    if (resume) {
        (void)base::removeTree(folder / kRefused);
        if (!fs::is_directory(folder, code)) {
            return Error{name + ": there is no such run folder"};
        }
        return fs::exists(folder / kRecipe, code) ? Result<void>() : writeRecipe(config, folder); // its start was killed before that
    }
    if (fs::exists(folder, code) && !fs::is_directory(folder, code)) {
        return Error{name + ": this is a file; a run needs a folder of its own"};
    }
    if (fs::exists(folder / kRefused, code) && !hasWork(folder)) {
        if (auto cleared = clearRefused(folder); !cleared) {
            return cleared;
        }
    }
    if (fs::exists(folder, code) && !fs::is_empty(folder, code)) {
        return Error{name + ": the folder is not empty; choose a new one, or resume the run that lies there"};
    }
    if (auto made = base::makeDirectories(folder); !made) {
        return made;
    }
    return writeRecipe(config, folder);
}

void markRefused(const fs::path& folder, const std::string& sentence)
{
    if (!hasWork(folder)) {
        (void)base::writeFileAtomically(folder / kRefused, base::dumpJson(Json{{"why", sentence}}, 2) + "\n");
    }
}

Result<config::RunConfig> readRunFolder(const fs::path& folder)
{
    std::error_code code;
    if (!fs::exists(folder / kRecipe, code)) {
        return Error{folder.string() + ": this is no run's folder; it has no " + kRecipe};
    }
    return config::readRecipe(folder / kRecipe);
}

} // namespace luthier::train
