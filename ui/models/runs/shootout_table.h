// SPDX-License-Identifier: GPL-3.0-or-later
// ShootoutTable: the methods of a shoot-out as a table: before it starts what each would train and cost, then what it did.
// Columns are rows of a table in the .cpp; behind the held-out loss stands one for each measure and set that any of the
// methods measured beside it. Expected numbers are quieter than measured ones.
//
// Threads: the table is the GUI thread's; planMethods and readLines read models and the project and are for jobs; what else is here: any.
#pragma once

#include "core/store/shootout_record.h"
#include "core/train/plan/method_size.h"
#include "ui/models/measure_columns.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace luthier::ui {

struct ShootoutLine {
    enum class State { Choice, Waiting, Training, Finished, Stopped, Parked, Interrupted, Failed, Cancelled, Deleted };

    QString method; // id
    State state = State::Choice;
    bool isChosen = false;
    std::optional<train::MethodSize> size;
    std::optional<double> expectedSeconds;
    train::ShootoutRow measured;
    store::RunId run = 0;
    std::int64_t step = 0;
    std::int64_t totalSteps = 0;
    double secondsLeft = -1; // negative: not known
    QString sentence; // why not

    bool isOver() const { return state != State::Choice && state != State::Waiting && state != State::Training; }
    bool isLeft() const; // going on would begin or resume it
};

// One line for each method of the table, with what it would train; `steps` 0: not known.
std::vector<ShootoutLine> planMethods(const config::RunConfig& recipe, std::int64_t steps, store::Project* project);

// The lines of a record: expected numbers from its recipe, measured ones from its runs.
std::vector<ShootoutLine> readLines(const store::ShootoutRecord& record, std::int64_t steps, store::Project& project);

// Until all lines are over; a method of which nothing is known is taken for as slow as the others. Negative: not known.
double secondsLeftInAll(const std::vector<ShootoutLine>& lines);

class ShootoutTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Roles { SortRole = Qt::UserRole, MethodRole };
    static constexpr int kMethodColumn = 0;

    using QAbstractTableModel::QAbstractTableModel;

    void setLines(std::vector<ShootoutLine> lines);
    void setLine(int row, const ShootoutLine& line);
    const std::vector<ShootoutLine>& lines() const { return m_lines; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    void choiceChanged();

private:
    std::vector<const measures::Summaries*> measured() const; // of the lines

    std::vector<ShootoutLine> m_lines;
    MeasureColumns m_measured{3};
};

} // namespace luthier::ui
