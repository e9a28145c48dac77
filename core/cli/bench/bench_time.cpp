// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench/bench_time.h"

#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/base/scratch_folder.h"
#include "core/cli/display.h"
#include "core/cli/interrupts.h"
#include "core/measures/measure.h"
#include "core/train/bench/bench_memory.h"
#include "core/train/bench/bench_time.h"
#include "core/train/run.h"
#include "core/train/trials/plan_measure.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

// So that a run is some seconds on either.
constexpr double kLongerOnCard = 8;
constexpr std::int64_t kCardBatch = 16;
constexpr std::int64_t kCardRarer = 16;
constexpr std::int64_t kCpuBatch = 4;

constexpr std::size_t kToldSteps = 4; // that took longest

struct SlowStep {
    std::int64_t step = 0;
    double seconds = 0;
};

struct Taken {
    train::RunTime predicted;
    train::RunTime spent;
    std::vector<SlowStep> slowest;
    double measuring = 0; // what the prediction took
    double loading = 0;   // of the run before its time counts

    double percent() const { return 100 * (predicted.total() / spent.total() - 1); }
};

// From the event of the start, behind which a run counts its own time, to the last. What the time between two events went into is told
// by the one at its end; saving says when it begins.
class Stopwatch : public train::RunObserver {
public:
    explicit Stopwatch(base::Clock clock) : m_clock(clock), m_last(clock()) {}

    void onEvent(const train::Event& event) override
    {
        const double now = m_clock();
        const double seconds = now - std::exchange(m_last, now);
        const auto* stage = std::get_if<train::StageChanged>(&event);
        const bool wasSaving = std::exchange(m_isSaving, stage && stage->stage == "saving");
        if (std::holds_alternative<train::RunStarted>(event)) {
            m_isRunning = true;
        }
        if (!m_isRunning || std::holds_alternative<train::RunStarted>(event)) {
            loading += seconds;
            return;
        }
        if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            spent.numEvaluations += eval->set == measures::kHeldOutSet;
        }
        (wasSaving ? spent.saving : partOf(event)) += seconds;
        if (const auto* done = std::get_if<train::StepDone>(&event)) {
            slowest.push_back({done->step, seconds});
            std::stable_sort(slowest.begin(), slowest.end(), [](const SlowStep& a, const SlowStep& b) { return a.seconds > b.seconds; });
            slowest.resize(std::min(slowest.size(), kToldSteps));
        }
    }

    double loading = 0;
    train::RunTime spent;
    std::vector<SlowStep> slowest;

private:
    double& partOf(const train::Event& event)
    {
        const auto* stage = std::get_if<train::StageChanged>(&event);
        const bool isEvaluation = std::holds_alternative<train::EvalDone>(event) || (stage && stage->stage == "evaluating");
        const bool isRows = stage && stage->stage == "measuring rows";
        return isRows ? spent.rows : isEvaluation ? spent.evaluations : std::holds_alternative<train::SampleDone>(event) ? spent.answers : spent.steps;
    }

    base::Clock m_clock;
    double m_last;
    bool m_isRunning = false;
    bool m_isSaving = false;
};

Result<Taken> take(const train::TimeCase& one, const fs::path& folder, base::Clock clock, Context& context)
{
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); });
    const train::RunRows rows = train::runRows(one.config.data);
    const double begin = clock();
    const auto measured = train::measurePlan(one.config, rows, control, clock);
    if (!measured) {
        return measured.error();
    }
    const double measuring = clock() - begin;
    Stopwatch watch(clock);
    const train::RunEnded ended = train::run(one.config, {folder, rows, false}, control, watch);
    if (ended.outcome != train::Outcome::Finished) {
        return Error{ended.outcome == train::Outcome::Stopped ? "cancelled" : ended.sentence};
    }
    return Taken{measured->time, watch.spent, watch.slowest, measuring, watch.loading};
}

Json jsonOf(const train::RunTime& time)
{
    return {{"steps", time.steps}, {"evaluations", time.evaluations}, {"answers", time.answers}, {"rows", time.rows}, {"saving", time.saving}, {"num_evaluations", time.numEvaluations}};
}

std::string textOf(const train::RunTime& time)
{
    std::string parts = "steps " + fixed(time.steps, 2);
    for (const auto& [what, seconds] : {std::pair("evaluations", time.evaluations), {"answers", time.answers}, {"rows", time.rows}, {"saving", time.saving}}) {
        parts += seconds > 0 ? std::string(", ") + what + " " + fixed(seconds, 2) : std::string();
    }
    return parts + ", " + counted(time.numEvaluations) + " evaluations";
}

