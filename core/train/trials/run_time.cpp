// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/run_time.h"

#include "core/base/files.h"
#include "core/train/answers/probes.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/results/best_result.h"
#include "core/train/checkpoint.h"
#include "core/train/plan/disk_plan.h"
#include "core/train/plan/evaluation_times.h"
#include "core/train/ranks/ranked.h"
#include "core/train/run_batches.h"
#include "core/train/results/run_result.h"
#include "core/train/run_room.h"
#include "core/train/step/evaluator.h"
#include "core/train/step/row_loss_pass.h"
#include "core/train/trials/card_shapes.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace luthier::train {

namespace {

// Of the run that is expected, and at least so many seconds, for each of what is measured. On a CPU less will do: what comes first there
// takes hardly more than what comes later, and a run of seconds is not worth another second of waiting.
constexpr double kWorth = 0.01;
constexpr double kLeastOnCard = 0.4;
constexpr double kLeastSeconds = 0.05;
constexpr double kMostSeconds = 20;
constexpr std::size_t kMostSizes = 8;
constexpr std::size_t kLeastSizes = 2;
constexpr std::size_t kMostBatches = 8; // of a step
constexpr double kSteady = 0.2;         // seconds behind which one timing is enough
constexpr double kAnswering = 0.25;     // seconds at least, for the pieces of an answer
constexpr std::size_t kLeastBatches = 3; // of a walk
constexpr int kMostRepeats = 4;
constexpr std::size_t kMostPlans = 4;   // of cuDNN, timed
constexpr double kWarming = 3;          // seconds at most, for what a card loads and plans when it is first needed
constexpr std::int64_t kMostSaved = std::int64_t{64} << 20;
constexpr double kLongSaved = 2;  // seconds of the second part
constexpr double kLongResult = 4; // seconds

struct SizedStep {
    std::size_t first = 0; // of its micro-batches
    std::size_t count = 0;
    std::int64_t tokens = 0;
};

std::vector<SizedStep> stepsOf(const EpochPlan& epoch, const RunParts& parts)
{
    const auto accumulation = static_cast<std::size_t>(parts.plan->settings().accumulation);
    const auto most = static_cast<std::size_t>(parts.totalSteps);
    std::vector<SizedStep> steps;
    for (std::size_t first = 0; first < epoch.numBatches() && steps.size() < most; first += accumulation) {
        SizedStep step{first, std::min(accumulation, epoch.numBatches() - first), 0};
        for (std::size_t i = 0; i < step.count; ++i) {
            step.tokens += tokensOf(parts.data.train, epoch.batch(first + i), parts.plan->isPacked());
        }
        steps.push_back(step);
    }
    return steps;
}

class Timer {
public:
    explicit Timer(const TimedRun& run) : m_run(run) {}

    RunTime measure()
    {
        const config::RunSettings& settings = m_run.config.run;
        const std::int64_t total = m_run.parts.totalSteps;
        m_budget = std::clamp(kWorth * m_run.secondsPerPass * static_cast<double>(total * settings.gradientAccumulation), isCard() ? kLeastOnCard : kLeastSeconds, kMostSeconds);
        RunTime time;
        if (isCard()) {
            m_shapes.emplace(m_run.parts, m_run.step);
        }
        const double plan = secondsPerPlan();
        time.steps = secondsPerStep() * static_cast<double>(total);
        time.steps += m_shapes ? plan * static_cast<double>(m_shapes->numNewPlans()) : 0;
        const double once = evaluationSeconds();
        const double answers = answerSeconds();
        time.rows = rowSeconds();
        const RunRoom room = roomOf(m_run.parts);
        const Saving saving = savingOf(room.checkpoint);
        const double checkpoint = saving.secondsOf(room.checkpoint);
        const double result = resultSeconds(saving.secondsOf(room.result));
        const std::int64_t interval = checkpointInterval(settings, total);
        time.numEvaluations = evaluationsWithin(time, once + answers, checkpoint * static_cast<double>(total / interval));
        time.evaluations = static_cast<double>(time.numEvaluations) * once;
        time.answers = static_cast<double>(time.numEvaluations) * answers;
        const bool keepsBest = once > 0;
        time.saving = checkpoint * static_cast<double>(checkpointsOf(settings, total) - (total % interval == 0 ? 1 : 0))
                      + result * static_cast<double>(1 + (keepsBest ? std::max<std::int64_t>(0, time.numEvaluations - 2) : 0));
        return time;
    }

private:
    double now() const
    {
        synchronise(m_run.parts.placement.device);
        return m_run.clock();
    }
    bool isStopped() const { return m_run.control.stopRequested(); }

