// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_model.h"

#include "core/store/runs/run_search.h"
#include "core/train/event_measures.h"
#include "ui/base/amounts.h"
#include "ui/charts/measure_text.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/recipe_document.h"
#include "ui/models/column_heading.h"
#include "ui/models/runs/run_color.h"
#include "ui/models/runs/run_states.h"
#include "ui/theme/icons.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kLossDigits = 4;

QString lossText(const std::optional<double>& loss)
{
    return loss ? QLocale().toString(*loss, 'f', kLossDigits) : QStringLiteral("\u2013");
}

QString methodText(const store::RunRow& run)
{
    if (!run.recipe.is_object() || !run.recipe.contains("method") || !run.recipe["method"].contains("kind")) {
        return QStringLiteral("\u2013");
    }
    const Json& method = run.recipe["method"];
    const std::string kind = method["kind"].is_string() ? method["kind"].get<std::string>() : std::string();
    return kind == "lora" && method.contains("rank") && method["rank"].is_number_integer()
               ? RunsModel::tr("LoRA %1").arg(method["rank"].get<std::int64_t>())
               : QString::fromStdString(kind);
}

QString stepsText(const store::RunRow& run)
{
    const QString done = number(run.step);
    const bool isWhole = run.totalSteps <= 0 || run.step == run.totalSteps;
    return isWhole ? done : RunsModel::tr("%1 of %2").arg(done, number(run.totalSteps));
}

// The step that it came to; 0 while it goes on.
std::int64_t endOf(const store::RunRow& run)
{
    return run.state == "running" || run.state == kHeldState ? 0 : run.step;
}

QString heldOutText(const store::RunRow& run)
{
    return changeText(run.measures.find(measures::measureOf("loss"), measures::kHeldOutSet), endOf(run));
}

QString dateText(const store::RunRow& run)
{
    const QDateTime created = QDateTime::fromString(QString::fromStdString(run.created), Qt::ISODate);
    return created.isValid() ? QLocale().toString(created.toLocalTime(), QLocale::ShortFormat) : QString::fromStdString(run.created);
}

QString tagsText(const store::RunRow& run)
{
    QStringList tags;
    for (const std::string& tag : run.tags) {
        tags += QString::fromStdString(tag);
    }
    return tags.isEmpty() ? QStringLiteral("\u2013") : tags.join(QStringLiteral(", "));
}

struct Column {
    const char* title; // source strings, context "RunsModel"
    const char* help;
    QString (*text)(const store::RunRow&);
    bool isNumber;
};

constexpr std::array kColumns{
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Name"), QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "F2 renames"),
           [](const store::RunRow& run) { return QString::fromStdString(run.name); }, false},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "State"), "",
           [](const store::RunRow& run) { return runStateText(run.state); }, false},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Method"), "", &methodText, false},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Steps"), "", &stepsText, true},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Loss"), QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Of the last step, in nats per token"),
           [](const store::RunRow& run) { return lossText(run.measures.lastLoss()); }, true},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Held-out"),
           QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Loss of the rows kept aside, before the first step and after the last"), &heldOutText, true},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Minutes"), "",
           [](const store::RunRow& run) { return QLocale().toString(run.seconds / 60, 'f', 1); }, true},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Started"), "", &dateText, false},
    Column{QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Tags"), QT_TRANSLATE_NOOP("luthier::ui::RunsModel", "Set beside the curves, under Notes"), &tagsText, false},
};

constexpr std::size_t kLossColumn = 4;

constexpr auto kFixed = static_cast<int>(kColumns.size());

std::vector<const measures::Summaries*> measuredIn(const std::vector<store::RunRow>& runs)
{
    std::vector<const measures::Summaries*> all;
    for (const store::RunRow& run : runs) {
        all.push_back(&run.measures);
    }
    return all;
}

bool sameRuns(const std::vector<store::RunRow>& left, const std::vector<store::RunRow>& right)
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const store::RunRow& a, const store::RunRow& b) { return a.id == b.id; });
}

} // namespace

