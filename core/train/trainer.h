// SPDX-License-Identifier: GPL-3.0-or-later
// Trainer: the loop of a run: steps, checkpoints, evaluations, probes, stopping and holding.
// Internal to core: names torch types.
//
// Order at a step where both are due: checkpoint, then evaluation, so that an evaluation that fails costs nothing. At the end
// the result is written before anything is measured.
#pragma once

#include "core/train/results/best_result.h"
#include "core/train/checkpoint.h"
#include "core/train/control/doctor_watch.h"
#include "core/train/control/early_stop.h"
#include "core/train/step/evaluations.h"
#include "core/train/control/rate_changes.h"
#include "core/train/patient_saving.h"
#include "core/train/step/row_loss_pass.h"
#include "core/train/answers/rollout_source.h"
#include "core/train/run_parts.h"
#include "core/train/step/step_reports.h"
#include "core/train/step/train_step.h"
#include "core/train/step/weight_sample.h"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>
#include <utility>

namespace luthier::train {

class Trainer {
public:
    // All must outlive it.
    Trainer(const config::RunConfig& config, const RunInputs& inputs, RunParts& parts, StopControl& control,
            RunObserver& observer);

    // Continues from the newest good checkpoint, or from the start when there is none at all.
    Result<void> resume();

    // Of several ranks: all go on from where rank 0 stands. Behind resume().
    void shareState();

    // To the end, to a stop, or to a failure. Catches what a step throws and saves what is whole.
    // RunEnded is returned, not sent.
    RunEnded run();

private:
    RunEnded train();
    Result<void> makeSource();
    void announce();
    void step(BatchSource& source);
    void afterStep();
    void holdIfAsked();
    void serve(const HeldRequest& request);
    bool holdAtGoodWeights();
    std::filesystem::path resultFolder() const;
    bool isToStop();
    bool evaluatesNow(bool own);
    void says(const std::string& doing);
    void agreeOn(StepBatches& batches, double& rate);
    void addRankMeasures(StepDone& done, const std::string& notice);
    void sayWhoDrags();
    RunEnded brokenOff(const std::string& sentence);
    bool save();
    void handInState();
    Result<void> savePart();
    void awaitParts(const std::vector<std::int64_t>& missing, std::chrono::steady_clock::time_point begun);
    void agreeOnFolder();
    void releaseState();
    void evaluate();
    void measureRows(RowLossTime time);
    void lookBack();
    RunEnded finish();
    Result<void> writeResult(const std::filesystem::path& target);
    void keepBest(double heldOut);
    RunEnded stopHere();
    RunEnded failed(const std::string& sentence);
    std::string rescue();
    RunEnded ended(Outcome outcome, const std::string& sentence, const std::filesystem::path& result = {}) const;
    void warn(const std::string& sentence) { m_observer.onEvent(Warning{m_step, sentence}); }
    std::string standing() const; // which checkpoint holds, for sentences
    CheckpointInfo info() const;
    double seconds() const;

    const config::RunConfig& m_config;
    const RunInputs& m_inputs;
    RunParts& m_parts;
    StopControl& m_control;
    DoctorWatch m_observer; // tells the run's observer, and what the doctor sees
    TrainStep m_trainStep;
    StepReports m_reports;
    Evaluations m_evaluations;
    std::unique_ptr<BatchSource> m_source;
    RolloutSource* m_rollouts = nullptr; // m_source, where answers are made while training
    PatientSaving m_saving;
    WeightSample m_before; // of the leaves, when this run() began
    std::int64_t m_checkpointEvery = 1;
    std::chrono::steady_clock::time_point m_stepBegan = std::chrono::steady_clock::now(); // of several ranks
    std::vector<std::pair<double, double>> m_ranksAtWork; // seconds and tokens of each
    bool m_isOver = false;        // isToStop(): ended early, as the recipe has it
    std::int64_t m_ownTokens = 0; // of a rank's share of the step
    std::int64_t m_step = 0;      // steps done
    std::int64_t m_firstStep = 0; // done before this run() began
    BatchCursor m_next;
    std::optional<std::int64_t> m_saved; // step of the newest checkpoint that is whole
    std::string m_dataHash;
    std::string m_saveProblem;           // why the last save failed
    BestResult m_best;
    EarlyStop m_early;
    RateChanges m_rates;
    std::optional<double> m_endLoss;     // behind the last one
    RankParts m_rankParts;               // of ranks that hold a part of the optimizer each; without a mark they see no common folder
    std::optional<std::chrono::steady_clock::time_point> m_brokenSince; // while parts are awaited
    bool m_toldWhoIsMissing = false;
    double m_secondsBefore = 0;
    std::chrono::steady_clock::time_point m_started = std::chrono::steady_clock::now();
};

} // namespace luthier::train
