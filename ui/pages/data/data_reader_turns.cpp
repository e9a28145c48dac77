// SPDX-License-Identifier: GPL-3.0-or-later
// The reader and what can be done to whole turns and to the row.
#include "ui/models/data/data_document.h"
#include "ui/pages/data/data_reader.h"

#include <QCoreApplication>
#include <QMenu>

namespace luthier::ui {
namespace {

using Kind = data::TurnEdit::Kind;

struct TurnRow {
    Kind kind;
    const char* text; // with the key
    const char* step; // what the undo step is called; %1 is the row
};

constexpr TurnRow kTurns[] = {
    {Kind::Add, QT_TRANSLATE_NOOP("DataReader", "Add a turn below\tIns"), QT_TRANSLATE_NOOP("DataReader", "a turn added to row %1")},
    {Kind::MergeWithNext, QT_TRANSLATE_NOOP("DataReader", "Merge with the turn below"), QT_TRANSLATE_NOOP("DataReader", "turns of row %1 merged")},
    {Kind::MoveUp, QT_TRANSLATE_NOOP("DataReader", "Move up\tAlt+Up"), QT_TRANSLATE_NOOP("DataReader", "a turn of row %1 moved")},
    {Kind::MoveDown, QT_TRANSLATE_NOOP("DataReader", "Move down\tAlt+Down"), QT_TRANSLATE_NOOP("DataReader", "a turn of row %1 moved")},
    {Kind::Remove, QT_TRANSLATE_NOOP("DataReader", "Delete the turn\tDel"), QT_TRANSLATE_NOOP("DataReader", "a turn of row %1 deleted")},
    {Kind::Learn, QT_TRANSLATE_NOOP("DataReader", "Learn this answer"), QT_TRANSLATE_NOOP("DataReader", "an answer of row %1 to be learned")},
    {Kind::PassOver, QT_TRANSLATE_NOOP("DataReader", "Keep it as context"), QT_TRANSLATE_NOOP("DataReader", "an answer of row %1 kept as context")},
    {Kind::Split, nullptr, QT_TRANSLATE_NOOP("DataReader", "a turn of row %1 split")}, // at the cursor of its editor
    {Kind::SetRole, nullptr, QT_TRANSLATE_NOOP("DataReader", "another role in row %1")},
};

QString said(const char* text)
{
    return QCoreApplication::translate("DataReader", text);
}

} // namespace

void DataReader::editTurn(const data::TurnEdit& edit)
{
    if (!m_document || m_row < 0) {
        return;
    }
    QString name;
    for (const TurnRow& row : kTurns) {
        name = row.kind == edit.kind ? said(row.step).arg(m_row + 1) : name;
    }
    m_document->prepareChange(m_row, name, [edit](const Json& row) { return data::editTurn(row, edit); });
}

void DataReader::showTurnMenu(const QString& path, const QPoint& globalPos)
{
    const std::vector<std::string>& roles = m_roles; // of the row shown; empty: its fields are no turns
    if (roles.empty()) {
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("turnMenu"));
    const std::string place = path.toStdString();
    for (const TurnRow& row : kTurns) {
        if (row.text != nullptr) {
            menu->addAction(said(row.text), this, [this, kind = row.kind, place] { editTurn({kind, place}); });
        }
    }
    QMenu* role = menu->addMenu(tr("Role"));
    for (const std::string& name : roles) {
        role->addAction(QString::fromStdString(name), this, [this, place, name] { editTurn({Kind::SetRole, place, name}); });
    }
    menu->popup(globalPos);
}

void DataReader::toggleExcluded()
{
    if (m_document && m_row >= 0) {
        m_document->prepareExclusion({m_row}, !m_document->isExcluded(m_row));
    }
}

// Another limit cuts elsewhere.
void DataReader::onFactsChanged(qint64 first, qint64 last)
{
    const std::int64_t limit = m_document->encodingSettings().maxLength;
    if (limit != m_limit && first <= m_row && m_row <= last) {
        m_limit = limit;
        reload();
    }
}

} // namespace luthier::ui