    StepBatches batchesOf(const EpochPlan& epoch, const SizedStep& step) const
    {
        const RunParts& parts = m_run.parts;
        const BatchForm form = formOf(parts);
        StepBatches batches;
        for (std::size_t i = 0; i < std::min(step.count, kMostBatches); ++i) {
            batches.add(m_run.step.padded(makeMicroBatch(parts.data.train, epoch.batch(step.first + i), form)));
        }
        return batches;
    }

    bool isCard() const { return !m_run.parts.placement.device.is_cpu(); }

    double secondsOfOne(TrainStep& step, const StepBatches& batches)
    {
        const double start = now();
        step.run(batches, ++m_number, 0, [] {});
        return now() - start;
    }

    // Queued one by one, whatever comes again.
    TrainStep plainStep() const
    {
        return {lossOf(m_run.config, m_run.parts), *m_run.parts.optimizer, static_cast<std::uint64_t>(m_run.config.run.seed), WorkRecorder()};
    }

    // What the first pass of a round width takes more than a later one. The very first is that of a process, which loads what plans are made with.
    double secondsPerPlan()
    {
        if (!m_shapes) {
            return 0;
        }
        TrainStep plain = plainStep();
        double seconds = 0;
        int timed = 0;
        bool isFirst = true;
        for (MicroBatch& batch : m_shapes->plannedFirst(1 + kMostPlans)) {
            if (isStopped()) {
                break;
            }
            StepBatches step;
            step.add(std::move(batch));
            m_shapes->meet(step);
            const double first = secondsOfOne(plain, step);
            if (!std::exchange(isFirst, false)) {
                seconds += std::max(0.0, first - secondsOfOne(plain, step));
                ++timed;
            }
        }
        return seconds / std::max(1, timed);
    }

    // On a card the second pass of a shape is recorded and later ones are played (step/step_graphs.h): how much of its time that is
    // depends on how often the run has the shape.
    double secondsOnCard(const StepBatches& batches)
    {
        TrainStep plain = plainStep();
        m_shapes->meet(batches);
        secondsOfOne(plain, batches); // memory that the card is asked for once
        const double queued = std::min(secondsOfOne(plain, batches), secondsOfOne(plain, batches));
        const double times = m_shapes->timesOf(batches);
        if (times < 1.5) {
            return queued;
        }
        secondsOfOne(m_run.step, batches);
        const double recorded = secondsOfOne(m_run.step, batches);
        const double played = std::min(secondsOfOne(m_run.step, batches), secondsOfOne(m_run.step, batches));
        return (queued + recorded + std::max(0.0, times - 2) * played) / std::max(times, 2.0);
    }

    double secondsOf(const StepBatches& batches)
    {
        if (isCard()) {
            return secondsOnCard(batches);
        }
        int repeats = 0;
        double spent = 0;
        do {
            spent += secondsOfOne(m_run.step, batches);
        } while (++repeats < kMostRepeats && spent < std::min(kSteady, m_budget) && !isStopped());
        return spent / repeats;
    }

