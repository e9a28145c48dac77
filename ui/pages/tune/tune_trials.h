// SPDX-License-Identifier: GPL-3.0-or-later
// TuneTrials: settings tried before the run: a learning-rate finder with its curve and a suggestion that a click takes, and a
// sweep over some settings, whose trials go into the shoot-out's queue.
//
// Threads: GUI thread; steps are made in a job.
#pragma once

#include "core/train/trials/rate_finder.h"
#include "core/train/trials/sweep.h"
#include "ui/bridge/job.h"

#include <QTimer>
#include <QWidget>

#include <memory>
#include <mutex>
#include <optional>

class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace luthier::ui {

class RateChart;
class ShootoutQueue;
class StatusLabel;
class Workspace;

class TuneTrials : public QWidget {
    Q_OBJECT

public:
    TuneTrials(Workspace& workspace, ShootoutQueue* queue, QWidget* parent = nullptr);
    ~TuneTrials() override { stopRate(); }

    void setRecipe(const config::RunConfig& recipe, std::int64_t steps, bool isGood);
    const std::optional<train::RateCurve>& curve() const { return m_curve; }
    bool isTrying() const { return m_rateJob.isRunning(); }

Q_SIGNALS:
    void left();
    void rateWanted(double rate);
    void queueStarted(); // the shoot-out's table shows it

private:
    // Points on their way from the job's thread.
    struct Points {
        std::mutex mutex;
        std::vector<train::RatePoint> waiting;
    };

    QWidget* buildRate();
    QWidget* buildSweep();
    void findRate();
    void stopRate();
    void takePoints();
    void startSweep();
    void onQueue();
    Result<train::SweepSpec> spec() const;
    void refresh();

    Workspace& m_workspace;
    ShootoutQueue* m_queue;
    config::RunConfig m_recipe;
    std::int64_t m_steps = 0;
    bool m_isGood = false;
    std::optional<train::RateCurve> m_curve;
    std::shared_ptr<train::StopControl> m_control;
    std::shared_ptr<Points> m_points;
    QTimer m_clock;
    JobSlot m_rateJob;
    std::optional<train::SweepSpec> m_halving; // rounds that are still to come
    std::string m_round;                       // record of the round at work

    RateChart* m_chart;
    StatusLabel* m_rateText;
    QPushButton* m_find;
    QPushButton* m_takeRate;
    QPlainTextEdit* m_axes;
    QComboBox* m_how;
    QSpinBox* m_count;
    StatusLabel* m_sweepText;
    QPushButton* m_startSweep;
};

} // namespace luthier::ui
