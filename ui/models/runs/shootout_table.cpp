// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/shootout_table.h"

#include "core/peft/methods/method.h"
#include "ui/base/amounts.h"
#include "ui/models/column_heading.h"
#include "ui/models/runs/run_states.h"
#include "ui/theme/icons.h"

#include <QCoreApplication>
#include <QLocale>

#include <array>

namespace luthier::ui {
namespace {

using State = ShootoutLine::State;

const QString kNone = QStringLiteral("\u2013");
constexpr int kLossDigits = 4;

// Of a line that is a run: as runs are told everywhere.
struct StateRow {
    State state;
    const char* run;  // id of its RunState; empty: it has none
    const char* text; // of one without
    const char* icon;
    Token token;
};

constexpr std::array kStates{
    StateRow{State::Choice, "", "", "", Token::Text},
    StateRow{State::Waiting, "", QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "waiting"), "", Token::TextQuiet},
    StateRow{State::Training, "running", "", "", Token::Text},
    StateRow{State::Finished, "finished", "", "", Token::Text},
    StateRow{State::Stopped, "stopped", "", "", Token::Text},
    StateRow{State::Parked, "parked", "", "", Token::Text},
    StateRow{State::Interrupted, "interrupted", "", "", Token::Text},
    StateRow{State::Failed, "failed", "", "", Token::Text},
    StateRow{State::Cancelled, "", QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "cancelled"), "square", Token::TextQuiet},
    StateRow{State::Deleted, "", QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "run deleted"), "trash-2", Token::TextQuiet},
};

const StateRow& stateRow(State state)
{
    return kStates[static_cast<std::size_t>(state)];
}

const peft::Method* methodOf(const ShootoutLine& line)
{
    return peft::findMethod(train::variantOf(line.method.toStdString()).method);
}

QString methodText(const ShootoutLine& line)
{
    const peft::Method* method = methodOf(line);
    QString text = method == nullptr ? line.method : QCoreApplication::translate("Method", method->label.c_str());
    for (const auto& [key, value] : method == nullptr ? train::Variant().settings : train::variantOf(line.method.toStdString()).settings) {
        //: of a trial: setting and value, as "LoRA, rank 8"
        text = ShootoutTable::tr("%1, %2 %3").arg(text, QString::fromStdString(key.substr(key.find('.') + 1)), QString::fromStdString(value));
    }
    return text;
}

QString stateText(const ShootoutLine& line)
{
    if (line.state == State::Choice) {
        return line.sentence.isEmpty() ? QString() : ShootoutTable::tr("cannot run");
    }
    if (line.state == State::Training && line.totalSteps > 0) {
        const QString left = timeLeft(line.secondsLeft);
        const QString at = ShootoutTable::tr("step %1 of %2")
                               .arg(number(line.step), number(line.totalSteps));
        return left.isEmpty() ? at : ShootoutTable::tr("%1, %2").arg(at, left);
    }
    const StateRow& row = stateRow(line.state);
    return findRunState(row.run) != nullptr ? runStateText(row.run) : ShootoutTable::tr(row.text);
}

// A number that was measured, or else the one that is expected; nullopt: neither.
struct Number {
    double value = 0;
    bool isExpected = false;
};
using Maybe = std::optional<Number>;

Maybe heldOut(const ShootoutLine& line)
{
    return line.measured.measures.heldOut() ? Maybe(Number{*line.measured.measures.heldOut()}) : std::nullopt;
}

Maybe trained(const ShootoutLine& line)
{
    return line.measured.trainedParameters > 0 ? Maybe(Number{static_cast<double>(line.measured.trainedParameters)})
           : line.size                         ? Maybe(Number{static_cast<double>(line.size->trainedParameters), true})
                                               : std::nullopt;
}

Maybe share(const ShootoutLine& line)
{
    return line.measured.trainedParameters > 0 ? Maybe(Number{100 * line.measured.trainedShare()})
           : line.size                         ? Maybe(Number{100 * line.size->trainedShare(), true})
                                               : std::nullopt;
}

