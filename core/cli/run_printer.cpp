// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/run_printer.h"

#include "core/base/amount.h"
#include "core/cli/display.h"
#include "core/store/event_codec.h"
#include "core/train/event_measures.h"

namespace luthier::cli {

void RunPrinter::onEvent(const train::Event& event)
{
    keep(event);
    // Stages come often and only matter while they last, but for a hold, which lasts until somebody looks.
    const auto* stage = std::get_if<train::StageChanged>(&event);
    if (m_console.isJson() && (!stage || stage->stage == "held")) {
        m_console.line(store::toJson(event));
        if (std::holds_alternative<train::RunStarted>(event) && !m_measured.is_null()) {
            m_console.line(m_measured);
        }
    }
    std::visit([this](const auto& e) { show(e); }, event);
}

void RunPrinter::keep(const train::Event& event)
{
    train::take(m_measures, event);
    if (const auto* started = std::get_if<train::RunStarted>(&event)) {
        m_started = *started;
    } else if (const auto* step = std::get_if<train::StepDone>(&event)) {
        m_trainedTokens += step->trainedTokens;
    }
}

void RunPrinter::show(const train::RunStarted& started)
{
    std::string text = "Training " + counted(started.trainableParameters) + " of "
                       + counted(started.totalParameters) + " parameters on " + started.device + " in "
                       + started.dtype + ": " + base::amount(started.trainRows, "row") + ", "
                       + base::amount(started.totalSteps, "step");
    if (started.heldOutRows > 0) {
        text += ", " + base::amount(started.heldOutRows, "row") + " held out";
    }
    if (started.skippedRows > 0) {
        text += ", " + base::amount(started.skippedRows, "row") + " skipped";
    }
    if (started.truncatedRows > 0) {
        text += ", " + base::amount(started.truncatedRows, "row") + " cut";
    }
    if (started.firstStep > 0) {
        text += ", from step " + counted(started.firstStep + 1);
    }
    m_console.note(text + ".");
}

void RunPrinter::show(const train::StageChanged& stage)
{
    const std::string share =
        stage.total > 0 ? " " + counted(stage.done) + " / " + counted(stage.total) : std::string();
    m_console.progress(oneLine(stage.stage) + share);
}

void RunPrinter::show(const train::StepDone& step)
{
    std::string text = "step " + counted(step.step) + "/" + counted(m_started.totalSteps) + "  loss "
                       + fixed(step.loss, 3);
    if (const auto heldOut = m_measures.heldOut()) {
        text += "  held-out " + fixed(*heldOut, 3);
    }
    text += "  " + counted(static_cast<std::int64_t>(step.tokensPerSecond + 0.5)) + " tokens/s";
    if (step.secondsLeft > 0) {
        text += "  " + duration(step.secondsLeft) + " left";
    }
    m_console.progress(text);
}

void RunPrinter::show(const train::EvalDone& eval)
{
    if (m_console.isJson()) {
        return;
    }
    std::string text = "step " + counted(eval.step);
    for (const measures::Value& value : train::measuresOf(eval)) {
        text += "  " + oneLine(measures::nameOf(*value.measure, eval.set)) + " " + measures::textOf(*value.measure, value.value);
    }
    m_console.text(text);
}

void RunPrinter::show(const train::SampleDone& sample)
{
    if (!m_console.isJson()) {
        m_console.text("step " + counted(sample.step) + "  " + oneLine(sample.prompt) + "  ->  "
                       + oneLine(sample.answer) + (sample.reward ? "  reward " + shortest(*sample.reward) : std::string()));
    }
}

void RunPrinter::show(const train::CheckpointSaved& checkpoint)
{
    m_console.progress("checkpoint of step " + counted(checkpoint.step));
}

void RunPrinter::show(const train::Warning& warning)
{
    m_console.warning("Step " + counted(warning.step) + ": " + oneLine(warning.sentence));
}

void RunPrinter::show(const train::RunEnded&)
{
    m_console.endProgress();
}

} // namespace luthier::cli
