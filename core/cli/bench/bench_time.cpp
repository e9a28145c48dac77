// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench/bench_time.h"

#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/base/scratch_folder.h"
#include "core/cli/display.h"
#include "core/cli/interrupts.h"
#include "core/train/bench/bench_memory.h"
#include "core/train/bench/bench_time.h"
#include "core/train/run.h"
#include "core/train/trials/plan_measure.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

// So that a run is some seconds on either.
constexpr double kLongerOnCard = 4;
constexpr std::int64_t kCardBatch = 16;
constexpr std::int64_t kCpuBatch = 4;

struct Taken {
    train::RunTime predicted;
    double seconds = 0;
    double measuring = 0; // what the prediction took
    std::int64_t evaluations = 0;

    double percent() const { return 100 * (predicted.total() / seconds - 1); }
};

// From the event of the start, behind which a run counts its own time, to the last.
class Stopwatch : public train::RunObserver {
public:
    explicit Stopwatch(base::Clock clock) : m_clock(clock) {}

    void onEvent(const train::Event& event) override
    {
        if (std::holds_alternative<train::RunStarted>(event)) {
            m_begin = m_clock();
        } else if (std::holds_alternative<train::RunEnded>(event)) {
            m_seconds = m_clock() - m_begin;
        } else if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            m_evaluations += eval->set == measures::kHeldOutSet;
        }
    }
    double seconds() const { return m_seconds; }
    std::int64_t evaluations() const { return m_evaluations; }

private:
    base::Clock m_clock;
    double m_begin = 0;
    double m_seconds = 0;
    std::int64_t m_evaluations = 0;
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
    Taken taken{measured->time, 0, clock() - begin, 0};
    Stopwatch watch(clock);
    const train::RunEnded ended = train::run(one.config, {folder, rows, false}, control, watch);
    if (ended.outcome != train::Outcome::Finished) {
        return Error{ended.outcome == train::Outcome::Stopped ? "cancelled" : ended.sentence};
    }
    taken.seconds = watch.seconds();
    taken.evaluations = watch.evaluations();
    return taken;
}

void print(Console& console, const train::TimeCase& one, const Taken& taken)
{
    const train::RunTime& time = taken.predicted;
    if (console.isJson()) {
        console.line({{"name", "time"}, {"recipe", one.name}, {"value", time.total()}, {"unit", "s"}, {"limit", taken.seconds}, {"share", time.total() / taken.seconds},
                      {"steps", time.steps}, {"evaluations", time.evaluations}, {"answers", time.answers}, {"rows", time.rows}, {"saving", time.saving},
                      {"predicted_evaluations", time.numEvaluations}, {"made_evaluations", taken.evaluations}, {"measuring", taken.measuring}});
        return;
    }
    std::string parts = "steps " + fixed(time.steps, 2);
    for (const auto& [what, seconds] : {std::pair("evaluations", time.evaluations), {"answers", time.answers}, {"rows", time.rows}, {"saving", time.saving}}) {
        parts += seconds > 0 ? std::string(", ") + what + " " + fixed(seconds, 2) : std::string();
    }
    console.text(one.name + ": predicted " + fixed(time.total(), 2) + " s, took " + fixed(taken.seconds, 2) + " s, " + (taken.percent() >= 0 ? "+" : "") + fixed(taken.percent(), 1)
                 + " %  (" + parts + "; " + counted(time.numEvaluations) + " evaluations, made " + counted(taken.evaluations) + "; measuring took " + fixed(taken.measuring, 1) + " s)");
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
    auto cases = train::writeTimeCases({folder.path(), model, device, context.globals.dtypeOrAuto(), flags.only, isCard ? kLongerOnCard * flags.longer : flags.longer, isCard ? kCardBatch : kCpuBatch});
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
