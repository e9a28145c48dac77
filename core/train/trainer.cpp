// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trainer.h"

#include "core/base/clock.h"
#include "core/optim/schedules.h"
#include "core/ranks/team.h"
#include "core/measures/summary.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/failure.h"
#include "core/train/ranks/ranked.h"
#include "core/train/run_batches.h"
#include "core/train/results/run_result.h"
#include "core/train/run_room.h"
#include "core/train/ranks/split_optimizer.h"

#include <algorithm>
#include <cmath>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostBadSteps = 3;

Evaluations evaluationsOf(const config::RunConfig& config, const RunParts& parts, RunObserver& observer)
{
    config::RunSettings asked = config.run;
    if (parts.objective->judges) { // it scores, and answers nothing
        asked.probePrompts.clear();
    }
    return {Evaluator(lossOf(config, parts), parts.data.heldOut, config.run.batchSize),
            Probes(*parts.decoder, parts.encoder, asked, parts.data.areTexts), config.run, parts.totalSteps, observer};
}

} // namespace

Trainer::Trainer(const config::RunConfig& config, const RunInputs& inputs, RunParts& parts, StopControl& control,
                 RunObserver& observer)
    : m_config(config), m_inputs(inputs), m_parts(parts), m_control(control), m_observer(config, observer),
      m_trainStep(lossOf(config, parts), *parts.optimizer, static_cast<std::uint64_t>(config.run.seed)),
      m_reports(m_observer, parts.placement.device, parts.totalSteps, parts.objective->finish, config.run),
      m_evaluations(evaluationsOf(config, parts, m_observer)), m_saving(inputs.folder, control, m_observer), m_before(parts.leaves),
      m_checkpointEvery(checkpointInterval(config.run, parts.totalSteps)),
      m_dataHash(parts.data.train.hash()), m_best(inputs.folder), m_early(inputs.folder, config.run.patience, config.run.leastChange), m_rates(inputs.folder)
{
    if (m_inputs.team) {
        m_trainStep.shareWith(*m_inputs.team, parts.split ? &parts.split->split() : nullptr, config.run.shard == "always");
    }
    m_trainStep.setEmbeddingNoise(config.run.neftuneAlpha);
    if (!parts.data.general.isEmpty()) {
        m_evaluations.alsoMeasure(Evaluator(generalLossOf(config, parts), parts.data.general, config.run.batchSize, "general"));
    }
    if (m_inputs.team) {
        m_evaluations.shareWith(*m_inputs.team);
    }
}

Result<void> Trainer::resume()
{
    if (m_inputs.fromStep) {
        if (auto only = setLaterAside(m_inputs.folder, *m_inputs.fromStep); !only) {
            return only;
        }
    }
    const CheckpointSearch search = newestCheckpoint(m_inputs.folder);
    for (const std::string& problem : search.problems) {
        warn(problem);
    }
    if (!search.newest) {
        return search.foundAny ? Result<void>(Error{m_inputs.folder.string()
                                                    + ": no checkpoint is whole, so the run cannot go on; start it "
                                                      "again in a new folder"})
                               : Result<void>();
    }
    const CheckpointInfo& from = search.newest->info;
    if (from.reference != m_parts.referenceIdentity) {
        return Error{search.newest->folder.string() + ": the model that this run compares with is not the one it began with; put "
                     + m_config.model.path + (m_config.model.adapter.empty() ? "" : " and " + m_config.model.adapter)
                     + " back as they were, or start the run again in a new folder"};
    }
    if (auto loaded = loadWeightsFrom(*search.newest, m_parts.leaves); !loaded) {
        return loaded;
    }
    auto state = optimizerStateOf(*search.newest);
    auto restored = state ? m_parts.optimizer->restore(*state) : Result<void>(state.error());
    if (!restored) {
        return Error{search.newest->folder.string() + ": " + restored.message()};
    }
    m_before = WeightSample(m_parts.leaves);
    m_step = m_firstStep = from.step;
    m_saved = from.step;
    m_next = from.next;
    m_secondsBefore = from.seconds;
    m_best.restore(m_step);
    m_early.restore(m_step);
    if (auto rates = m_rates.restore(); !rates) {
        return rates;
    }
    if (from.dataHash != m_dataHash) {
        warn("The training data is not what it was when the run was stopped; it goes on with the data as it is now.");
    }
    const CheckpointInfo now = info();
    if (from.device != now.device || from.dtype != now.dtype || from.threads != now.threads) {
        warn("The run was stopped on " + from.device + " in " + from.dtype + " and goes on on " + now.device + " in "
             + now.dtype + "; it will differ in the last digits from a run that was not stopped.");
    }
    return {};
}