Maybe memory(const ShootoutLine& line)
{
    return line.measured.peakMemoryBytes > 0 ? Maybe(Number{static_cast<double>(line.measured.peakMemoryBytes)})
           : line.size                       ? Maybe(Number{static_cast<double>(line.size->leastMemoryBytes), true})
                                             : std::nullopt;
}

Maybe minutes(const ShootoutLine& line)
{
    return line.measured.ended.seconds > 0 ? Maybe(Number{line.measured.ended.seconds / 60})
           : line.expectedSeconds          ? Maybe(Number{*line.expectedSeconds / 60, true})
                                           : std::nullopt;
}

Maybe size(const ShootoutLine& line)
{
    return line.measured.resultBytes > 0 ? Maybe(Number{static_cast<double>(line.measured.resultBytes)}) : std::nullopt;
}

Maybe learningRate(const ShootoutLine& line)
{
    return line.measured.learningRate > 0 ? Maybe(Number{line.measured.learningRate}) : std::nullopt;
}

struct Column {
    const char* title; // source strings, context "ShootoutTable"
    const char* help;
    Maybe (*number)(const ShootoutLine&); // null: a text
    QString (*text)(const Number&);
};

constexpr std::array kColumns{
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Method"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Space chooses a method before the start"), nullptr, nullptr},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "State"), "", nullptr, nullptr},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Held-out loss"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Of the rows kept aside, after the last step, in nats per token"), &heldOut,
           [](const Number& n) { return QLocale().toString(n.value, 'f', kLossDigits); }},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Trained"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Parameters that learn"), &trained,
           [](const Number& n) { return shortCount(n.value); }},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "%"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Share of all parameters that learns"), &share,
           [](const Number& n) { return QLocale().toString(n.value, 'g', 3); }},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Memory"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable",
                             "Largest of the run, on the processor that of the whole program; before it: what weights, gradients and "
                             "the optimizer take at least"),
           &memory, [](const Number& n) { return (n.isExpected ? QStringLiteral("> ") : QString()) + byteText(static_cast<std::int64_t>(n.value)); }},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Minutes"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Of the run; before it: from the speed of an earlier run like it, where there is one"),
           &minutes, [](const Number& n) { return (n.isExpected ? QStringLiteral("\u2248 ") : QString()) + QLocale().toString(n.value, 'f', n.value < 1 ? 2 : 1); }},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Size"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Of the adapter or model that was written"), &size,
           [](const Number& n) { return byteText(static_cast<std::int64_t>(n.value)); }},
    Column{QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "Learning rate"),
           QT_TRANSLATE_NOOP("luthier::ui::ShootoutTable", "The recipe's for its own method, the usual one for others"), &learningRate,
           [](const Number& n) { return QLocale().toString(n.value, 'g', 3); }},
};
constexpr int kStateColumn = 1;
constexpr int kHeldOutColumn = 2;
constexpr auto kFixed = static_cast<int>(kColumns.size());

QString textOf(const ShootoutLine& line, int column)
{
    if (column == ShootoutTable::kMethodColumn || column == kStateColumn) {
        return column == kStateColumn ? stateText(line) : methodText(line);
    }
    const Column& row = kColumns[static_cast<std::size_t>(column)];
    const Maybe number = row.number(line);
    return number ? row.text(*number) : kNone;
}

QVariant sortOf(const ShootoutLine& line, int column, int place)
{
    if (column == ShootoutTable::kMethodColumn) {
        return place; // the table's order
    }
    if (column == kStateColumn) {
        return static_cast<int>(line.state);
    }
    const Maybe number = kColumns[static_cast<std::size_t>(column)].number(line);
    return number ? QVariant(number->value) : QVariant();
}

QString tipOf(const ShootoutLine& line, int column)
{
    if (!line.sentence.isEmpty()) {
        return line.sentence;
    }
    if (const auto before = line.measured.measures.heldOutBefore(); column == kHeldOutColumn && before) {
        return ShootoutTable::tr("%1 before the first step").arg(QLocale().toString(*before, 'f', kLossDigits));
    }
    const peft::Method* method = methodOf(line);
    return method == nullptr ? QString() : QCoreApplication::translate("Method", method->help.c_str());
}

