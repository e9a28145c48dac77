// SPDX-License-Identifier: GPL-3.0-or-later
// ReplaceModel: what a replacement would change, one line a row: a mark whether to do it, the text before and after,
// beginning shortly before the first difference.
//
// Threads: GUI thread; findReplacements any thread, meant for a job.
#pragma once

#include "core/data/row_fields.h"
#include "core/store/edit_step.h"
#include "ui/bridge/job.h"

#include <QAbstractTableModel>

namespace luthier::ui {

struct Replacement {
    store::RowChange change;
    QString before; // the texts that differ, one below the other
    QString after;
    bool isWanted = true;
};

struct Replacements {
    std::vector<Replacement> rows;
    bool isComplete = true; // false: there are more rows than one step may change
    QString problem;
};

inline constexpr std::int64_t kMostReplaced = 100'000; // rows of one step

Replacements findReplacements(const data::Dataset& dataset, const data::RowQuery& query, const std::string& replacement,
                              const JobControl& control);

class ReplaceModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { RowColumn, BeforeColumn, AfterColumn, NumColumns };

    using QAbstractTableModel::QAbstractTableModel;

    void setReplacements(std::vector<Replacement> rows);
    const Replacement& at(int line) const { return m_rows[static_cast<std::size_t>(line)]; }
    int numWanted() const;
    std::vector<store::RowChange> wanted() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<Replacement> m_rows;
};

} // namespace luthier::ui
