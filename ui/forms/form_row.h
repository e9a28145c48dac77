// SPDX-License-Identifier: GPL-3.0-or-later
// FormRow: one setting in a form: label, editor, what is usual with a way back to it, and what is wrong.
// What is typed counts at once, and one edit, until the person goes on, is one step of undo: while what stands there is no value,
// the setting has what it had before the edit.
// Threads: GUI thread.
#pragma once

#include "ui/forms/recipe_document.h"

#include <QObject>

#include <optional>

class QGridLayout;
class QLabel;
class QToolButton;
class QUndoStack;
class QWidget;

namespace luthier::ui {

class FieldEditor;

class FormRow : public QObject {
    Q_OBJECT

public:
    static constexpr int kGridRows = 3; // the setting, what is usual, what is wrong

    FormRow(RecipeDocument* document, const FieldRef& field, QUndoStack* undo, QGridLayout* grid, int gridRow, QWidget* parent);

    const FieldRef& field() const { return m_field; }
    QWidget* editor() const;
    void refresh();
    void setRule(const QString& sentence); // empty: kept
    void setVisible(bool visible);
    void mark(); // until the person goes on to something else
    bool hasProblem() const { return !m_typing.isEmpty(); }

Q_SIGNALS:
    void problemChanged();

private:
    void take(const Result<fields::Value>& value);
    void finishEdit();
    void dropTyping();
    void push(const fields::Value& value);
    void showProblem();
    void unmark();

    RecipeDocument* m_document;
    FieldRef m_field;
    QUndoStack* m_undo;
    int m_session = 0;
    std::optional<fields::Value> m_before; // of the edit that is being made
    bool m_isTaking = false;               // what is typed: it stays as it stands
    QString m_typing;                      // why what was typed is no value
    QString m_rule;
    bool m_isVisible = true;

    QLabel* m_label;
    FieldEditor* m_editor;
    QLabel* m_unit;
    QWidget* m_note; // holds the next two
    QLabel* m_usual;
    QToolButton* m_reset;
    QLabel* m_problem;
};

} // namespace luthier::ui
