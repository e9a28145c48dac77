// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run.h"

#include "core/train/base_model.h"
#include "core/ranks/team.h"
#include "core/train/failure.h"
#include "core/train/memory_advice.h"
#include "core/train/ranks/ranked.h"
#include "core/train/run_folder.h"
#include "core/train/run_room.h"
#include "core/train/start_point.h"
#include "core/train/trainer.h"

#include <chrono>
#include <optional>

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

void leaveTeam(ranks::Team& team, const RunEnded& ended)
{
    team.onBroken({});
    if (ended.outcome == Outcome::Failed) {
        team.fail(ended.sentence);
    } else {
        team.leave();
    }
}

RunEnded begin(const config::RunConfig& complete, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    const auto config = fromFirst(inputs, leads(inputs) ? placeStart(complete, inputs.folder, control, observer) : Result<config::RunConfig>(complete), Paths::First);
    if (!config) {
        return cannotBegin(config.message());
    }
    auto parts = makeParts(*config, inputs, control, observer);
    if (auto made = agree(inputs, parts ? Result<void>() : Result<void>(parts.error())); !made) {
        return cannotBegin(made.message());
    }
    if (auto room = !leads(inputs) ? Result<void>() : checkRoom(**parts, config->run, inputs.folder); !room) {
        return failure(room.message());
    }
    Trainer trainer(*config, inputs, **parts, control, observer);
    auto resumed = inputs.resume && leads(inputs) ? trainer.resume() : Result<void>();
    resumed = agree(inputs, resumed);
    if (!resumed) {
        return failure(resumed.message());
    }
    trainer.shareState();
    return trainer.run();
}

std::optional<Warning> guardedAdvice(const config::RunConfig& config, const RunInputs& inputs, const RunEnded& ended)
{
    try {
        return memoryAdvice(config, inputs, ended);
    } catch (const std::exception&) {
        return std::nullopt; // memory is short; how the run ended says what helps in general
    }
}

RunEnded attempt(const config::RunConfig& asked, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    auto complete = completed(asked, inputs.resume);
    if (!complete) {
        return failure(complete.message());
    }
    if (auto agreed = agreeOnRun(*complete, inputs); !agreed) {
        return failure(agreed.message());
    }
    if (leads(inputs)) {
        setTemplateTime(complete->model, inputs);
        auto prepared = prepareRunFolder(*complete, inputs.folder, inputs.resume);
        complete = prepared ? std::move(complete) : Result<config::RunConfig>(prepared.error());
    }
    complete = fromFirst(inputs, std::move(complete), Paths::Own);
    if (!complete) {
        return failure(complete.message());
    }
    const RunEnded ended = guarded([&] { return begin(*complete, inputs, control, observer); });
    if (endedWithoutMemory(ended) && leads(inputs)) { // all that the run held is gone by now
        if (const auto advice = guardedAdvice(*complete, inputs, ended)) {
            observer.onEvent(*advice);
        }
    }
    if (ended.step == 0 && ended.outcome != Outcome::Finished && leads(inputs)) {
        markRefused(inputs.folder, ended.sentence);
    }
    return ended;
}

} // namespace

RunEnded run(const config::RunConfig& config, const RunInputs& inputs, StopControl& control, RunObserver& observer)
{
    const auto start = std::chrono::steady_clock::now();
    NoObserver nobody;
    RunObserver& told = leads(inputs) ? observer : nobody;
    if (inputs.team) {
        inputs.team->onBroken([&control] { control.requestStop(); });
    }
    RunEnded ended = guarded([&] { return attempt(config, inputs, control, told); });
    if (inputs.team) {
        leaveTeam(*inputs.team, ended);
    }
    if (ended.seconds == 0) {
        ended.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    told.onEvent(ended);
    return ended;
}

} // namespace luthier::train
