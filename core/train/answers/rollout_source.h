// SPDX-License-Identifier: GPL-3.0-or-later
// RolloutSource: the steps of a run that learns from its own answers. An update is made when its first step is asked for: the model
// answers prompts, the answers are judged, scored by the model as it is and as it was before the run, assessed, and written to
// the run's folder (rollouts/rollout_log.h). Its steps are batches of these answers.
//
// Everything follows from the weights, the data and the seed, and an update that was begun is read back from its file: a run
// that was stopped anywhere goes on as if it had not been. Internal to core: names torch types.
#pragma once

#include "core/config/run_config.h"
#include "core/objectives/rollouts.h"
#include "core/rollouts/answered.h"
#include "core/train/answers/answer_maker.h"
#include "core/train/step/batch_source.h"
#include "core/train/events.h"
#include "core/train/answers/rollout_batches.h"
#include "core/train/run_parts.h"
#include "core/train/stop_control.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace luthier::train {

struct RolloutRun {
    const config::RunConfig& config;
    RunParts& parts;
    std::filesystem::path folder;
    StopControl& control;
    RunObserver& observer;
    ranks::Team* team = nullptr; // this process is one of several: each makes, scores and learns from its share
};

class RolloutSource : public BatchSource {
public:
    // Errors: a rule that cannot be, a reward model that cannot be opened, fewer prompts than an update needs.
    static Result<std::unique_ptr<RolloutSource>> make(const RolloutRun& run, BatchCursor start);

    // Samples answers, judges them and tells what there is to learn: SampleDone for each, an EvalDone of the set
    // "first_answers", a Warning for what stands in the way. Changes nothing. All ranks call it, and each samples its share.
    void look();
    // The held-out prompts answered once each, with the same draws every time; nothing when it was stopped, or there are none. All ranks
    // call it, and each answers its share.
    std::optional<EvalDone> evaluate(std::int64_t step);

    StepBatches next() override; // without batches: the run is to stop

private:
    RolloutSource(const RolloutRun& run, BatchCursor start, rewards::Rewards rewards, std::shared_ptr<inference::Session> judge);

    bool beginUpdate(); // false: the run is to stop
    bool makeUpdate(std::span<const std::uint32_t> prompts);
    void takeKlWeight();
    struct Asked {
        PromptRows rows;
        std::span<const std::uint32_t> prompts;
        std::int64_t group;
        std::uint64_t purpose; // what is drawn follows from it and the run's seed
        const char* stage;
    };
    std::optional<std::vector<rollouts::Answered>> answersOfAll(const Asked& asked); // none: it was stopped
    void shareNumbers(NumberList list, const std::vector<bool>& isOwn);
    StepBatches shareOfStep(std::vector<MicroBatch> batches) const;
    void readUpdate();
    bool warmsUp() const; // the update
    void score();
    void checkStart();
    void shuffleBatches(std::int64_t pass);
    std::int64_t updatesOfEpoch() const;
    base::Progress progress(const char* stage);
    EvalDone judged(const std::vector<rollouts::Answered>& answers, std::int64_t group, const std::string& set, std::int64_t step) const;

    RolloutRun m_run;
    const objectives::RolloutPlan& m_plan;
    const objectives::ObjectiveSettings& m_settings;
    objectives::RolloutShape m_shape;
    AnswerMaker m_maker;
    BatchCursor m_cursor;
    double m_klWeight = 0; // of the next update that is made
    rollouts::Update m_update;
    std::vector<RolloutBatch> m_batches;
    std::vector<const RolloutBatch*> m_order; // of the pass that goes on
};

// Prompts of an update: its answers, `batch_size` x `gradient_accumulation` a step, by the answers to a prompt.
std::int64_t promptsOfUpdate(const config::RunConfig& config, const objectives::RolloutShape& shape);

} // namespace luthier::train
