// SPDX-License-Identifier: GPL-3.0-or-later
// RowPages: the texts of the rows that a table shows, page by page from jobs, the least used thrown out. Places are
// rows of the table, not of the data set.
//
// Threads: GUI thread only.
#pragma once

#include "core/data/dataset.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace luthier::ui {

struct RowPreview {
    QString prompt;
    QString answer;
    QString problem; // the sentence of a broken row
};

class RowPages : public QObject {
    Q_OBJECT

public:
    using RowsOf = std::function<std::vector<std::int64_t>(int first, int last)>; // rows of the data set there

    explicit RowPages(RowsOf rowsOf, QObject* parent = nullptr);

    // Forgets all; a null dataset: nothing to read. The first page may be at hand already.
    void reset(std::shared_ptr<const data::Dataset> dataset, const std::vector<RowPreview>* first = nullptr);
    static std::vector<RowPreview> firstOf(const data::Dataset& dataset); // in the order of the file; empty: they take long. Any thread
    const RowPreview* at(int place) const; // null: on its way
    void touch(int place);                 // its row was edited: shown as it was until the new text is here
    void touchAll();
    int numRead() const { return m_numRead; }

Q_SIGNALS:
    void wanted(const std::vector<std::int64_t>& rows); // are in view
    void read(int first, int last);

private:
    struct Page {
        std::vector<RowPreview> rows;
        std::uint64_t used = 0; // for throwing out the oldest
        bool stale = false;
    };

    void want(std::int64_t page) const;
    void fetchNext();
    void take(std::int64_t page, std::vector<RowPreview> rows, int version);

    RowsOf m_rowsOf;
    std::shared_ptr<const data::Dataset> m_dataset;
    mutable std::unordered_map<std::int64_t, Page> m_pages;
    mutable std::vector<std::int64_t> m_wanted; // newest last, which is fetched first
    mutable std::uint64_t m_clock = 0;
    mutable bool m_fetchScheduled = false;
    std::int64_t m_inFlight = -1;
    int m_version = 0; // of what is read: answers of older ones are dropped
    int m_numRead = 0;
};

} // namespace luthier::ui
