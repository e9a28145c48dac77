// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/rollout_source.h"

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/inference/judge_spec.h"
#include "core/inference/shared_judge.h"
#include "core/objectives/policy_loss.h"
#include "core/ranks/team.h"
#include "core/rollouts/rollout_log.h"
#include "core/train/plan/batch_plan.h"
#include "core/train/failure.h"
#include "core/train/ranks/shared_file.h"
#include "core/train/step/step_share.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <numeric>
#include <string_view>
#include <utility>

namespace luthier::train {

namespace {

constexpr auto kToldEvery = std::chrono::milliseconds(150);
constexpr std::int64_t kMostHeldOut = 64; // prompts that an evaluation answers
constexpr double kNearlyAll = 0.9;
constexpr std::uint64_t kOfLook = 0x6c6f6f6b;  // seeds apart from those of updates
constexpr std::uint64_t kOfEval = 0x6576616c;
// How far apart the same numbers may lie that two passes computed.
constexpr double kExact = 1e-4;
constexpr double kHalf = 0.1; // bf16 and fp16

std::uint64_t mixed(std::uint64_t seed, std::uint64_t purpose)
{
    base::Random mix(seed);
    return base::Random(mix.next() ^ purpose).next();
}

// Where the base stays what it is, a reward model over the same one shares it; else it is a model of its own.
Result<std::shared_ptr<inference::Session>> openSpec(const inference::ModelSpec& spec, const RunParts& parts, const std::string& base)
{
    if (parts.method->writesAdapter) {
        auto shared = inference::shareBase({parts.decoder, base, parts.quantisation}, spec);
        if (!shared || *shared) {
            return shared;
        }
    }
    return inference::Session::open(spec);
}

// Null: none is asked for.
Result<std::shared_ptr<inference::Session>> openJudge(const config::RunConfig& config, const RunParts& parts)
{
    const std::string& path = config.objective.of<objectives::AnswerSettings>().rewardModel;
    if (path.empty()) {
        return std::shared_ptr<inference::Session>();
    }
    auto spec = inference::rewardModelSpec({path, {}, config.model.device, config.model.dtype});
    auto opened = spec ? openSpec(*spec, parts, config.model.path) : Result<std::shared_ptr<inference::Session>>(spec.error());
    return opened ? opened : Result<std::shared_ptr<inference::Session>>(Error{"objective.reward_model: " + opened.message()});
}

std::string share(std::int64_t part, std::size_t all)
{
    return std::to_string(part) + " of " + std::to_string(all);
}

} // namespace

std::int64_t promptsOfUpdate(const config::RunConfig& config, const objectives::RolloutShape& shape)
{
    return std::max<std::int64_t>(1, config.run.batchSize * config.run.gradientAccumulation * shape.parts / shape.group);
}

RolloutSource::RolloutSource(const RolloutRun& run, BatchCursor start, rewards::Rewards rewards, std::shared_ptr<inference::Session> judge)
    : m_run(run), m_plan(*run.parts.objective->rollouts), m_settings(run.config.objective), m_shape(m_plan.shape(m_settings)),
      m_maker(*run.parts.decoder, run.parts.encoder, std::move(rewards), std::move(judge), m_settings), m_cursor(start)
{
}

Result<std::unique_ptr<RolloutSource>> RolloutSource::make(const RolloutRun& run, BatchCursor start)
{
    auto rewards = rewards::Rewards::compile(run.config.objective.of<objectives::AnswerSettings>().rewards);
    if (!rewards) {
        return Error{"objective.rewards: " + rewards.message()};
    }
    auto judge = openJudge(run.config, run.parts);
    if (!judge) {
        return judge.error();
    }
    auto source = std::unique_ptr<RolloutSource>(new RolloutSource(run, start, std::move(*rewards), std::move(*judge)));
    const std::int64_t needed = promptsOfUpdate(run.config, source->m_shape);
    const auto there = static_cast<std::int64_t>(run.parts.data.train.size());
    if (there < needed) {
        return Error{"An update answers " + std::to_string(needed) + " prompts (run.batch_size x run.gradient_accumulation answers a step), and there are "
                     + std::to_string(there) + ": name more data, or lower one of them."};
    }
    return source;
}

base::Progress RolloutSource::progress(const char* stage)
{
    return [this, stage, told = std::chrono::steady_clock::time_point()](std::int64_t done, std::int64_t total) mutable {
        if (const auto now = std::chrono::steady_clock::now(); now - told > kToldEvery || done == total) {
            told = now;
            m_run.observer.onEvent(StageChanged{stage, done, total});
        }
    };
}

// Epochs have whole updates: prompts that are left over come another time, as each epoch has its own order.
std::int64_t RolloutSource::updatesOfEpoch() const
{
    return static_cast<std::int64_t>(m_run.parts.data.train.size()) / promptsOfUpdate(m_run.config, m_shape);
}

StepBatches RolloutSource::next()
{
    const std::int64_t steps = m_shape.stepsOfUpdate();
    const std::int64_t updates = updatesOfEpoch();
    if (m_cursor.step >= updates * steps) { // the data has fewer rows than when the run was stopped
        m_cursor = {m_cursor.epoch + 1, 0};
    }
    const std::int64_t inUpdate = m_cursor.step % steps;
    if ((inUpdate == 0 || m_batches.empty()) && !beginUpdate()) {
        return {};
    }
    if (inUpdate % m_shape.parts == 0 || m_order.empty()) {
        shuffleBatches(inUpdate / m_shape.parts);
    }
    const std::size_t part = static_cast<std::size_t>(inUpdate % m_shape.parts);
    const auto parts = static_cast<std::size_t>(m_shape.parts);
    const std::vector<const RolloutBatch*> own(m_order.begin() + static_cast<std::ptrdiff_t>(m_order.size() * part / parts),
                                               m_order.begin() + static_cast<std::ptrdiff_t>(m_order.size() * (part + 1) / parts));
    StepBatches step = shareOfStep(stepOf(own, m_update, m_plan, m_settings));
    const std::int64_t all = updates * steps;
    step.epoch = static_cast<double>(m_cursor.epoch) + static_cast<double>(m_cursor.step + 1) / static_cast<double>(all);
    m_cursor = m_cursor.step + 1 < all ? BatchCursor{m_cursor.epoch, m_cursor.step + 1} : BatchCursor{m_cursor.epoch + 1, 0};
    step.after = m_cursor;
    return step;
}

StepBatches RolloutSource::shareOfStep(std::vector<MicroBatch> batches) const
{
    std::vector<std::int64_t> costs;
    for (const MicroBatch& batch : batches) {
        costs.push_back(batch.ids.numel());
    }
    StepBatches step;
    for (const std::size_t place : shareOf(costs, m_run.team ? Share{m_run.team->rank(), m_run.team->size()} : Share{})) {
        step.add(std::move(batches[place]));
        step.places.push_back(place);
    }
    return step;
}

// Batches change places, never their answers: each is computed again in the shape it was scored in.
void RolloutSource::shuffleBatches(std::int64_t pass)
{
    std::vector<std::uint32_t> places(m_batches.size());
    std::iota(places.begin(), places.end(), 0u);
    if (m_shape.parts > 1) {
        const auto seed = static_cast<std::uint64_t>(m_run.config.run.seed) ^ static_cast<std::uint64_t>(m_update.number) << 16;
        base::Random(mixed(seed, static_cast<std::uint64_t>(pass) + 1)).shuffle(places);
    }
    m_order.clear();
    for (const std::uint32_t place : places) {
        m_order.push_back(&m_batches[place]);
    }
}

bool RolloutSource::beginUpdate()
{
    const std::int64_t steps = m_shape.stepsOfUpdate();
    const std::int64_t place = m_cursor.step / steps;
    m_update = {};
    m_order.clear();
    m_update.number = m_cursor.epoch * updatesOfEpoch() + place + 1;
    m_update.step = (m_update.number - 1) * steps;
    if (m_cursor.step % steps != 0) {
        readUpdate();
    } else {
        takeKlWeight();
        if (!m_run.team || m_run.team->leads()) {
            rollouts::forgetUpdatesBehind(m_run.folder, m_update.number - 1);
        }
        const EpochPlan plan = m_run.parts.plan->epoch(m_cursor.epoch);
        if (m_run.team) {
            m_run.team->says("making its answers of update " + std::to_string(m_update.number));
        }
        if (!makeUpdate(plan.batch(static_cast<std::size_t>(place)))) {
            return false;
        }
    }
    for (RolloutBatch& batch : m_batches) {
        addColumns(batch, m_update, {m_shape.group, m_update.klWeight, m_shape.stepsOfUpdate() == 1, warmsUp()});
    }
    return true;
}

// Of the update that is made now. A resumed run finds it in the update before, in rank 0's folder.
void RolloutSource::takeKlWeight()
{
    const double first = m_plan.klWeight ? m_plan.klWeight(m_settings) : 0;
    if (m_update.number == 1) {
        m_klWeight = first;
        return;
    }
    if (!m_batches.empty()) {
        return;
    }
    const bool reads = !m_run.team || m_run.team->leads();
    const auto before = reads ? rollouts::readUpdate(m_run.folder, m_update.number - 1) : Result<rollouts::Update>(Error{});
    if (reads && !before && m_plan.nextKlWeight) {
        throw Failure("The weight of the KL cannot be known: " + before.message());
    }
    m_klWeight = before ? before->nextKlWeight : first;
    m_klWeight = m_run.team ? m_run.team->sums({reads ? m_klWeight : 0}).front() : m_klWeight;
}

bool RolloutSource::warmsUp() const
{
    return m_plan.valueWarmUp && m_update.number <= m_plan.valueWarmUp(m_settings);
}

// Each rank answers its share of the prompts, and all know all answers. An answer does not depend on what is answered beside it, so
// they are those that one rank alone would have made.
std::optional<std::vector<rollouts::Answered>> RolloutSource::answersOfAll(const Asked& asked)
{
    const auto rank = static_cast<std::size_t>(m_run.team ? m_run.team->rank() : 0);
    const auto ranks = static_cast<std::size_t>(m_run.team ? m_run.team->size() : 1);
    const std::size_t begin = asked.prompts.size() * rank / ranks;
    const std::size_t end = asked.prompts.size() * (rank + 1) / ranks;
    auto own = Result<std::vector<rollouts::Answered>>(Error{"cancelled"});
    std::exception_ptr noMemory;
    try {
        own = m_maker.answer(asked.rows, asked.prompts.subspan(begin, end - begin), asked.group, mixed(static_cast<std::uint64_t>(m_run.config.run.seed), asked.purpose),
                             progress(asked.stage), [this] { return m_run.control.stopRequested(); }, begin);
    } catch (const std::exception& problem) {
        if (!m_run.team || !isOutOfMemory(problem)) {
            throw;
        }
        noMemory = std::current_exception(); // the others wait to hear of it
    }
    if (!own && !noMemory && !m_run.control.stopRequested()) {
        throw Failure(own.message());
    }
    if (!m_run.team) {
        return own ? std::optional(std::move(*own)) : std::nullopt;
    }
    const auto missing = m_run.team->sums({own ? 0.0 : 1.0, noMemory ? 1.0 : 0.0});
    if (noMemory) {
        std::rethrow_exception(noMemory);
    }
    TORCH_CHECK_WITH(OutOfMemoryError, missing[1] == 0, "another rank has no memory left to answer in");
    if (missing[0] > 0) {
        return std::nullopt;
    }
    std::string lines;
    for (rollouts::Answered& answered : *own) {
        answered.numbers.logProbs.assign(answered.ids.size(), 0); // which they are taken in later
        lines += base::dumpJson(rollouts::toJson(answered)) + "\n";
    }
    std::vector<rollouts::Answered> all;
    for (const std::string& text : gatherTexts(*m_run.team, lines)) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t stop = std::min(text.find('\n', at), text.size());
            const auto json = base::parseJson(std::string_view(text).substr(at, stop - at));
            auto answered = json ? rollouts::answeredFrom(*json) : Result<rollouts::Answered>(json.error());
            if (!answered) {
                throw Failure("An answer of another rank cannot be read: " + answered.message());
            }
            all.push_back(std::move(*answered));
            at = stop + 1;
        }
    }
    return all;
}