void print(Console& console, const train::TimeCase& one, const Taken& taken)
{
    if (console.isJson()) {
        Json slowest = Json::array();
        for (const SlowStep& step : taken.slowest) {
            slowest.push_back({{"step", step.step}, {"seconds", step.seconds}});
        }
        console.line({{"name", "time"}, {"recipe", one.name}, {"value", taken.predicted.total()}, {"unit", "s"}, {"limit", taken.spent.total()}, {"share", taken.predicted.total() / taken.spent.total()},
                      {"predicted", jsonOf(taken.predicted)}, {"taken", jsonOf(taken.spent)}, {"slowest_steps", std::move(slowest)}, {"measuring", taken.measuring}, {"loading", taken.loading}});
        return;
    }
    console.text(one.name + ": predicted " + fixed(taken.predicted.total(), 2) + " s, took " + fixed(taken.spent.total(), 2) + " s, " + (taken.percent() >= 0 ? "+" : "")
                 + fixed(taken.percent(), 1) + " %");
    std::string slowest;
    for (const SlowStep& step : taken.slowest) {
        slowest += (slowest.empty() ? "" : ", ") + counted(step.step) + " in " + fixed(step.seconds, 3);
    }
    console.text("  predicted: " + textOf(taken.predicted) + "; measuring took " + fixed(taken.measuring, 1) + " s\n  taken: " + textOf(taken.spent) + "; slowest steps "
                 + slowest + "; loading before " + fixed(taken.loading, 1) + " s");
}

} // namespace

int benchTime(const TimeBenchFlags& flags, Context& context)
{
    const base::ScratchFolder folder("luthier-bench");
    if (folder.path().empty()) {
        return context.fail("no folder for temporary files could be made in " + fs::temp_directory_path().string());
    }
    const std::string device = context.globals.deviceOrAuto();
    const bool isCard = device.starts_with("cuda");
    fs::path model = flags.model.empty() ? base::bundledModel() : fs::path(flags.model);
    if (isCard && flags.model.empty()) {
        const train::MemoryCases large{folder.path(), base::bundledModel(), true, {}, true};
        if (auto written = train::writeMemoryModel("llama", large); !written) {
            return context.fail(written.message());
        }
        model = folder.path() / "llama";
    }
    auto cases = train::writeTimeCases({folder.path(), model, device, context.globals.dtypeOrAuto(), flags.only, isCard ? kLongerOnCard * flags.longer : flags.longer, isCard ? kCardBatch : kCpuBatch, isCard ? kCardRarer : 1});
    if (!cases) {
        return context.fail(cases.message());
    }
    if (cases->empty()) {
        return context.fail("no recipe's name holds \"" + flags.only + "\"");
    }
    double sum = 0;
    double worst = 0;
    std::int64_t beyond = 0;
    for (train::TimeCase& one : *cases) {
        one.config.run.threads = context.globals.threads > 0 ? context.globals.threads : isCard ? one.config.run.threads : 1;
        const auto taken = take(one, folder.path() / ("run-" + std::to_string(&one - cases->data())), isCard ? base::wallSeconds : base::processorSeconds, context);
        if (!taken) {
            return context.fail(one.name + ": " + taken.message());
        }
        print(context.console, one, *taken);
        sum += std::abs(taken->percent());
        worst = std::max(worst, std::abs(taken->percent()));
        beyond += std::abs(taken->percent()) > flags.within;
    }
    const double mean = sum / static_cast<double>(cases->size());
    if (context.console.isJson()) {
        context.console.line({{"name", "time"}, {"value", worst}, {"unit", "percent"}, {"limit", flags.within}, {"share", worst / flags.within}, {"mean", mean},
                              {"recipes", cases->size()}, {"beyond", beyond}});
    } else {
        context.console.text(counted(static_cast<std::int64_t>(cases->size())) + " recipes: off by " + fixed(mean, 1) + " % on average, at most " + fixed(worst, 1) + " %; "
                             + counted(beyond) + " by more than " + fixed(flags.within, 0) + " %");
    }
    return beyond == 0 ? kDone : context.fail(counted(beyond) + " predictions are off by more than " + fixed(flags.within, 0) + " %");
}

} // namespace luthier::cli
