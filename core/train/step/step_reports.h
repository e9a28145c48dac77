// SPDX-License-Identifier: GPL-3.0-or-later
// StepReports: what a step gave, told once the device has it. On a GPU the numbers are copied without waiting
// and read one step later, so that the queue never runs dry; on the CPU at once. Also throughput and time left.
// Internal to core: names torch types.
#pragma once

#include "core/train/events.h"
#include "core/train/step/time_left.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace luthier::train {

class StepReports {
public:
    // `finish`: what an objective does to a step's measures once they are there; null: nothing.
    StepReports(RunObserver& observer, at::Device device, std::int64_t totalSteps, void (*finish)(measures::Values&) = nullptr,
                const config::RunSettings& settings = {})
        : m_observer(observer), m_device(device), m_left(totalSteps, settings), m_finish(finish)
    {
    }

    // `values` [2 + n] fp32: loss, gradient norm, and a value for each of the n entries of step.measures, in their order; on
    // the device. What step.measures holds before is a place for the first n of them; more bring their values along. The other members of `step` are filled in here.
    void add(StepDone step, const at::Tensor& values);
    // Tells all that is outstanding.
    void flush();

    // Time between steps that is none's (evaluation, saving): the clock starts again.
    void restartClock();
    // Time within a step that is not its own (a hold): what the step took before still counts.
    void stopClock();
    void goOnWithClock();

    TimeLeft& timeLeft() { return m_left; } // is told what comes between the steps

    std::int64_t badInARow() const { return m_bad; } // steps with a loss or gradient that is not finite
    void forgiveBad() { m_bad = 0; }                 // something was changed since

private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        StepDone step;
        at::Tensor values;               // [2 + n] in CPU memory, there once `ready`
        std::optional<c10::Event> ready; // none on the CPU
    };

    void tell(Waiting waiting);
    double measure(std::int64_t step);

    RunObserver& m_observer;
    at::Device m_device;
    TimeLeft m_left;
    void (*m_finish)(measures::Values&) = nullptr;
    std::deque<Waiting> m_waiting;
    Clock::time_point m_last = Clock::now();
    Clock::time_point m_stopped;
    double m_secondsPerStep = 0; // moving average
    std::int64_t m_measured = 0;
    std::int64_t m_bad = 0;
};

} // namespace luthier::train