RunEnded Trainer::run()
{
    try {
        return train();
    } catch (const ranks::Broken& problem) {
        return brokenOff(problem.what());
    } catch (const std::exception& problem) {
        if (const auto broken = m_inputs.team ? m_inputs.team->brokenBy() : std::nullopt) { // what follows from it may come first
            return brokenOff(*broken);
        }
        return failed(sentenceOf(problem));
    }
}

RunEnded Trainer::train()
{
    resetPeakMemory(m_parts.placement.device);
    announce();
    if (auto made = makeSource(); !made) {
        return failed(made.message());
    }
    if (m_firstStep == 0) {
        measureRows(RowLossTime::Before);
        if (m_rollouts) {
            m_rollouts->look();
        }
        evaluate();
    } else if (m_step < m_parts.totalSteps && m_evaluations.isDue(m_step)) {
        evaluate(); // what stopped the run may have cut it short; readers of a history keep one of two
    }
    if (m_step < m_parts.totalSteps) {
        BatchSource* const source = m_source.get();
        m_reports.restartClock();
        while (m_step < m_parts.totalSteps) {
            if (isToStop()) {
                return m_isOver ? finish() : stopHere();
            }
            step(*source);
            if (m_reports.badInARow() >= kMostBadSteps && !holdAtGoodWeights()) {
                return failed("The loss or its gradient was not a finite number in " + std::to_string(kMostBadSteps)
                              + " steps in a row. None of them was applied, so the weights are the last good ones. Go on with a lower "
                                "optimizer.learning_rate (luthier resume RUN --rate X).");
            }
            afterStep();
        }
    }
    return finish();
}

Result<void> Trainer::makeSource()
{
    if (!m_parts.objective->rollouts) {
        m_source = m_step < m_parts.totalSteps ? sourceOf(m_parts, m_next, shareOfRank(m_inputs)) : nullptr;
        return {};
    }
    auto made = RolloutSource::make({m_config, m_parts, m_inputs.folder, m_control, m_observer, m_inputs.team.get()}, m_next);
    if (!made) {
        return made.error();
    }
    m_rollouts = made->get();
    m_source = std::move(*made);
    m_evaluations.measureBy([this](std::int64_t step) { return m_rollouts->evaluate(step); });
    return {};
}

void Trainer::announce()
{
    const auto& where = m_parts.placement;
    RunStarted started;
    started.totalSteps = m_parts.totalSteps;
    started.trainRows = static_cast<std::int64_t>(m_parts.data.train.size());
    started.heldOutRows = static_cast<std::int64_t>(m_parts.data.heldOut.size());
    started.skippedRows = m_parts.data.skipped;
    started.truncatedRows = m_parts.data.truncated;
    started.trainableParameters = m_parts.trainableParameters();
    started.totalParameters = m_parts.decoder->config().numParameters();
    started.device = where.deviceText;
    started.dtype = where.dtypeText;
    started.reason = where.reason;
    started.firstStep = m_firstStep;
    started.ranks = m_inputs.team ? m_inputs.team->size() : 1;
    m_observer.onEvent(started);
    for (const std::string& sentence : m_parts.warnings) {
        warn(sentence);
    }
    for (const std::string& sentence : m_evaluations.warnings()) {
        warn(sentence);
    }
}

// Nothing of such steps was applied: the weights are the last good ones. With somebody there to change something the run waits.
bool Trainer::holdAtGoodWeights()
{
    m_reports.forgiveBad();
    if (!m_control.isAttended() || m_control.stopRequested() || m_inputs.team) {
        return false;
    }
    save();
    warn("The loss or its gradient was not a finite number in " + std::to_string(kMostBadSteps)
         + " steps in a row. None of them was applied: the run is held at the last good weights. Lower the learning rate and go on, or stop.");
    m_control.setHeld(true);
    holdIfAsked();
    return true;
}

