// SPDX-License-Identifier: GPL-3.0-or-later
// TunePreflight: a plan tried before its run, on a thread of its own: the model loaded and the largest real batch passed
// forward and backward once.
//
// Threads: GUI thread. Destruction and cancel() do not wait; a pass that was begun ends by itself.
#pragma once

#include "core/train/trials/plan_measure.h"
#include "core/store/project.h"
#include "ui/bridge/job.h"

#include <QObject>
#include <QString>

#include <memory>
#include <optional>

namespace luthier::ui {

class TunePreflight : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;
    ~TunePreflight() override { cancel(); }

    void start(const config::RunConfig& config, const std::shared_ptr<store::Project>& project);
    void cancel();
    bool isRunning() const { return m_job.isRunning(); }

    const std::optional<train::PlanMeasure>& measured() const { return m_measured; }
    const QString& problem() const { return m_problem; } // why it could not be measured; empty: it was, or nobody asked

Q_SIGNALS:
    void finished();

private:
    JobSlot m_job;
    std::shared_ptr<train::StopControl> m_control;
    std::optional<train::PlanMeasure> m_measured;
    QString m_problem;
};

} // namespace luthier::ui
