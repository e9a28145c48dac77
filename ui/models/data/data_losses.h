// SPDX-License-Identifier: GPL-3.0-or-later
// DataLosses: what each row of a document cost the model before and after tuning, as the newest run of the project
// that measured this file kept it, and which rows that makes hard, never learned or suspect.
//
// Threads: GUI thread only; reading and judging run in a job.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"

#include <QObject>

#include <memory>
#include <optional>

namespace luthier::ui {

class DataDocument;

enum class LossFilter { Hardest, NeverLearned, SuspectLabel };
enum class LossTime { Before, After };

class DataLosses : public QObject {
    Q_OBJECT

public:
    DataLosses(DataDocument* document, std::shared_ptr<store::Project> project); // its parent; a null project has none

    void load(); // again; quick where no newer run measured
    bool hasResult() const { return m_result != nullptr; }
    std::optional<double> of(std::int64_t row, LossTime time) const; // nats a token; empty: not measured
    QString text(std::int64_t row, LossTime time) const;
    std::int64_t sortKey(std::int64_t row, LossTime time) const;     // grows with the loss; those not measured first
    std::vector<std::int64_t> rowsOf(LossFilter filter) const;       // the hardest first, the others ascending
    QString problem() const { return m_problem; }

Q_SIGNALS:
    void changed();

private:
    struct Findings {
        store::RunId run = 0;
        std::vector<data::RowLoss> byRow;
        std::vector<std::int64_t> hardest;
        std::vector<std::int64_t> never;
        std::vector<std::int64_t> suspect;
    };
    using Found = std::shared_ptr<const Findings>;

    static Result<Found> work(store::Project& project, const std::string& path, const data::Dataset& dataset, const Found& known,
                              const base::CancelToken& cancel);

    DataDocument* m_document;
    std::shared_ptr<store::Project> m_project;
    JobSlot m_job;
    Found m_result; // null: nothing was measured
    QString m_problem;
};

} // namespace luthier::ui
