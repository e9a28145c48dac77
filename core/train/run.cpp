// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run.h"

#include "core/base/files.h"
#include "core/train/failure.h"
#include "core/train/start_point.h"
#include "core/train/trainer.h"

#include <chrono>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRecipe = "recipe.json";

// As it is stored: files named absolutely, so that the folder may be resumed from anywhere.
config::RunConfig withAbsolutePaths(config::RunConfig config)
{
    const auto makeAbsolute = [](std::string& path) {
        path = path.empty() ? path : fs::absolute(path).lexically_normal().string();
    };
    makeAbsolute(config.model.path);
    makeAbsolute(config.model.adapter);
    for (auto* files : {&config.data.train, &config.data.heldOut}) {
        for (std::string& file : *files) {
            makeAbsolute(file);
        }
    }
    return config;
}

Result<void> prepareFolder(const config::RunConfig& config, const RunInputs& inputs)
{
    const std::string name = inputs.folder.string();
    std::error_code code;
    if (inputs.folder.empty()) {
        return Error{"The run has no folder to write to."};
    }
    if (inputs.resume) {
        return fs::is_directory(inputs.folder, code) ? Result<void>()
                                                     : Result<void>(Error{name + ": there is no such run folder"});
    }
    if (fs::exists(inputs.folder, code) && !fs::is_directory(inputs.folder, code)) {
        return Error{name + ": this is a file; a run needs a folder of its own"};
    }
    if (fs::exists(inputs.folder, code) && !fs::is_empty(inputs.folder, code)) {
        return Error{name + ": the folder is not empty; choose a new one, or resume the run that lies there"};
    }
    if (auto made = base::makeDirectories(inputs.folder); !made) {
        return made;
    }
    return base::writeFileAtomically(inputs.folder / kRecipe,
                                     base::dumpJson(config::toJson(withAbsolutePaths(config)), 2) + "\n");
}

RunEnded failure(const std::string& sentence)
{
    return {Outcome::Failed, sentence, 0, {}, 0};
}

RunEnded cannotBegin(const std::string& sentence)
{
    return sentence == "cancelled" ? RunEnded{Outcome::Stopped, {}, 0, {}, 0} : failure(sentence);
}

// With what an adapter to start from brings; a resumed run's recipe has that already.
Result<config::RunConfig> completed(const config::RunConfig& asked, bool resume)
{
    if (const auto broken = config::brokenRules(asked); !broken.empty()) {
        return Error{broken.front().sentence};
    }
    auto started = resume ? Result<Started>(Started{asked, {}}) : startedFrom(asked);
    if (!started) {
        return started.error();
    }
    const auto broken = config::brokenRules(started->config);
    return broken.empty() ? Result<config::RunConfig>(std::move(started->config))
                          : Result<config::RunConfig>(Error{broken.front().sentence});
}

RunEnded attempt(const config::RunConfig& asked, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    const auto complete = completed(asked, inputs.resume);
    if (!complete) {
        return failure(complete.message());
    }
    if (auto prepared = prepareFolder(*complete, inputs); !prepared) {
        return failure(prepared.message());
    }
    const auto config = placeStart(*complete, inputs.folder, control, observer);
    if (!config) {
        return cannotBegin(config.message());
    }
    auto parts = makeParts(*config, inputs, control, observer);
    if (!parts) {
        return cannotBegin(parts.message());
    }
    Trainer trainer(*config, inputs, **parts, control, observer);
    if (inputs.resume) {
        if (auto resumed = trainer.resume(); !resumed) {
            return failure(resumed.message());
        }
    }
    return trainer.run();
}

} // namespace

RunEnded run(const config::RunConfig& config, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    const auto start = std::chrono::steady_clock::now();
    RunEnded ended;
    try {
        ended = attempt(config, inputs, control, observer);
    } catch (const std::exception& problem) {
        ended = failure(sentenceOf(problem));
    } catch (...) {
        ended = failure("The run stopped on an unknown problem.");
    }
    if (ended.seconds == 0) {
        ended.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    observer.onEvent(ended);
    return ended;
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
