// SPDX-License-Identifier: GPL-3.0-or-later
// DataStep: one step of editing a data file on the undo stack. Steps of earlier days are there too; their file is
// opened when they are undone.
// Threads: GUI thread.
#pragma once

#include "ui/base/placed_step.h"
#include "ui/models/data/edit_saver.h"

#include <QPointer>

namespace luthier::ui {

class DataDocuments;

class DataStep : public PlacedStep {
public:
    enum class State { New, Done, Undone }; // Done, Undone: recorded on an earlier day

    DataStep(DataDocuments* documents, StepRecord step, State state = State::New);

    void undo() override;
    void redo() override;

private:
    QPointer<DataDocuments> m_documents; // gone with the page: the command then does nothing
    StepRecord m_step;
    bool m_isNew;
    bool m_skipsRedo; // pushing a command redoes it; what is on disk is done already
    bool m_skipsUndo; // and what is undone there must only be moved past
};

} // namespace luthier::ui
