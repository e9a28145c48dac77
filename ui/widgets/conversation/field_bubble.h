// SPDX-License-Identifier: GPL-3.0-or-later
// FieldBubble: one field of an example, spoken by its role. F2, Return or a double click edits in place;
// Ctrl+Return accepts, Esc gives back what was there, Ctrl+Shift+Return splits a turn at the cursor. Insert, Delete and
// Alt with an arrow add, remove and move a turn. It changes nothing itself: its signals say what is wanted.
// Threads: GUI thread.
#pragma once

#include "core/data/turn_edits.h"
#include "ui/widgets/conversation/example_field.h"

#include <QFrame>

class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace luthier::ui {

class WholeText;

class FieldBubble : public QFrame {
    Q_OBJECT

public:
    explicit FieldBubble(QWidget* parent = nullptr);

    void setField(const ExampleField& field); // ends an edit without accepting it
    const ExampleField& field() const { return m_field; }
    bool isEditing() const;
    bool isEditable() const { return !m_field.path.isEmpty(); }

    void beginEdit();
    void acceptEdit();
    void cancelEdit();

Q_SIGNALS:
    void accepted(const QString& path, const QString& text);
    void editingChanged(bool editing);
    void turnWanted(const luthier::data::TurnEdit& edit);
    void menuWanted(const QPoint& globalPos);
    void stepWanted(int direction); // -1 or 1: the neighbour bubble should take the focus

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeEditor();
    void fitEditor();
    void closeEditor();
    void applyColors();
    void showText();
    void splitAtCursor();
    bool wantTurn(QKeyEvent* event);

    ExampleField m_field;
    QLabel* m_role;
    WholeText* m_text;
    WholeText* m_extra;
    QToolButton* m_edit;
    QWidget* m_editBox = nullptr; // made at the first edit
    QPlainTextEdit* m_editor = nullptr;
};

} // namespace luthier::ui
