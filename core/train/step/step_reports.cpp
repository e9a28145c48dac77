// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/step_reports.h"

#include "core/train/bench/bench_probe.h"

#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>

namespace luthier::train {

namespace {

constexpr std::size_t kBehindOnGpu = 1;
constexpr std::size_t kFixedValues = 2; // loss and gradient norm
constexpr double kRemembered = 30; // steps that the average reaches back

} // namespace

void StepReports::add(StepDone step, const at::Tensor& values)
{
    TORCH_CHECK(values.numel() <= static_cast<std::int64_t>(kFixedValues + step.measures.size()),
                "a step's values and its measures do not match");
    Waiting waiting{std::move(step), values, std::nullopt};
    if (!m_device.is_cpu()) {
        const c10::impl::VirtualGuardImpl guard(m_device.type());
        waiting.values = at::empty({values.size(0)}, at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
        waiting.values.copy_(values, /*non_blocking=*/true);
        waiting.ready.emplace(m_device.type());
        waiting.ready->record(guard.getStream(values.device()));
    }
    m_waiting.push_back(std::move(waiting));
    while (m_waiting.size() > (m_device.is_cpu() ? 0 : kBehindOnGpu)) {
        tell(std::move(m_waiting.front()));
        m_waiting.pop_front();
    }
}

void StepReports::flush()
{
    while (!m_waiting.empty()) {
        tell(std::move(m_waiting.front()));
        m_waiting.pop_front();
    }
}

void StepReports::restartClock()
{
    m_last = Clock::now();
}

void StepReports::stopClock()
{
    m_stopped = Clock::now();
}

void StepReports::goOnWithClock()
{
    m_last += Clock::now() - m_stopped;
}

double StepReports::measure(std::int64_t step)
{
    const auto now = Clock::now();
    const double seconds = std::max(1e-9, std::chrono::duration<double>(now - m_last).count());
    m_last = now;
    ++m_measured;
    const double weight = 1 / std::min(kRemembered, static_cast<double>(m_measured));
    m_secondsPerStep += weight * (seconds - m_secondsPerStep);
    return seconds;
}

void StepReports::tell(Waiting waiting)
{
    if (waiting.ready) {
        waiting.ready->synchronize();
    }
    StepDone step = std::move(waiting.step);
    const auto* values = waiting.values.const_data_ptr<float>();
    step.loss = values[0];
    step.gradNorm = values[1];
    for (std::size_t i = 0; kFixedValues + i < static_cast<std::size_t>(waiting.values.numel()); ++i) {
        step.measures[i].value = values[kFixedValues + i];
    }
    if (m_finish) {
        m_finish(step.measures);
    }
    const double seconds = measure(step.step);
    step.tokensPerSecond = static_cast<double>(step.tokens) / seconds;
    step.secondsLeft = m_left.after(step.step, m_secondsPerStep);
    step.memoryBytes = peakMemory(m_device);
    m_bad = std::isfinite(step.loss) && std::isfinite(step.gradNorm) ? 0 : m_bad + 1;
    m_observer.onEvent(step);
}

} // namespace luthier::train
