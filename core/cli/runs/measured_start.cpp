// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/runs/measured_start.h"

#include "core/cli/display.h"
#include "core/cli/interrupts.h"
#include "core/objectives/objectives.h"
#include "core/train/memory_advice.h"
#include "core/train/trials/plan_measure.h"

namespace luthier::cli {

Result<Json> measuredStart(const config::RunConfig& config, const train::RunRows& rows, std::int64_t step, Context& context)
{
    const auto* objective = objectives::findObjective(config.objective.kind);
    if (objective == nullptr || objective->rollouts) {
        return Json();
    }
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); });
    context.console.progress("measuring the largest batch");
    const auto measured = train::measurePlan(config, rows, control);
    context.console.endProgress();
    if (!measured) {
        train::RunEnded ended;
        ended.sentence = measured.message();
        train::RunInputs inputs;
        inputs.rows = rows;
        const auto advice = train::endedWithoutMemory(ended) ? train::memoryAdvice(config, inputs, ended) : std::nullopt;
        return Error{measured.message() + (advice ? " " + advice->sentence : std::string())};
    }
    const double seconds = step > 0 ? measured->secondsFrom(step) : measured->seconds;
    if (!context.console.isJson()) {
        context.console.note("The largest batch, " + counted(measured->passTokens) + " tokens, needs " + byteSize(static_cast<double>(measured->peakBytes))
                             + "; " + (step > 0 ? "what is left of the run" : "the run") + " takes about " + duration(seconds) + ".");
    }
    return Json{{"event", "measured"}, {"bytes", measured->peakBytes}, {"seconds", seconds},
                {"pass_tokens", measured->passTokens}, {"pass_seconds", measured->secondsPerPass}};
}

} // namespace luthier::cli