void Trainer::serve(const HeldRequest& request)
{
    if (const auto* asked = std::get_if<PromptAsked>(&request)) {
        if (m_parts.objective->judges) {
            warn("This run trains a model that judges texts and answers none.");
        } else {
            m_evaluations.ask(asked->prompt, m_step, [this] { return m_control.stopRequested(); });
        }
        return;
    }
    const double rate = std::get<RateAsked>(request).learningRate;
    const std::int64_t from = m_step + 2; // the step in hand has its rate
    const double before = m_rates.at(from, m_config.optimizer.learningRate);
    const auto added = m_rates.add(from, rate);
    warn(added ? "From step " + std::to_string(from) + " on the learning rate is at most " + measures::numberText(rate) + " (before: "
                     + measures::numberText(before) + ")."
               : "The learning rate stays " + measures::numberText(before) + ": " + added.message() + ".");
}

void Trainer::holdIfAsked()
{
    if (m_control.isHeld() || m_control.hasRequests()) {
        m_reports.flush();
        m_reports.stopClock();
        if (m_control.isHeld()) {
            says("nothing, held by whoever watches it,");
            m_observer.onEvent(StageChanged{"held", 0, 0});
        }
        m_control.waitWhileHeld([this](const HeldRequest& request) { serve(request); });
        says("step " + std::to_string(m_step + 1));
        m_reports.goOnWithClock();
    }
}

void Trainer::step(BatchSource& source)
{
    StepBatches batches = source.next();
    double rate = m_rates.at(m_step + 1, m_config.optimizer.learningRate)
                  * optim::learningRateAt(m_config.schedule, m_step, m_parts.totalSteps);
    agreeOn(batches, rate);
    if (batches.items == 0) {
        return; // stopped while it was made
    }
    const at::Tensor values = m_trainStep.run(batches, m_step + 1, rate, [this] { holdIfAsked(); });
    const std::string notice = m_trainStep.takeNotice();
    if (!notice.empty()) {
        warn(notice);
    }
    ++m_step;
    m_next = batches.after;
    StepDone done;
    done.step = m_step;
    done.epoch = batches.epoch;
    done.learningRate = rate;
    done.tokens = batches.tokens;
    done.trainedTokens = batches.trained;
    for (const std::string& id : m_parts.objective->measures) {
        done.measures.push_back({&measures::measureOf(id), 0}); // places, which the report fills
    }
    addRankMeasures(done, notice);
    m_reports.add(std::move(done), values);
}

void Trainer::afterStep()
{
    if (m_step == m_parts.totalSteps) {
        return; // finish() does both
    }
    const bool checkpointDue = (leads(m_inputs) || m_parts.split) && m_step % m_checkpointEvery == 0;
    const bool evaluationDue = m_evaluations.isDue(m_step) && evaluatesNow(leads(m_inputs) && m_evaluations.isAffordable(m_step));
    if (!checkpointDue && !evaluationDue) {
        return;
    }
    m_reports.flush();
    if (checkpointDue) {
        handInState();
        if (leads(m_inputs) && !m_control.stopRequested()) { // a stop saves by itself
            save();
        }
        releaseState();
    }
    if (evaluationDue) {
        evaluate();
    }
    m_reports.restartClock();
}

