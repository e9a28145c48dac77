// SPDX-License-Identifier: GPL-3.0-or-later
// DataBatch: finds the rows that one step of a run learned from, with progress and a way to stop, and hands them over
// file by file. Hidden while it has nothing to say.
//
// Threads: GUI thread; the project is read and the data encoded in a job.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"

#include <QElapsedTimer>
#include <QFrame>

#include <optional>
#include <utility>
#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;

namespace luthier::ui {

// A step of a run as Page::reveal of the Data page knows it.
QString stepPlace(store::RunId run, std::int64_t step);
std::optional<std::pair<store::RunId, std::int64_t>> stepAt(const QString& place);

class DataBatch : public QFrame {
    Q_OBJECT

public:
    struct FileRows {
        QString path; // absolute
        std::vector<std::int64_t> rows; // in the order of the step
    };

    explicit DataBatch(QWidget* parent = nullptr);

    void find(std::shared_ptr<store::Project> project, store::RunId run, std::int64_t step);
    void cancel();
    bool isRunning() const { return m_job.isRunning(); }
    void showProblem(const QString& sentence);

Q_SIGNALS:
    // `help`: what they are worth.
    void rowsFound(const QString& path, const QString& title, const std::vector<std::int64_t>& rows, const QString& help);

private:
    struct Found {
        QString runName;
        std::vector<FileRows> files; // the one with the most rows first
    };

    static Result<Found> work(store::Project& project, store::RunId run, std::int64_t step, const JobControl& control);
    void takeFound(const Result<Found>& found);
    void takeProgress(std::int64_t done, std::int64_t total);
    void showFile(int number);

    JobSlot m_job;
    QElapsedTimer m_clock;
    Found m_found;
    std::int64_t m_step = 0;
    QLabel* m_text;
    QProgressBar* m_progress;
    QPushButton* m_stop;
};

} // namespace luthier::ui
