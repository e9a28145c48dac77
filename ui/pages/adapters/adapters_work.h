// SPDX-License-Identifier: GPL-3.0-or-later
// AdaptersWork: writes what was ordered, one order at a time, and shows how far it is, what came of it, and a way to stop.
//
// Threads: GUI thread; the work is a job.
#pragma once

#include "ui/bridge/job.h"
#include "ui/dialogs/publish_dialog.h"

#include <QFrame>

#include <memory>

class QLabel;
class QProgressBar;
class QPushButton;

namespace luthier::ui {

class StatusLabel;

class AdaptersWork : public QFrame {
    Q_OBJECT

public:
    explicit AdaptersWork(QWidget* parent = nullptr);

    void start(const PublishOrder& order);
    void cancel();
    bool isRunning() const { return m_job.isRunning(); }

Q_SIGNALS:
    void written(const luthier::ui::PublishOrder& order, const luthier::publish::Published& published);
    void failed(const QString& sentence); // it says nothing itself then: who ordered does
    void stopped();

private:
    struct Stage;
    void showStage(std::int64_t done, std::int64_t total);
    void end(const Result<publish::Published>& published);

    StatusLabel* m_text;
    QProgressBar* m_bar;
    QPushButton* m_stop;
    PublishOrder m_order;
    std::shared_ptr<Stage> m_stage;
    JobSlot m_job;
};

} // namespace luthier::ui