bool Trainer::save()
{
    if (m_saved == m_step) {
        return true;
    }
    const bool ofParts = m_parts.split && !m_rankParts.mark.empty();
    if (m_parts.split && !ofParts && !m_parts.split->isGathered()) { // the others are gone, with their parts
        m_saveProblem = "the other ranks hold a part of the optimizer's state each";
        return false;
    }
    says("saving");
    m_observer.onEvent(StageChanged{"saving", 0, 0});
    m_observer.settle();
    fs::path folder;
    const auto work = [&]() -> Result<void> {
        const auto begun = std::chrono::steady_clock::now();
        auto saved = ofParts ? saveCheckpoint(m_inputs.folder, info(), m_parts.leaves, m_rankParts, m_parts.split->ownPieces(),
                                              [&](const std::vector<std::int64_t>& missing) { awaitParts(missing, begun); })
                             : saveCheckpoint(m_inputs.folder, info(), m_parts.leaves, m_parts.optimizer->state());
        folder = saved ? *saved : fs::path();
        return saved ? Result<void>() : Result<void>(saved.error());
    };
    const double before = base::wallSeconds();
    const auto saved = m_saving.run(
        {"the checkpoint of step " + std::to_string(m_step), standing(), roomOf(m_parts).checkpoint, m_step, work});
    if (!saved) {
        m_saveProblem = saved.message();
        return false;
    }
    m_saved = m_step;
    m_reports.timeLeft().saved(base::wallSeconds() - before);
    m_observer.onEvent(CheckpointSaved{m_step, fs::absolute(folder).string()});
    rotateCheckpoints(m_inputs.folder, m_config.run.keepCheckpoints);
    return true;
}

void Trainer::evaluate()
{
    if (!leads(m_inputs)) {
        m_evaluations.help(m_step);
        m_parts.decoder->awaitOthers();
        return;
    }
    const double before = base::wallSeconds();
    const auto heldOut = m_evaluations.run(m_step, [this] { return m_control.stopRequested(); });
    m_parts.decoder->awaitOthers();
    if (heldOut) {
        keepBest(*heldOut);
    }
    m_reports.timeLeft().evaluated(base::wallSeconds() - before);
}

// A run is worth more than what is said of its rows, so a failure is told and no more.
void Trainer::measureRows(RowLossTime time)
{
    if (!leads(m_inputs)) {
        m_parts.decoder->awaitOthers();
        return;
    }
    auto done = Result<void>();
    const double before = base::wallSeconds();
    try {
        done = recordRowLosses(m_config, m_inputs.folder, m_parts, time, m_control, m_observer);
    } catch (const std::exception& problem) {
        if (!isOutOfMemory(problem)) {
            throw;
        }
        done = Error{"memory has no room for a single row beside what the run holds"};
    }
    m_parts.decoder->awaitOthers();
    if (time == RowLossTime::Before) {
        m_reports.timeLeft().measuredRows(base::wallSeconds() - before);
    }
    if (!done) {
        warn("The loss of each row could not be kept: " + done.message());
    }
}

RunEnded Trainer::finish()
{
    m_reports.flush();
    handInState();
    if (!leads(m_inputs)) {
        if (evaluatesNow(false)) {
            evaluate();
        }
        measureRows(RowLossTime::After);
        return ended(Outcome::Finished, {});
    }
    const bool safe = save();
    releaseState();
    m_observer.onEvent(StageChanged{"saving", 0, 0});
    const fs::path result = resultFolder();
    const auto written = m_saving.run(
        {"the result", standing(), roomOf(m_parts).result, m_step, [&] { return writeResult(result); }});
    if (!written) {
        return ended(Outcome::Failed, "The run is done but its result could not be saved: " + written.message()
                                          + (safe ? ". Free some space and resume the run: it only writes the result."
                                                  : ". " + standing()));
    }
    try {
        if (evaluatesNow(!m_early.isOver())) { // else this step was measured, which ended the run
            evaluate();
        }
        measureRows(RowLossTime::After);
    } catch (const std::exception& problem) {
        warn("The result is saved, but what it is worth could not be measured: " + sentenceOf(problem));
    }
    if (m_endLoss && m_best.isBetter(*m_endLoss)) {
        m_best.isResult(m_step, *m_endLoss, result);
    }
    lookBack();
    std::string sentence = m_early.isOver() ? m_early.sentence() : std::string();
    if (m_config.run.keep == "best" && m_best.now() && m_best.now()->step != m_step) {
        const auto taken = m_best.becomeResult(result);
        sentence += (sentence.empty() ? "" : " ")
                    + (taken ? "The result is that of step " + std::to_string(m_best.now()->step) + ", whose held-out loss was lowest."
                             : "The result is that of the last step: " + taken.message() + ".");
    }
    if (!sentence.empty()) {
        warn(sentence);
    }
    return ended(Outcome::Finished, sentence, result);
}

