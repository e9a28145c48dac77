// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/event_measures.h"

#include <array>

namespace luthier::train {

namespace {

using measures::Measure;

// Which member holds a measure of the table.
template <class E>
struct Member {
    const Measure* measure;
    std::optional<double> (*value)(const E&);
};

const auto& membersOf(const StepDone&)
{
    static const std::array members{
        Member<StepDone>{&measures::measureOf("loss"), [](const StepDone& step) { return std::optional<double>(step.loss); }},
        Member<StepDone>{&measures::measureOf("learning_rate"), [](const StepDone& step) { return std::optional<double>(step.learningRate); }},
        Member<StepDone>{&measures::measureOf("grad_norm"), [](const StepDone& step) { return std::optional<double>(step.gradNorm); }},
        Member<StepDone>{&measures::measureOf("tokens_per_second"),
                         [](const StepDone& step) { return std::optional<double>(step.tokensPerSecond); }},
        Member<StepDone>{&measures::measureOf("memory_bytes"),
                         [](const StepDone& step) { return std::optional<double>(static_cast<double>(step.memoryBytes)); }},
    };
    return members;
}

const auto& membersOf(const EvalDone&)
{
    static const std::array members{Member<EvalDone>{&measures::measureOf("loss"), [](const EvalDone& eval) { return eval.loss; }}};
    return members;
}

template <class E>
measures::Values allOf(const E& event)
{
    measures::Values values;
    values.reserve(membersOf(event).size() + event.measures.size());
    for (const auto& member : membersOf(event)) {
        if (const auto value = member.value(event)) {
            values.push_back({member.measure, *value});
        }
    }
    values.insert(values.end(), event.measures.begin(), event.measures.end());
    return values;
}

template <class E>
std::optional<double> oneOf(const E& event, const Measure& measure)
{
    for (const auto& member : membersOf(event)) {
        if (member.measure == &measure) {
            return member.value(event);
        }
    }
    return measures::find(event.measures, measure);
}

template <class E>
void takeFrom(measures::Summaries& summaries, const E& event, std::string_view set)
{
    for (const auto& member : membersOf(event)) {
        if (const auto value = member.value(event)) {
            summaries.take(*member.measure, set, event.step, *value);
        }
    }
    for (const measures::Value& measured : event.measures) {
        summaries.take(*measured.measure, set, event.step, measured.value);
    }
}

} // namespace

measures::Values measuresOf(const StepDone& step)
{
    return allOf(step);
}

measures::Values measuresOf(const EvalDone& eval)
{
    return allOf(eval);
}

std::optional<double> valueOf(const StepDone& step, const Measure& measure)
{
    return oneOf(step, measure);
}

std::optional<double> valueOf(const EvalDone& eval, const Measure& measure)
{
    return oneOf(eval, measure);
}

void take(measures::Summaries& summaries, const Event& event)
{
    if (const auto* step = std::get_if<StepDone>(&event)) {
        takeFrom(summaries, *step, measures::kStepSet);
    } else if (const auto* eval = std::get_if<EvalDone>(&event)) {
        takeFrom(summaries, *eval, eval->set);
    }
}

} // namespace luthier::train
