// SPDX-License-Identifier: GPL-3.0-or-later
// DataCheckup: the core's checks, duplicates and statistics over all rows of a document, made by one job with
// progress. What it found follows edits (changed rows are checked again) and exclusions (they count no more); counting
// anew takes a job, and until it is done the old counts stand. Comparisons between rows stay as they were until the next
// check of all rows, which isStale tells.
//
// Threads: GUI thread only.
#pragma once

#include "core/data/checks/checks.h"
#include "core/data/checks/duplicates.h"
#include "core/data/checks/statistics.h"
#include "core/data/unread/unread_fields.h"
#include "ui/bridge/job.h"

#include <QElapsedTimer>
#include <QObject>

#include <map>
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
    bool isStale() const { return m_result != nullptr && m_isStale; } // rows were edited since
    bool isCounting() const { return m_counting.isRunning(); }
    std::int64_t count(int check) const; // of rows that are not excluded
    std::vector<std::int64_t> rowsOf(int check) const;
    // Groups of at least two rows that are not excluded, without the excluded ones.
    Groups groups(Likeness likeness) const;
    std::int64_t numAlike(Likeness likeness) const { return likeness == Likeness::Exact ? m_numExact : m_numNear; } // rows in groups
    const data::UnreadReport& unread() const { return m_result->unread; } // only with a result, as the next
    const data::Statistics& statistics() const { return m_result->statistics; }
    std::vector<std::int64_t> included(const std::vector<std::int64_t>& rows) const; // those not excluded

Q_SIGNALS:
    void progressChanged();
    void changed(); // results, or that there are none

private:
    using Masks = std::map<std::int64_t, data::CheckMask>; // of rows checked again
    struct Counts {
        std::vector<std::int64_t> ofChecks;
        std::int64_t exact = 0;
        std::int64_t near = 0;
    };
    struct Findings {
        data::CheckReport report;
        data::Duplicates duplicates;
        data::Statistics statistics;
        data::UnreadReport unread;
    };

    using Found = std::pair<std::shared_ptr<const Findings>, Counts>;

    static Result<Found> work(const data::Dataset& dataset, const data::Encoder& encoder, const JobControl& control);
    static Counts countsOf(const Findings& findings, const Masks& masks, const std::vector<bool>& excluded);
    static std::int64_t countAlike(const Groups& groups, const std::vector<bool>& excluded);
    void recheck(const std::vector<std::int64_t>& rows);
    void recount();
    void takeCounts(const Counts& counts);

    DataDocument* m_document;
    JobSlot m_job;
    QElapsedTimer m_clock;
    double m_fraction = 0;
    QString m_problem;
    std::shared_ptr<const Findings> m_result; // null: none yet
    Masks m_masks; // instead of those of the result
    JobSlot m_counting;
    bool m_isStale = false;
    bool m_editedMeanwhile = false; // while the check ran
    std::vector<std::int64_t> m_counts;
    std::int64_t m_numExact = 0;
    std::int64_t m_numNear = 0;
};

} // namespace luthier::ui
