// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/first_answers.h"

#include "core/objectives/rollout_settings.h"
#include "core/train/answers/rollout_source.h"
#include "core/train/failure.h"
#include "core/train/trials/trial_parts.h"

#include <variant>

namespace luthier::train {

namespace {

constexpr std::int64_t kUsual = 16;

class Collector : public RunObserver {
public:
    void onEvent(const Event& event) override
    {
        if (const auto* sample = std::get_if<SampleDone>(&event)) {
            found.answers.push_back({sample->prompt, sample->answer, sample->reward.value_or(0)});
        } else if (const auto* warning = std::get_if<Warning>(&event)) {
            found.remarks.push_back(warning->sentence);
        } else if (const auto* done = std::get_if<EvalDone>(&event)) {
            const auto of = [done](const char* id) { return measures::find(done->measures, measures::measureOf(id)); };
            found.reward = of("reward").value_or(0);
            found.tokens = of("answer_tokens").value_or(0);
            found.ended = of("ended_share").value_or(0);
            found.withoutSpread = of("no_spread_share");
        }
    }

    FirstAnswers found;
};

Result<FirstAnswers> sampled(config::RunConfig config, const RunRows& rows, StopControl& control)
{
    auto& answers = config.objective.of<objectives::AnswerSettings>();
    answers.look = answers.look > 0 ? answers.look : kUsual;
    auto trial = makeTrial(config, rows, control);
    if (!trial) {
        return trial.error();
    }
    Collector collector;
    auto source = RolloutSource::make({trial->config, *trial->parts, trial->folder->path(), control, collector}, {});
    if (!source) {
        return source.error();
    }
    (*source)->look();
    return control.stopRequested() ? Result<FirstAnswers>(Error{"cancelled"}) : Result<FirstAnswers>(std::move(collector.found));
}

} // namespace

Result<FirstAnswers> firstAnswers(const config::RunConfig& config, const RunRows& rows, StopControl& control)
{
    const auto* objective = objectives::findObjective(config.objective.kind);
    if (objective == nullptr || !objective->rollouts) {
        return Error{"objective.kind " + config.objective.kind + " has its answers in the data; grpo, rloo and ppo sample their own"};
    }
    try {
        return sampled(config, rows, control);
    } catch (const std::exception& problem) {
        return Error{"The answers could not be sampled: " + sentenceOf(problem)};
    }
}

} // namespace luthier::train
