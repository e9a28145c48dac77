// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/replace_model.h"
#include "ui/base/amounts.h"

#include "core/data/field_path.h"
#include "core/data/row_walk.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace luthier::ui {
namespace {

constexpr qsizetype kLead = 24;   // characters shown before the first difference
constexpr qsizetype kShown = 200;

// What the fields of a row hold where the two differ.
void takeTexts(const data::DatasetFormat& format, const Json& before, const Json& after, Replacement& replacement)
{
    QStringList was;
    QStringList becomes;
    for (const data::RowField& field : data::fieldsOf(format, before)) {
        const auto left = data::textAt(before, field.path);
        const auto right = data::textAt(after, field.path);
        if (left && right && *left != *right) {
            was += QString::fromStdString(*left);
            becomes += QString::fromStdString(*right);
        }
    }
    replacement.before = was.join(u'\n');
    replacement.after = becomes.join(u'\n');
}

QString excerpt(const QString& text, const QString& other)
{
    const qsizetype same = std::mismatch(text.begin(), text.begin() + std::min(text.size(), other.size()), other.begin()).first - text.begin();
    const qsizetype from = std::max<qsizetype>(0, same - kLead);
    return (from > 0 ? QStringLiteral("\u2026") : QString()) + text.mid(from, kShown).simplified();
}

} // namespace

Replacements findReplacements(const data::Dataset& dataset, const data::RowQuery& query, const std::string& replacement,
                              const JobControl& control)
{
    Replacements found;
    std::mutex mutex; // guards found
    std::atomic<std::int64_t> count = 0;
    data::WalkOptions options;
    options.cancel = control.cancel;
    options.progress = control.progress;
    const auto walked = data::walkRows(dataset.rowCount(), options, [&](std::int64_t row, std::size_t) {
        if (count >= kMostReplaced || !data::rowMatches(dataset, row, query)) {
            return;
        }
        const auto json = dataset.row(row);
        if (!json) {
            return;
        }
        auto changed = data::replacedInRow(dataset.format(), *json, query, replacement);
        if (!changed || !*changed) {
            const std::lock_guard lock(mutex);
            found.problem = changed ? found.problem : QString::fromStdString(changed.message());
            return;
        }
        Replacement entry;
        takeTexts(dataset.format(), *json, **changed, entry);
        entry.change = {row, dataset.edit(row), std::move(*changed)};
        ++count;
        const std::lock_guard lock(mutex);
        found.rows.push_back(std::move(entry));
    });
    if (!walked) {
        return {};
    }
    found.isComplete = count < kMostReplaced;
    std::sort(found.rows.begin(), found.rows.end(), [](const auto& a, const auto& b) { return a.change.row < b.change.row; });
    return found;
}

void ReplaceModel::setReplacements(std::vector<Replacement> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int ReplaceModel::numWanted() const
{
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [](const Replacement& row) { return row.isWanted; }));
}

std::vector<store::RowChange> ReplaceModel::wanted() const
{
    std::vector<store::RowChange> changes;
    for (const Replacement& row : m_rows) {
        if (row.isWanted) {
            changes.push_back(row.change);
        }
    }
    return changes;
}

int ReplaceModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ReplaceModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : NumColumns;
}

QVariant ReplaceModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const Replacement& row = at(index.row());
    if (role == Qt::CheckStateRole && index.column() == RowColumn) {
        return row.isWanted ? Qt::Checked : Qt::Unchecked;
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
    case RowColumn: return number(row.change.row + 1);
    case BeforeColumn: return excerpt(row.before, row.after);
    default: return excerpt(row.after, row.before);
    }
}

bool ReplaceModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || !checkIndex(index, CheckIndexOption::IndexIsValid) || index.column() != RowColumn) {
        return false;
    }
    m_rows[static_cast<std::size_t>(index.row())].isWanted = value.toInt() == Qt::Checked;
    Q_EMIT dataChanged(index, index, {Qt::CheckStateRole});
    return true;
}

Qt::ItemFlags ReplaceModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.column() == RowColumn ? flags | Qt::ItemIsUserCheckable : flags;
}

QVariant ReplaceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    return section == RowColumn ? tr("Row") : section == BeforeColumn ? tr("Before") : tr("After");
}

} // namespace luthier::ui
