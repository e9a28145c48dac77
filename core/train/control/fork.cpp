// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/control/fork.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/train/checkpoint_name.h"
#include "core/train/checkpoint_result.h"
#include "core/train/control/rate_changes.h"
#include "core/train/run.h"
#include "core/train/run_folder.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

// What a start leaves in a run's folder and a later step reads again.
constexpr std::array kOfTheStart{"held_out.json", "reference.safetensors", "origin.json", "start", "base", "start.gguf", "start_directions.safetensors", "held_out_losses.json", "rate_changes.json"};

constexpr const char* kForkedFrom = "forked_from.json";

// Settings that decide what is trained: another value would have other weights.
constexpr std::array<std::string_view, 15> kOfTheWeights{
    "model.path", "model.adapter", "model.adapter_merge", "model.from_scratch", "model.quantization", "model.double_quantization", "method.kind", "method.rank", "method.target_modules",
    "method.rank_pattern", "method.use_dora", "method.bias", "method.modules_to_save", "objective.kind", "optimizer.kind"};

Result<void> checkSettings(const config::RunConfig& before, const config::RunConfig& after)
{
    for (const config::Difference& changed : config::difference(before, after)) {
        if (std::find(kOfTheWeights.begin(), kOfTheWeights.end(), changed.key) != kOfTheWeights.end()) {
            return Error{changed.key + " is " + changed.left + " in the run, and its checkpoint fits no other value; start a new run to change it"};
        }
    }
    return {};
}

Result<void> copyInto(const fs::path& from, const fs::path& to)
{
    std::error_code code;
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, code);
    return code ? Result<void>(Error{from.string() + " cannot be copied to " + to.string() + ": " + code.message()}) : Result<void>();
}

Result<void> fill(const ForkPoint& from, std::int64_t step, const config::RunConfig& config, const fs::path& folder)
{
    std::error_code code;
    const std::string name = checkpointName(step);
    auto done = prepareRunFolder(config, folder, false);
    done = done ? base::makeDirectories(folder / "checkpoints") : done;
    done = done ? copyInto(from.runFolder / "checkpoints" / name, folder / "checkpoints" / name) : done;
    for (const char* part : kOfTheStart) {
        if (done && fs::exists(from.runFolder / part, code)) {
            done = copyInto(from.runFolder / part, folder / part);
        }
    }
    const Json origin{{"run", fs::absolute(from.runFolder, code).lexically_normal().string()}, {"step", step}};
    return done ? base::writeFileAtomically(folder / kForkedFrom, base::dumpJson(origin, 2) + "\n") : done;
}

} // namespace

Result<void> forkRun(const ForkPoint& from, const config::RunConfig& config, const fs::path& folder)
{
    const auto before = readRunFolder(from.runFolder);
    if (!before) {
        return before.error();
    }
    const auto steps = stepsWithCheckpoint(from.runFolder);
    const std::int64_t step = from.step ? *from.step : steps.empty() ? 0 : steps.back();
    if (std::find(steps.begin(), steps.end(), step) == steps.end()) {
        std::string there;
        for (const std::int64_t known : steps) {
            there += (there.empty() ? "" : ", ") + std::to_string(known);
        }
        return Error{from.runFolder.string() + ": there is no checkpoint" + (from.step ? " of step " + std::to_string(step) : std::string())
                     + (there.empty() ? "" : "; there are those of " + there)};
    }
    if (auto fits = checkSettings(*before, config); !fits) {
        return fits;
    }
    std::error_code code;
    const bool wasThere = fs::exists(folder, code);
    if (wasThere && !fs::is_empty(folder, code)) {
        return Error{folder.string() + ": the folder is not empty; choose a new one"};
    }
    auto done = fill(from, step, config, folder);
    if (!done) {
        static_cast<void>(base::removeTree(folder));
        if (wasThere) {
            fs::create_directory(folder, code);
        }
    }
    return done;
}

bool isUntouchedFork(const fs::path& folder)
{
    std::error_code code;
    const auto origin = base::readJson(folder / kForkedFrom);
    const bool isFork = origin && origin->is_object() && origin->contains("step") && (*origin)["step"].is_number_integer();
    return isFork && stepsWithCheckpoint(folder) == std::vector<std::int64_t>{(*origin)["step"].get<std::int64_t>()} && !fs::exists(folder / "adapter", code) && !fs::exists(folder / "model", code);
}

Result<void> rateFromHere(const fs::path& runFolder, std::optional<std::int64_t> step, double rate)
{
    const auto steps = stepsWithCheckpoint(runFolder);
    RateChanges changes(runFolder);
    auto done = changes.restore();
    return done ? changes.add(step.value_or(steps.empty() ? 0 : steps.back()) + 1, rate) : done;
}

} // namespace luthier::train
