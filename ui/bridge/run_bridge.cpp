// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/run_bridge.h"

#include <QMetaObject>
#include <QTimer>

#include <utility>

namespace luthier::ui {
namespace {

constexpr int kFrameMs = 33;

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

} // namespace

void RunBridge::onEvent(const train::Event& event)
{
    {
        const std::lock_guard lock(m_mutex);
        m_pending.push_back(event);
        if (std::exchange(m_scheduled, true)) {
            return;
        }
    }
    QMetaObject::invokeMethod(this, [this] { QTimer::singleShot(kFrameMs, this, &RunBridge::deliver); }, Qt::QueuedConnection);
}

void RunBridge::deliver()
{
    std::vector<train::Event> events;
    {
        const std::lock_guard lock(m_mutex);
        events.swap(m_pending);
        m_scheduled = false;
    }
    std::vector<train::StepDone> steps;
    const auto flush = [&] {
        if (!steps.empty()) {
            Q_EMIT stepsDone(std::exchange(steps, {}));
        }
    };
    for (const train::Event& event : events) {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            steps.push_back(*step);
        } else {
            flush();
            tell(event);
        }
    }
    flush();
}

void RunBridge::tell(const train::Event& event)
{
    std::visit(Overloaded{
                   [this](const train::RunStarted& value) { Q_EMIT started(value); },
                   [this](const train::StageChanged& value) { Q_EMIT stageChanged(value); },
                   [this](const train::StepDone& value) { Q_EMIT stepsDone({value}); },
                   [this](const train::EvalDone& value) { Q_EMIT evalDone(value); },
                   [this](const train::SampleDone& value) { Q_EMIT sampleDone(value); },
                   [this](const train::CheckpointSaved& value) { Q_EMIT checkpointSaved(value); },
                   [this](const train::Warning& value) { Q_EMIT warned(value); },
                   [this](const train::RunEnded& value) { Q_EMIT ended(value); },
               },
               event);
}

} // namespace luthier::ui