// What the rank that knows them says of each answer, for all: adding zeros keeps each number.
void RolloutSource::shareNumbers(NumberList list, const std::vector<bool>& isOwn)
{
    std::vector<double> flat;
    for (std::size_t i = 0; i < m_update.answers.size(); ++i) {
        const rollouts::Answered& answered = m_update.answers[i];
        for (std::size_t t = 0; t < answered.ids.size(); ++t) {
            flat.push_back(isOwn[i] ? static_cast<double>((answered.numbers.*list)[t]) : 0);
        }
    }
    flat = m_run.team->sums(std::move(flat));
    auto next = flat.begin();
    for (rollouts::Answered& answered : m_update.answers) {
        (answered.numbers.*list).assign(next, next + static_cast<std::ptrdiff_t>(answered.ids.size()));
        next += static_cast<std::ptrdiff_t>(answered.ids.size());
    }
}

bool RolloutSource::makeUpdate(std::span<const std::uint32_t> prompts)
{
    m_batches.clear();
    const TrainingData& data = m_run.parts.data;
    auto answers = answersOfAll({{data.train, data.files}, prompts, m_shape.group, static_cast<std::uint64_t>(m_update.number), "answering"});
    if (!answers) {
        return false;
    }
    m_update.answers = std::move(*answers);
    m_update.klWeight = m_klWeight;
    score();
    if (m_update.number == 1) {
        checkStart();
    }
    std::vector<objectives::Rollout> numbers;
    double kl = 0;
    for (rollouts::Answered& answered : m_update.answers) {
        kl += answered.numbers.kl();
        numbers.push_back(std::move(answered.numbers));
    }
    m_plan.assess(numbers, m_settings, m_update.klWeight);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        m_update.answers[i].numbers = std::move(numbers[i]);
    }
    const auto count = static_cast<std::int64_t>(m_update.answers.size());
    m_klWeight = m_plan.nextKlWeight ? m_plan.nextKlWeight(m_klWeight, kl / static_cast<double>(count), count, m_settings) : m_klWeight;
    m_update.nextKlWeight = m_klWeight;
    if (m_run.team && !m_run.team->leads()) {
        return true;
    }
    if (auto written = rollouts::writeUpdate(m_run.folder, m_update, m_settings.of<objectives::AnswerSettings>().keep); !written) {
        throw Failure("The answers of update " + std::to_string(m_update.number) + " could not be kept: " + written.message());
    }
    return true;
}