    // Steps in the order of their size, cut into parts, and the middle one of each taken for all of them.
    double secondsPerStep()
    {
        const EpochPlan epoch = m_run.parts.plan->epoch(0);
        std::vector<SizedStep> steps = stepsOf(epoch, m_run.parts);
        std::stable_sort(steps.begin(), steps.end(), [](const SizedStep& a, const SizedStep& b) { return a.tokens < b.tokens; });
        const double expected = m_run.secondsPerPass * static_cast<double>(std::min<std::size_t>(kMostBatches, static_cast<std::size_t>(m_run.parts.plan->settings().accumulation)));
        const auto affordable = static_cast<std::size_t>(std::max(1.0, m_budget / std::max(expected, 1e-6)));
        const std::size_t sizes = std::min(steps.size(), std::clamp(affordable, kLeastSizes, kMostSizes));
        double seconds = 0;
        for (std::size_t k = 0; k < sizes && !isStopped(); ++k) {
            const std::size_t begin = k * steps.size() / sizes;
            const std::size_t end = (k + 1) * steps.size() / sizes;
            const SizedStep& middle = steps[begin + (end - begin) / 2];
            std::int64_t tokens = 0;
            for (std::size_t i = begin; i < end; ++i) {
                tokens += steps[i].tokens;
            }
            const StepBatches batches = batchesOf(epoch, middle);
            const double whole = static_cast<double>(middle.count) / static_cast<double>(batches.batches.size());
            seconds += secondsOf(batches) * whole * static_cast<double>(tokens) / static_cast<double>(std::max<std::int64_t>(1, middle.tokens));
        }
        return seconds / static_cast<double>(std::max<std::size_t>(1, steps.size()));
    }

    using Walk = std::function<void(const std::function<bool()>& isStopped)>;
    using WalkOver = std::function<void(const ItemStore& items, const std::function<bool()>& isStopped)>;

    // Places of a walk's items, cut as it cuts them.
    std::vector<std::vector<std::uint32_t>> walkOf(const ItemStore& items) const
    {
        const ShrinkingBatches batches = measuringBatches(items, m_run.config.run.batchSize, !isCard() && !m_run.parts.objective->mismatches);
        const std::vector<std::uint32_t> order = longestFirst(items);
        std::vector<std::vector<std::uint32_t>> walk;
        for (auto left = std::span<const std::uint32_t>(order); !left.empty(); left = left.subspan(walk.back().size())) {
            const auto batch = left.first(batches.next(left));
            walk.emplace_back(batch.begin(), batch.end());
        }
        return walk;
    }

    std::int64_t walkTokens(const ItemStore& items, std::size_t most) const
    {
        std::int64_t tokens = 0;
        std::size_t taken = 0;
        for (const std::vector<std::uint32_t>& batch : walkOf(items)) {
            tokens += taken++ < most ? tokensOf(items, batch, false) : 0;
        }
        return tokens;
    }

    // As many batches of a walk as the budget is worth, evenly spread over it: it goes from the longest rows to the shortest, which take
    // longer for each of their tokens where they do not fill a batch.
    ItemStore spreadOf(const ItemStore& items) const
    {
        const auto walk = walkOf(items);
        const std::int64_t tokens = tokensOf(items, walk[walk.size() / 2], false);
        const double share = static_cast<double>(tokens) / static_cast<double>(std::max<std::int64_t>(1, m_run.passTokens));
        const double onePass = std::max(m_run.secondsPerPass / 2 * share, 1e-6); // forward alone
        const std::size_t least = tokens * 2 > kTokensAtOnce && tokens <= kTokensAtOnce ? 1 : kLeastBatches; // filled ones are alike
        const std::size_t some = std::min(walk.size(), std::max(least, static_cast<std::size_t>(m_budget / onePass)));
        std::vector<std::uint32_t> taken;
        for (std::size_t k = 0; k < some; ++k) {
            const auto& batch = walk[(2 * k + 1) * walk.size() / (2 * some)];
            taken.insert(taken.end(), batch.begin(), batch.end());
        }
        ItemStore spread(items.columns());
        for (const std::uint32_t item : taken) {
            spread.append(items, item);
        }
        for (std::size_t c = 0; c < items.columns().size(); ++c) { // joined items leave theirs behind
            std::vector<float> values;
            for (const std::uint32_t item : taken) {
                values.push_back(items.column(c)[item]);
            }
            spread.setColumn(items.columns()[c], std::move(values));
        }
        return spread;
    }

