// SPDX-License-Identifier: GPL-3.0-or-later
// RowSearch: finds the rows of a data set that contain a text, in jobs of a fraction of a second each, in order.
// Case does not count. Looks into the texts of a row, not into its JSON; in broken rows into the bytes.
//
// Threads: GUI thread only.
#pragma once

#include "core/data/dataset.h"

#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace luthier::ui {

class RowSearch : public QObject {
    Q_OBJECT

public:
    explicit RowSearch(QObject* parent = nullptr);

    // Begins anew. rows: those to look at, sorted; an empty text ends the search.
    void start(std::shared_ptr<const data::Dataset> dataset, std::vector<std::int64_t> rows, const QString& text);
    void cancel();

    const QString& text() const { return m_text; }
    const std::vector<std::int64_t>& hits() const { return m_hits; } // sorted, growing while it runs
    bool isRunning() const { return m_running; }
    double fraction() const; // of the rows looked at

    // The next hit after `row` in this direction, around the end; -1: none yet.
    std::int64_t nextHit(std::int64_t row, int direction) const;
    int numberOf(std::int64_t row) const; // from 1; 0: not a hit

Q_SIGNALS:
    void hitsChanged();
    void finished();

private:
    void next();

    std::shared_ptr<const data::Dataset> m_dataset;
    std::shared_ptr<const std::vector<std::int64_t>> m_rows;
    QString m_text;
    std::vector<std::int64_t> m_hits;
    std::size_t m_done = 0;
    int m_generation = 0;
    bool m_running = false;
};

} // namespace luthier::ui
