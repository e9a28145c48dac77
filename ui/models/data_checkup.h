// SPDX-License-Identifier: GPL-3.0-or-later
// DataCheckup: the core's checks, duplicates and statistics over all rows of a document, made by one job with
// progress. What it found follows edits (a changed row is checked again) and exclusions (they count no more).
//
// Threads: GUI thread only.
#pragma once

#include "core/data/checks.h"
#include "core/data/duplicates.h"
#include "core/data/statistics.h"
#include "ui/bridge/job.h"

#include <QElapsedTimer>
#include <QObject>

#include <memory>
#include <optional>

namespace luthier::ui {

class DataDocument;

enum class Likeness { Exact, Near };

class DataCheckup : public QObject {
    Q_OBJECT

public:
    using Groups = std::vector<std::vector<std::int64_t>>;

    explicit DataCheckup(DataDocument* document); // its parent

    void start();
    void cancel();
    void forget(); // the rows are others now
    bool isRunning() const { return m_job.isRunning(); }
    double fraction() const { return m_fraction; }
    std::optional<double> secondsLeft() const;
    QString problem() const { return m_problem; } // of the last attempt

    bool hasResult() const { return m_result != nullptr; }
    std::int64_t count(int check) const; // of rows that are not excluded
    std::vector<std::int64_t> rowsOf(int check) const;
    // Groups of at least two rows that are not excluded, without the excluded ones.
    Groups groups(Likeness likeness) const;
    std::int64_t numAlike(Likeness likeness) const { return likeness == Likeness::Exact ? m_numExact : m_numNear; } // rows in groups
    const data::Statistics& statistics() const { return m_result->statistics; } // only with a result
    std::vector<std::int64_t> included(const std::vector<std::int64_t>& rows) const; // those not excluded

Q_SIGNALS:
    void progressChanged();
    void changed(); // results, or that there are none

private:
    struct Findings {
        data::CheckReport report;
        data::Duplicates duplicates;
        data::Statistics statistics;
    };

    static Result<std::shared_ptr<Findings>> work(const data::Dataset& dataset, const JobControl& control);
    void recheck(std::int64_t row);
    void recount();
    std::int64_t countAlike(Likeness likeness) const;

    DataDocument* m_document;
    JobSlot m_job;
    QElapsedTimer m_clock;
    double m_fraction = 0;
    QString m_problem;
    std::shared_ptr<Findings> m_result; // null: none yet
    std::vector<std::int64_t> m_counts;
    std::int64_t m_numExact = 0;
    std::int64_t m_numNear = 0;
};

} // namespace luthier::ui