    // Of a walk over all items, longest first, that asks before each batch whether it is to stop.
    double walkSeconds(const ItemStore& items, const WalkOver& walk)
    {
        if (isCard()) {
            return walkedOnCard(items, walk);
        }
        const ItemStore some = spreadOf(items);
        const double start = now();
        walk(some, [this] { return isStopped(); });
        const double spent = now() - start;
        return spent * static_cast<double>(walkTokens(items, items.size())) / static_cast<double>(std::max<std::int64_t>(1, walkTokens(some, some.size())));
    }

    // It is walked once before, as every shape of it makes what is only made once.
    double walkedOnCard(const ItemStore& items, const WalkOver& walk)
    {
        warm([&](const std::function<bool()>& isStopped) { walk(items, isStopped); });
        const double start = now();
        std::size_t asked = 0;
        bool isCut = false;
        walk(items, [&] {
            isCut = isStopped() || (++asked > 1 && now() - start > m_budget);
            return isCut;
        });
        const double spent = now() - start;
        const std::size_t walked = isCut ? std::max<std::size_t>(1, asked) - 1 : items.size();
        return spent * static_cast<double>(walkTokens(items, items.size())) / static_cast<double>(std::max<std::int64_t>(1, walkTokens(items, walked)));
    }

    void warm(const Walk& walk)
    {
        const double start = now();
        walk([&] { return isStopped() || now() - start > std::max(m_budget, kWarming); });
    }

    double evaluationSeconds()
    {
        RunParts& parts = m_run.parts;
        const auto once = [&](const BatchLoss& loss, const ItemStore& items) {
            if (items.isEmpty()) {
                return 0.0;
            }
            return walkSeconds(items, [&](const ItemStore& some, const std::function<bool()>& stopped) {
                Evaluator(loss, some, m_run.config.run.batchSize).run(0, [](std::int64_t, std::int64_t) {}, stopped);
            });
        };
        return once(lossOf(m_run.config, parts), parts.data.heldOut) + once(generalLossOf(m_run.config, parts), parts.data.general);
    }

    // A prompt asks before each of its pieces, and once before it.
    double answerSeconds()
    {
        const config::RunSettings& settings = m_run.config.run;
        if (settings.probePrompts.empty() || m_run.parts.objective->judges) {
            return 0;
        }
        Probes probes(*m_run.parts.decoder, m_run.parts.encoder, settings, m_run.parts.data.areTexts);
        NoObserver nobody;
        if (isCard()) {
            warm([&](const std::function<bool()>& stopped) { probes.answer(0, nobody, stopped); });
        }
        const double start = now();
        std::int64_t asked = 0;
        bool isCut = false;
        probes.answer(0, nobody, [&] {
            isCut = isCut || isStopped() || (++asked > 1 && now() - start > std::max(m_budget, isCard() ? 1.0 : kAnswering));
            return isCut;
        });
        const double spent = now() - start;
        const auto all = static_cast<std::int64_t>(settings.probePrompts.size()) * (settings.probeTokens + 1);
        return isCut ? spent * static_cast<double>(all) / static_cast<double>(std::max<std::int64_t>(1, asked)) : spent;
    }

    double rowSeconds()
    {
        RunParts& parts = m_run.parts;
        if (!m_run.config.run.rowLosses) {
            return 0;
        }
        return 2 * walkSeconds(parts.data.train, [&](const ItemStore& some, const std::function<bool()>& stopped) {
            static_cast<void>(rowLossesOf(*parts.decoder, some, m_run.config.run.batchSize, {}, stopped));
        });
    }

    struct Saving {
        double once = 0;
        double perByte = 0;

        double secondsOf(std::uint64_t bytes) const { return once + perByte * static_cast<double>(bytes); }
    };
    struct Saved {
        double seconds = 0;
        std::int64_t bytes = 0;
    };

