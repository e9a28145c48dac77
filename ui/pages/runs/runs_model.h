// SPDX-License-Identifier: GPL-3.0-or-later
// RunsModel: the project's runs as a table, newest first. Columns are rows of a table in the .cpp; behind the held-out loss
// stands one for each measure and set that any of the runs measured beside it.
// Renaming asks through renameWanted; the rows change when the project says so.
//
// Threads: GUI thread; it asks no project, what it shows was read by jobs of others.
#pragma once

#include "core/store/project.h"
#include "core/store/runs/run_groups.h"
#include "ui/models/measure_columns.h"

#include <QAbstractTableModel>

#include <map>
#include <utility>
#include <vector>

namespace luthier::ui {

class RunsModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Roles { IdRole = Qt::UserRole };
    static constexpr int kNameColumn = 0;

    using QAbstractTableModel::QAbstractTableModel;

    void setRuns(std::vector<store::RunRow> runs); // keeps what is selected when the runs are the same
    // While it runs.
    void take(store::RunId id, const train::Event& event);
    void setLive(store::RunId id, double seconds, bool isHeld);
    // Settings of the recipe, each a column behind the others; what is no setting is left out.
    void setSettings(const QStringList& keys);
    const QStringList& settings() const { return m_settings; }
    // Runs of a group stand together, and its name beside the first of them, as a vertical heading; null: newest first.
    void setGrouping(const store::RunGrouping* grouping, store::Sweeps sweeps);
    const store::RunGrouping* grouping() const { return m_grouping; }
    void setCurve(store::RunId id, std::vector<double> losses); // drawn small beside the loss
    bool hasCurve(store::RunId id, std::int64_t step) const;    // of that length
    const store::RunRow* run(int row) const;
    const store::RunRow* find(store::RunId id) const;
    int rowOf(store::RunId id) const; // -1: none

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    void renameWanted(qint64 id, const QString& name);

private:
    void growColumns();
    void order(std::vector<store::RunRow>& runs) const;
    QString groupOf(int row) const;

    std::vector<store::RunRow> m_runs;
    MeasureColumns m_measured{6};
    QStringList m_settings;
    const store::RunGrouping* m_grouping = nullptr;
    store::Sweeps m_sweeps;
    std::map<store::RunId, std::pair<std::int64_t, std::vector<double>>> m_curves; // by run: its step then, and losses
};

} // namespace luthier::ui
