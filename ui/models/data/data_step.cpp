// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/data_step.h"

#include "ui/models/data/data_documents.h"

#include <utility>

namespace luthier::ui {

DataStep::DataStep(DataDocuments* documents, StepRecord step, State state)
    : PlacedStep(QStringLiteral("data"), QString::fromStdString(step->text)), m_documents(documents), m_step(std::move(step)),
      m_isNew(state == State::New), m_skipsRedo(state != State::New), m_skipsUndo(state == State::Undone)
{
}

void DataStep::redo()
{
    if (std::exchange(m_skipsRedo, false) || !m_documents) {
        return;
    }
    const bool isNew = std::exchange(m_isNew, false);
    m_documents->apply(m_step, isNew ? EditSaver::Action::Record : EditSaver::Action::Redo);
}

void DataStep::undo()
{
    if (!std::exchange(m_skipsUndo, false) && m_documents) {
        m_documents->apply(m_step, EditSaver::Action::Undo);
    }
}

} // namespace luthier::ui