    // Of tensors written, hashed, synced and read back; nothing where they cannot be written here.
    Saved savedUpTo(std::int64_t most)
    {
        Saved saved;
        const auto part = [&saved, most](const std::vector<nn::NamedTensor>& all) {
            std::vector<nn::NamedTensor> some;
            for (const nn::NamedTensor& one : all) {
                const auto size = static_cast<std::int64_t>(one.tensor.nbytes());
                if (some.empty() || saved.bytes + size <= most) {
                    some.push_back(one);
                    saved.bytes += size;
                }
            }
            return some;
        };
        const std::vector<nn::NamedTensor> weights = part(m_run.parts.leaves);
        const std::vector<nn::NamedTensor> state = part(m_run.parts.optimizer->state());
        CheckpointInfo info;
        info.recipe = Json::object();
        const double start = now();
        const auto done = saveCheckpoint(m_run.folder, info, weights, state);
        saved.seconds = now() - start;
        return done ? saved : Saved();
    }

    // By a part of a checkpoint, and where it is much larger by a second part: what each takes whatever its size is no part of a byte.
    Saving savingOf(std::uint64_t checkpoint)
    {
        const Saved little = savedUpTo(kMostSaved);
        if (little.bytes == 0 || little.seconds <= 0) {
            return {};
        }
        const Saving byBytes{0, little.seconds / static_cast<double>(little.bytes)};
        const double affordable = std::max(m_budget, kLongSaved) / byBytes.perByte;
        if (std::min(affordable, static_cast<double>(checkpoint)) < 2 * static_cast<double>(little.bytes) || isStopped()) {
            return byBytes;
        }
        const Saved more = savedUpTo(static_cast<std::int64_t>(affordable));
        if (more.bytes < 2 * little.bytes) {
            return byBytes;
        }
        const double perByte = std::max(0.0, (more.seconds - little.seconds) / static_cast<double>(more.bytes - little.bytes));
        return {std::max(0.0, little.seconds - perByte * static_cast<double>(little.bytes)), perByte};
    }

    // Written as the best one is, where that does not take long by what a checkpoint of so many bytes takes: it has many small files.
    double resultSeconds(double byBytes)
    {
        if (byBytes > std::max(m_budget, kLongResult) || isStopped()) {
            return byBytes;
        }
        const double start = now();
        const auto kept = BestResult(m_run.folder).keep(1, 0, [this](const std::filesystem::path& target) {
            return writeRunResult(m_run.config, m_run.parts, m_run.folder, target);
        });
        return kept ? now() - start : byBytes;
    }

    // As the run decides it while it goes.
    std::int64_t evaluationsWithin(const RunTime& time, double once, double checkpoints) const
    {
        const config::RunSettings& settings = m_run.config.run;
        const std::int64_t total = m_run.parts.totalSteps;
        const std::int64_t every = evaluationInterval(settings, total);
        const double between = (time.steps + checkpoints) / static_cast<double>(std::max<std::int64_t>(1, total)) * static_cast<double>(every);
        EvaluationTime spent{once, once, once + time.rows / 2};
        std::int64_t count = 1;
        for (std::int64_t step = every; step < total; step += every) {
            spent.elapsed += between;
            if (spent.allows(settings)) {
                spent.elapsed += once;
                spent.spent += once;
                ++count;
            }
        }
        return count + 1;
    }

    const TimedRun& m_run;
    double m_budget = kLeastSeconds;
    std::optional<CardShapes> m_shapes; // on a card
    std::int64_t m_number = 1000; // of steps; those before it were the measurement of memory
};

} // namespace

std::int64_t tokensOf(const ItemStore& store, std::span<const std::uint32_t> items, bool isPacked)
{
    std::int64_t longest = 0;
    std::int64_t sequences = 0;
    std::int64_t together = 0;
    for (const std::uint32_t item : items) {
        longest = std::max(longest, store.longest(item));
        sequences += store.item(item).count;
        together += store.length(item);
    }
    return isPacked ? together : longest * sequences;
}

RunTime timeOf(const TimedRun& run)
{
    return Timer(run).measure();
}

} // namespace luthier::train