void RolloutSource::readUpdate()
{
    if (m_run.team) {
        if (auto shared = shareFile(*m_run.team, rollouts::updateFile(m_run.folder, m_update.number)); !shared) {
            throw Failure("The answers of update " + std::to_string(m_update.number) + " cannot be shared between the ranks: " + shared.message());
        }
    }
    auto update = rollouts::readUpdate(m_run.folder, m_update.number);
    if (!update) {
        throw Failure("The run was stopped while it learned from its answers, and they are gone: " + update.message()
                                 + "; resume from an older checkpoint");
    }
    m_update = std::move(*update);
    m_klWeight = m_update.nextKlWeight;
    m_batches = cutRollouts(m_update.answers, {m_run.config.run.batchSize, !m_run.parts.placement.device.is_cpu()});
}

void RolloutSource::score()
{
    const BatchLoss models(*m_run.parts.decoder, *m_run.parts.objective, m_settings, m_run.parts.heads, m_run.parts.reference);
    const at::Device device = m_run.parts.placement.device;
    const Model policy = [this](const MicroBatch& batch) { return predictionOf(*m_run.parts.decoder, batch); };
    const Model reference = [&models](const MicroBatch& batch) { return models.reference(batch); };
    const Model values = m_run.parts.reference.values ? Model([&models](const MicroBatch& batch) { return models.values(batch); }) : Model();
    m_batches = cutRollouts(m_update.answers, {m_run.config.run.batchSize, !m_run.parts.placement.device.is_cpu()});
    std::vector<std::int64_t> costs;
    for (const RolloutBatch& batch : m_batches) {
        costs.push_back(batch.batch.ids.numel());
    }
    std::vector<bool> isOwn(m_update.answers.size(), false);
    for (const std::size_t place : shareOf(costs, m_run.team ? Share{m_run.team->rank(), m_run.team->size()} : Share{})) {
        const RolloutBatch& batch = m_batches[place];
        const Scores now = scoreBatch(policy, batch.batch, device, m_shape.temperature, m_plan.hasValues ? m_run.parts.heads : std::vector<nn::NamedTensor>(), values);
        takeNumbers(batch, now.logProbs, &objectives::Rollout::logProbs, m_update.answers);
        if (now.values.defined()) {
            takeNumbers(batch, now.values, &objectives::Rollout::values, m_update.answers);
        }
        takeNumbers(batch, scoreBatch(reference, batch.batch, device, m_shape.temperature, {}).logProbs, &objectives::Rollout::reference, m_update.answers);
        for (const std::uint32_t answer : batch.answers) {
            isOwn[answer] = true;
        }
    }
    if (m_run.team) {
        shareNumbers(&objectives::Rollout::logProbs, isOwn);
        shareNumbers(&objectives::Rollout::reference, isOwn);
        if (m_plan.hasValues) {
            shareNumbers(&objectives::Rollout::values, isOwn);
        }
    }
}

