// SPDX-License-Identifier: GPL-3.0-or-later
// PlacedStep: an undo step that knows on which page its effect is seen, so that undoing it from elsewhere goes there.
// Threads: GUI thread.
#pragma once

#include <QString>
#include <QUndoCommand>

namespace luthier::ui {

class PlacedStep : public QUndoCommand {
public:
    PlacedStep(const QString& page, const QString& text = {}) : QUndoCommand(text), m_page(page) {}

    const QString& page() const { return m_page; } // id of a row of the table of pages
    void setPage(const QString& page) { m_page = page; }

private:
    QString m_page;
};

// Of a step or of the first one in a macro; empty: it says nothing.
inline QString pageOf(const QUndoCommand* step)
{
    if (const auto* placed = dynamic_cast<const PlacedStep*>(step)) {
        return placed->page();
    }
    return step != nullptr && step->childCount() > 0 ? pageOf(step->child(0)) : QString();
}

} // namespace luthier::ui