QVariant decorationOf(const ShootoutLine& line, int column)
{
    const StateRow& row = stateRow(line.state);
    const RunState* run = findRunState(row.run);
    const char* picture = run != nullptr ? run->icon : row.icon;
    return column == kStateColumn && picture[0] != '\0' ? QVariant(icon(QString::fromLatin1(picture), run != nullptr ? run->token : row.token)) : QVariant();
}

bool isQuiet(const ShootoutLine& line, int column)
{
    const Column& row = kColumns[static_cast<std::size_t>(column)];
    const Maybe number = row.number == nullptr ? Maybe() : row.number(line);
    return row.number == nullptr ? column == kStateColumn && line.state != State::Training : !number || number->isExpected;
}

} // namespace

void ShootoutTable::setLines(std::vector<ShootoutLine> lines)
{
    beginResetModel();
    m_lines = std::move(lines);
    m_measured.reset(measured());
    endResetModel();
}

std::vector<const measures::Summaries*> ShootoutTable::measured() const
{
    std::vector<const measures::Summaries*> all;
    for (const ShootoutLine& line : m_lines) {
        all.push_back(&line.measured.measures);
    }
    return all;
}

void ShootoutTable::setLine(int row, const ShootoutLine& line)
{
    if (row >= 0 && row < rowCount()) {
        m_lines[static_cast<std::size_t>(row)] = line;
        if (const auto added = m_measured.newIn(measured()); !added.empty()) {
            const int first = m_measured.place() + m_measured.count();
            beginInsertColumns({}, first, first + static_cast<int>(added.size()) - 1);
            m_measured.add(added);
            endInsertColumns();
        }
        Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
    }
}

int ShootoutTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int ShootoutTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : kFixed + m_measured.count();
}

QVariant ShootoutTable::data(const QModelIndex& index, int role) const
{
    if (index.row() < 0 || index.row() >= rowCount()) {
        return {};
    }
    const ShootoutLine& line = m_lines[static_cast<std::size_t>(index.row())];
    const int column = m_measured.fixed(index.column());
    if (column < 0) {
        return role == MethodRole ? QVariant(line.method) : m_measured.lastValue(index.column(), line.measured.measures, role, SortRole);
    }
    switch (role) {
    case Qt::DisplayRole:
        return textOf(line, column);
    case Qt::CheckStateRole:
        return column == kMethodColumn && line.state == State::Choice ? QVariant(line.isChosen ? Qt::Checked : Qt::Unchecked) : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (kColumns[static_cast<std::size_t>(column)].number != nullptr ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole:
        return isQuiet(line, column) ? QVariant(color(Token::TextQuiet)) : QVariant();
    case Qt::ToolTipRole:
        return tipOf(line, column);
    case Qt::DecorationRole:
        return decorationOf(line, column);
    case SortRole:
        return sortOf(line, column, index.row());
    case MethodRole:
        return line.method;
    default:
        return {};
    }
}

bool ShootoutTable::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || !(flags(index) & Qt::ItemIsUserCheckable)) {
        return false;
    }
    m_lines[static_cast<std::size_t>(index.row())].isChosen = value.toInt() == Qt::Checked;
    Q_EMIT dataChanged(index, index, {Qt::CheckStateRole});
    Q_EMIT choiceChanged();
    return true;
}

QVariant ShootoutTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const int at = m_measured.fixed(section);
    if (at < 0) {
        return m_measured.heading(section, role);
    }
    const Column& column = kColumns[static_cast<std::size_t>(at)];
    return columnHeading(role, tr(column.title), column.help[0] == '\0' ? QString() : tr(column.help), column.number != nullptr);
}

Qt::ItemFlags ShootoutTable::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags usual = QAbstractTableModel::flags(index);
    const bool isChoice = index.isValid() && index.column() == kMethodColumn
                          && m_lines[static_cast<std::size_t>(index.row())].state == State::Choice;
    return isChoice ? usual | Qt::ItemIsUserCheckable : usual;
}

} // namespace luthier::ui