// Before the first step nothing was learned: the model is its reference, and a training pass says what scoring said. Whatever
// breaks this (dropout, another shape, a reference that is none) would make every number behind it wrong.
void RolloutSource::checkStart()
{
    const double limit = m_run.parts.placement.dtype == at::kFloat ? kExact : kHalf;
    double apart = 0;
    for (const rollouts::Answered& answered : m_update.answers) {
        for (std::size_t i = 0; i < answered.ids.size(); ++i) {
            apart = std::max(apart, std::abs(static_cast<double>(answered.numbers.logProbs[i]) - static_cast<double>(answered.numbers.reference[i])));
        }
    }
    if (!(apart <= limit)) {
        throw Failure("Before the first step the model is " + std::to_string(apart)
                                 + " nats a token away from the model before the run, which it still is; its method starts from another model than "
                                   "its base, so no KL can be taken");
    }
    nn::Pass training;
    training.training = true;
    training.drops = m_run.parts.objective->dropsInputs;
    const RolloutBatch& first = m_batches.front();
    const auto said = [&](const nn::Pass& pass) {
        const Model model = [&](const MicroBatch& batch) { return predictionOf(*m_run.parts.decoder, batch, pass); };
        return scoreBatch(model, first.batch, m_run.parts.placement.device, m_shape.temperature, {});
    };
    const Scores scored = said({});
    const Scores trained = said(training);
    const double off = ((trained.logProbs - scored.logProbs).exp() - 1).abs().max().item<double>();
    if (!(off <= limit)) {
        throw Failure("Before the first step the ratio of probabilities is " + std::to_string(off)
                                 + " away from 1: training and scoring do not compute the same");
    }
}