fs::path Trainer::resultFolder() const
{
    return fs::absolute(m_inputs.folder / (m_parts.method->writesAdapter ? "adapter" : "model"));
}

Result<void> Trainer::writeResult(const fs::path& result)
{
    return writeRunResult(m_config, m_parts, m_inputs.folder, result);
}

void Trainer::lookBack()
{
    doctor::End end{true, std::nullopt, m_step};
    if (m_step > m_firstStep && m_before.size() > 0) {
        end.moved = m_before.differs(m_parts.leaves);
    }
    m_observer.lookBack(end);
}

// The last step's is the result itself. What cannot be kept is told: the run goes on.
void Trainer::keepBest(double heldOut)
{
    if (const auto kept = m_early.take(m_step, heldOut); !kept) {
        warn("What was measured could not be written down, so a resumed run may go on for longer: " + kept.message());
    }
    if (m_step == m_parts.totalSteps || m_early.isOver()) {
        m_endLoss = heldOut;
    } else if (m_step > 0 && m_best.isBetter(heldOut)) {
        m_observer.onEvent(StageChanged{"saving", 0, 0});
        const auto kept = m_saving.run({"the best result so far, of step " + std::to_string(m_step), standing(), roomOf(m_parts).result, m_step, [this, heldOut] {
                                            return m_best.keep(m_step, heldOut, [this](const fs::path& target) { return writeResult(target); });
                                        }});
        if (!kept) {
            warn("What had the lowest held-out loss so far could not be kept: " + kept.message());
        }
    }
}

RunEnded Trainer::stopHere()
{
    m_reports.flush();
    handInState();
    if (leads(m_inputs) && m_step > 0 && !save()) {
        return ended(Outcome::Failed, "The run was stopped, but its checkpoint could not be saved: " + m_saveProblem
                                          + ". " + standing());
    }
    if (m_control.parkRequested() && m_step > 0) {
        return ended(Outcome::Parked, {});
    }
    if (m_control.keepRequested() && leads(m_inputs) && m_step > 0) {
        m_observer.onEvent(StageChanged{"saving", 0, 0});
        const fs::path result = resultFolder();
        const auto written = writeResult(result);
        return written ? ended(Outcome::Stopped, {}, result)
                       : ended(Outcome::Stopped, "The result as it stands could not be saved: " + written.message() + ". " + standing());
    }
    return ended(Outcome::Stopped, {});
}

RunEnded Trainer::failed(const std::string& sentence)
{
    const std::string place = "Step " + std::to_string(m_step + 1) + ": ";
    if (m_inputs.team) {
        m_inputs.team->fail(place + sentence);
    }
    return ended(Outcome::Failed, place + sentence + rescue());
}

// What the last whole step left is worth keeping even when the next one cannot be computed.
std::string Trainer::rescue()
{
    try {
        m_parts.optimizer->zeroGrad(); // room for what saving needs
        if (m_trainStep.isWhole() && m_step > m_firstStep && leads(m_inputs)) {
            m_reports.flush();
            save();
        } else if (m_trainStep.isWhole() && m_step > m_firstStep && !m_rankParts.mark.empty()) {
            static_cast<void>(savePart()); // rank 0 may still make a checkpoint of it
        }
    } catch (const std::exception&) {
        // The device may be gone; the checkpoint before stands.
    }
    return m_saved ? " " + standing() : std::string();
}

std::string Trainer::standing() const
{
    return m_saved ? "The checkpoint of step " + std::to_string(*m_saved) + " stands."
                   : "There is no checkpoint yet.";
}

RunEnded Trainer::ended(Outcome outcome, const std::string& sentence, const fs::path& result) const
{
    return {outcome, sentence, seconds(), result.string(), m_step, m_best.now()};
}

CheckpointInfo Trainer::info() const
{
    return {m_step,
            m_next,
            seconds(),
            m_dataHash,
            m_parts.placement.deviceText,
            m_parts.placement.dtypeText,
            m_parts.threads,
            config::toJson(m_config),
            m_parts.referenceIdentity};
}

double Trainer::seconds() const
{
    return m_secondsBefore
           + std::chrono::duration<double>(std::chrono::steady_clock::now() - m_started).count();
}

} // namespace luthier::train
