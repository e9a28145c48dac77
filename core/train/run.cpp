// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run.h"

#include "core/train/base_model.h"
#include "core/train/failure.h"
#include "core/train/run_folder.h"
#include "core/train/run_room.h"
#include "core/train/start_point.h"
#include "core/train/trainer.h"

#include <chrono>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

RunEnded failure(const std::string& sentence)
{
    return {Outcome::Failed, sentence, 0, {}, 0};
}

RunEnded cannotBegin(const std::string& sentence)
{
    return sentence == "cancelled" ? RunEnded{Outcome::Stopped, {}, 0, {}, 0} : failure(sentence);
}

template <class Work>
RunEnded guarded(const Work& work)
{
    try {
        return work();
    } catch (const std::exception& problem) {
        return failure(sentenceOf(problem));
    } catch (...) {
        return failure("The run stopped on an unknown problem.");
    }
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

// A resumed run renders by the time that it began with.
void setTemplateTime(config::ModelSettings& model, const RunInputs& inputs)
{
    const auto stored = inputs.resume && model.templateTime.empty() ? readRunFolder(inputs.folder) : Result<config::RunConfig>(Error{});
    if (stored) {
        model.templateTime = stored->model.templateTime;
    } else if (!inputs.resume) {
        fixTemplateTime(model);
    }
}

RunEnded begin(const config::RunConfig& complete, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    const auto config = placeStart(complete, inputs.folder, control, observer);
    if (!config) {
        return cannotBegin(config.message());
    }
    auto parts = makeParts(*config, inputs, control, observer);
    if (!parts) {
        return cannotBegin(parts.message());
    }
    if (auto room = checkRoom(**parts, config->run, inputs.folder); !room) {
        return failure(room.message());
    }
    Trainer trainer(*config, inputs, **parts, control, observer);
    if (inputs.resume) {
        if (auto resumed = trainer.resume(); !resumed) {
            return failure(resumed.message());
        }
    }
    return trainer.run();
}

RunEnded attempt(const config::RunConfig& asked, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    auto complete = completed(asked, inputs.resume);
    if (!complete) {
        return failure(complete.message());
    }
    setTemplateTime(complete->model, inputs);
    if (auto prepared = prepareRunFolder(*complete, inputs.folder, inputs.resume); !prepared) {
        return failure(prepared.message());
    }
    const RunEnded ended = guarded([&] { return begin(*complete, inputs, control, observer); });
    if (ended.step == 0 && ended.outcome != Outcome::Finished) {
        markRefused(inputs.folder, ended.sentence);
    }
    return ended;
}

} // namespace

RunEnded run(const config::RunConfig& config, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    const auto start = std::chrono::steady_clock::now();
    RunEnded ended = guarded([&] { return attempt(config, inputs, control, observer); });
    if (ended.seconds == 0) {
        ended.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    observer.onEvent(ended);
    return ended;
}

} // namespace luthier::train