EvalDone RolloutSource::judged(const std::vector<rollouts::Answered>& answers, std::int64_t group, const std::string& set, std::int64_t step) const
{
    double reward = 0;
    double tokens = 0;
    double ended = 0;
    double flat = 0;
    const auto size = static_cast<std::size_t>(group);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        reward += answers[i].numbers.reward;
        tokens += static_cast<double>(answers[i].ids.size());
        ended += answers[i].numbers.ended ? 1 : 0;
        const std::size_t first = i / size * size;
        const auto own = std::span(answers).subspan(first, std::min(size, answers.size() - first));
        flat += std::all_of(own.begin(), own.end(), [&](const rollouts::Answered& a) { return a.numbers.reward == own.front().numbers.reward; }) ? 1 : 0;
    }
    const double count = std::max<double>(1, static_cast<double>(answers.size()));
    EvalDone done{step, set, std::nullopt, static_cast<std::int64_t>(tokens), {}};
    done.measures = {{&measures::measureOf("reward"), reward / count},
                     {&measures::measureOf("answer_tokens"), tokens / count},
                     {&measures::measureOf("ended_share"), ended / count}};
    if (group > 1) {
        done.measures.push_back({&measures::measureOf("no_spread_share"), flat / count});
    }
    return done;
}

void RolloutSource::look()
{
    const std::int64_t wanted = m_settings.of<objectives::AnswerSettings>().look;
    const EpochPlan plan = m_run.parts.plan->epoch(0);
    const auto prompts = std::min<std::size_t>(static_cast<std::size_t>((wanted + m_shape.group - 1) / m_shape.group), plan.items.size());
    if (wanted == 0 || prompts == 0) {
        return;
    }
    const TrainingData& data = m_run.parts.data;
    if (m_run.team) {
        m_run.team->says("making its first answers");
    }
    const auto answers = answersOfAll({{data.train, data.files}, std::span(plan.items).first(prompts), m_shape.group, kOfLook, "first answers"});
    if (!answers || (m_run.team && !m_run.team->leads())) {
        return;
    }
    rewards::RewardTally tally(m_maker.rules());
    std::int64_t cut = 0;
    std::int64_t flat = 0;
    const auto group = static_cast<std::size_t>(m_shape.group);
    for (std::size_t i = 0; i < answers->size(); ++i) {
        const rollouts::Answered& answered = (*answers)[i];
        tally.add({answered.numbers.reward, answered.verdicts});
        cut += answered.numbers.ended ? 0 : 1;
        m_run.observer.onEvent(SampleDone{0, answered.prompt, answered.answer, answered.numbers.reward});
        if (i % group == 0) {
            const auto own = std::span(*answers).subspan(i, group);
            flat += std::all_of(own.begin(), own.end(), [&](const rollouts::Answered& a) { return a.numbers.reward == own.front().numbers.reward; }) ? 1 : 0;
        }
    }
    m_run.observer.onEvent(judged(*answers, m_shape.group, "first_answers", 0));
    const auto warn = [&](const std::string& sentence) { m_run.observer.onEvent(Warning{0, sentence}); };
    if (cut > 0) {
        warn(share(cut, answers->size()) + " answers before the start were cut after " + std::to_string(m_shape.maxNew) + " tokens"
             + (static_cast<double>(cut) >= kNearlyAll * static_cast<double>(answers->size())
                    ? ": hardly one could end by itself; raise objective.max_new, or tune on answers that end first."
                    : "; raise objective.max_new where they should be whole."));
    }
    if (m_shape.group > 1 && flat > 0) {
        warn(share(flat, prompts) + " groups before the start have no spread: all their answers have the same reward, and nothing is learned from them. A loss near 0 in "
                                    "the first steps is normal.");
    }
    for (const std::string& sentence : tally.findings()) {
        warn(sentence);
    }
}

std::optional<EvalDone> RolloutSource::evaluate(std::int64_t step)
{
    const TrainingData& data = m_run.parts.data;
    std::vector<std::uint32_t> prompts(std::min<std::size_t>(data.heldOut.size(), static_cast<std::size_t>(kMostHeldOut)));
    std::iota(prompts.begin(), prompts.end(), 0u);
    if (prompts.empty()) {
        return std::nullopt;
    }
    const auto answers = answersOfAll({{data.heldOut, data.heldOutFiles.empty() ? data.files : data.heldOutFiles}, prompts, 1, kOfEval, "evaluating"});
    return answers ? std::optional(judged(*answers, 1, std::string(measures::kHeldOutSet), step)) : std::nullopt;
}

} // namespace luthier::train
