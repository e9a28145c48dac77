// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/edit_row.h"

#include "ui/models/data_document.h"

#include <utility>

namespace luthier::ui {

EditRow::EditRow(DataDocument* document, RowEdit edit, const QString& text)
    : QUndoCommand(text), m_document(document), m_edit(std::move(edit))
{
    setObsolete(m_edit.before == m_edit.after);
}

void EditRow::redo()
{
    if (m_document) {
        m_document->applyEdit(m_edit.row, m_edit.after);
    }
}

void EditRow::undo()
{
    if (m_document) {
        m_document->applyEdit(m_edit.row, m_edit.before);
    }
}

} // namespace luthier::ui