void RunsModel::growColumns()
{
    if (const auto added = m_measured.newIn(measuredIn(m_runs)); !added.empty()) {
        const int first = m_measured.place() + m_measured.count();
        beginInsertColumns({}, first, first + static_cast<int>(added.size()) - 1);
        m_measured.add(added);
        endInsertColumns();
    }
}

// As the project has them: the newest first.
void RunsModel::order(std::vector<store::RunRow>& runs) const
{
    std::stable_sort(runs.begin(), runs.end(), [](const store::RunRow& a, const store::RunRow& b) { return a.id > b.id; });
    if (m_grouping != nullptr) {
        store::putTogether(runs, *m_grouping, m_sweeps);
    }
}

void RunsModel::setGrouping(const store::RunGrouping* grouping, store::Sweeps sweeps)
{
    beginResetModel();
    m_grouping = grouping;
    m_sweeps = std::move(sweeps);
    order(m_runs);
    endResetModel();
}

QString RunsModel::groupOf(int row) const
{
    const std::string group = m_grouping != nullptr && run(row) != nullptr ? m_grouping->of(*run(row), m_sweeps) : std::string();
    const QDateTime when = m_grouping != nullptr && std::string_view(m_grouping->id) == "sweep" ? QDateTime::fromString(QString::fromStdString(group), Qt::ISODateWithMs) : QDateTime();
    return when.isValid() ? QLocale().toString(when.toLocalTime(), QLocale::ShortFormat) : group.empty() ? tr("none") : QString::fromStdString(group);
}

void RunsModel::setRuns(std::vector<store::RunRow> runs)
{
    if (m_grouping != nullptr) {
        order(runs);
    }
    if (sameRuns(m_runs, runs)) {
        m_runs = std::move(runs);
        growColumns();
        if (!m_runs.empty()) {
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
        }
        return;
    }
    beginResetModel();
    m_runs = std::move(runs);
    m_measured.reset(measuredIn(m_runs));
    endResetModel();
}

void RunsModel::take(store::RunId id, const train::Event& event)
{
    const int row = rowOf(id);
    if (row < 0) {
        return;
    }
    store::RunRow& run = m_runs[static_cast<std::size_t>(row)];
    train::take(run.measures, event);
    if (const auto* step = std::get_if<train::StepDone>(&event)) {
        run.step = step->step;
    } else if (const auto* started = std::get_if<train::RunStarted>(&event)) {
        run.totalSteps = started->totalSteps;
    }
    growColumns();
    Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1), {Qt::DisplayRole});
}

void RunsModel::setLive(store::RunId id, double seconds, bool isHeld)
{
    const int row = rowOf(id);
    if (row >= 0) {
        store::RunRow& run = m_runs[static_cast<std::size_t>(row)];
        run.seconds = std::max(run.seconds, seconds);
        run.state = isHeld ? kHeldState : "running";
        Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1), {Qt::DisplayRole, Qt::DecorationRole});
    }
}

void RunsModel::setSettings(const QStringList& keys)
{
    beginResetModel();
    m_settings.clear();
    for (const QString& key : keys) {
        if (RecipeDocument::find(key)) {
            m_settings += key;
        }
    }
    endResetModel();
}

void RunsModel::setCurve(store::RunId id, std::vector<double> losses)
{
    const int row = rowOf(id);
    if (row >= 0) {
        m_curves[id] = {m_runs[static_cast<std::size_t>(row)].step, std::move(losses)};
        Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1), {Qt::DecorationRole});
    }
}

bool RunsModel::hasCurve(store::RunId id, std::int64_t step) const
{
    const auto found = m_curves.find(id);
    return found != m_curves.end() && found->second.first == step;
}

const store::RunRow* RunsModel::run(int row) const
{
    return row >= 0 && row < rowCount() ? &m_runs[static_cast<std::size_t>(row)] : nullptr;
}

