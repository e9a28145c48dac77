// SPDX-License-Identifier: GPL-3.0-or-later
// RowSearch: finds the rows of a data set that a query matches, in jobs of a fraction of a second each, on all
// cores, in order. Looks into the texts of a row, not into its JSON; in broken rows into the bytes.
//
// Threads: GUI thread only.
#pragma once

#include "core/data/row_fields.h"

#include <QObject>

#include <functional>

#include <memory>
#include <optional>
#include <vector>

namespace luthier::ui {

class RowSearch : public QObject {
    Q_OBJECT

public:
    explicit RowSearch(QObject* parent = nullptr);
    ~RowSearch() override;

    // Begins anew. rows: those to look at, ascending; nullopt: all.
    void start(std::shared_ptr<const data::Dataset> dataset, std::optional<std::vector<std::int64_t>> rows, data::RowQuery query);
    void stop(); // and forgets

    bool isActive() const { return m_isActive; } // has been started, and not stopped
    const std::vector<std::int64_t>& hits() const { return m_hits; } // sorted, growing while it runs
    bool isRunning() const { return m_running; }
    double fraction() const; // of the rows looked at

    // The next hit after `row` in this direction, around the end; -1: none yet.
    std::int64_t nextHit(std::int64_t row, int direction) const;
    int numberOf(std::int64_t row) const; // from 1; 0: not a hit

    // The order that hits are gone through in: the place of a row, -1 where it is not shown. Null: that of the file.
    void setOrder(std::function<int(std::int64_t row)> placeOf);
    std::vector<std::int64_t> orderedHits() const;

Q_SIGNALS:
    void hitsChanged();
    void finished();

private:
    void next();
    bool isHit(std::int64_t row) const;

    std::shared_ptr<const data::Dataset> m_dataset;
    std::shared_ptr<const std::optional<std::vector<std::int64_t>>> m_rows;
    std::shared_ptr<const data::RowQuery> m_query;
    std::vector<std::int64_t> m_hits;
    std::function<int(std::int64_t row)> m_placeOf;
    std::int64_t m_numRows = 0;
    std::int64_t m_done = 0;
    std::int64_t m_chunk = 0; // rows of the next job: as many as it does in a fraction of a second
    base::CancelToken m_cancel;
    int m_generation = 0;
    bool m_isActive = false;
    bool m_running = false;
};

} // namespace luthier::ui