const store::RunRow* RunsModel::find(store::RunId id) const
{
    return run(rowOf(id));
}

int RunsModel::rowOf(store::RunId id) const
{
    const auto at = std::find_if(m_runs.begin(), m_runs.end(), [id](const store::RunRow& run) { return run.id == id; });
    return at == m_runs.end() ? -1 : static_cast<int>(at - m_runs.begin());
}

int RunsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : kFixed + m_measured.count() + static_cast<int>(m_settings.size());
}

QVariant RunsModel::data(const QModelIndex& index, int role) const
{
    const store::RunRow* row = run(index.row());
    if (row == nullptr) {
        return {};
    }
    const int fixed = m_measured.fixed(index.column());
    if (fixed >= kFixed) { // a setting
        const std::string key = m_settings[fixed - kFixed].toStdString();
        return role == Qt::DisplayRole ? QVariant(QString::fromStdString(store::settingOf(*row, key))) : role == IdRole ? QVariant(static_cast<qlonglong>(row->id)) : QVariant();
    }
    const Column* column = fixed < 0 ? nullptr : &kColumns[static_cast<std::size_t>(fixed)];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole: {
        if (column != nullptr) {
            return column->text(*row);
        }
        const auto& [measure, set] = m_measured.at(index.column());
        return changeText(row->measures.find(*measure, set), endOf(*row));
    }
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (column == nullptr || column->isNumber ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ToolTipRole:
        if (column == &kColumns.front() && !row->notes.empty()) {
            return QString::fromStdString(row->notes);
        }
        return row->sentence.empty() ? QString::fromStdString(row->folder) : QString::fromStdString(row->sentence);
    case Qt::DecorationRole:
        if (column == &kColumns.front()) {
            return runSwatch(row->id);
        }
        if (const auto curve = m_curves.find(row->id); curve != m_curves.end() && column == &kColumns[kLossColumn]) {
            const QPixmap picture = sparkline(row->id, curve->second.second);
            return picture.isNull() ? QVariant() : QVariant(picture);
        }
        if (const RunState* state = findRunState(row->state); state != nullptr && column == &kColumns[1]) {
            return icon(QString::fromLatin1(state->icon), state->token);
        }
        return {};
    case IdRole:
        return static_cast<qlonglong>(row->id);
    default:
        return {};
    }
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    const store::RunRow* row = run(index.row());
    const QString name = value.toString().trimmed();
    if (row == nullptr || role != Qt::EditRole || index.column() != kNameColumn || name.isEmpty()
        || name == QString::fromStdString(row->name)) {
        return false;
    }
    m_runs[static_cast<std::size_t>(index.row())].name = name.toStdString();
    Q_EMIT dataChanged(index, index, {Qt::DisplayRole});
    Q_EMIT renameWanted(row->id, name);
    return true;
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical && m_grouping != nullptr) {
        const bool isFirst = section == 0 || groupOf(section - 1) != groupOf(section);
        return role == Qt::DisplayRole ? QVariant(isFirst ? groupOf(section) : QString()) : role == Qt::ToolTipRole ? QVariant(groupOf(section)) : QVariant();
    }
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const int fixed = m_measured.fixed(section);
    if (fixed < 0) {
        return m_measured.heading(section, role);
    }
    if (fixed >= kFixed) {
        const QString& key = m_settings[fixed - kFixed];
        const FieldRef field = RecipeDocument::find(key);
        return columnHeading(role, field ? translatedLabel(*field.field) : key, key, false);
    }
    const Column& column = kColumns[static_cast<std::size_t>(fixed)];
    return columnHeading(role, tr(column.title), column.help[0] == '\0' ? QString() : tr(column.help), column.isNumber);
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags usual = QAbstractTableModel::flags(index);
    return index.column() == kNameColumn ? usual | Qt::ItemIsEditable : usual;
}

} // namespace luthier::ui
