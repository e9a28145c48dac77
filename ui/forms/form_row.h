// SPDX-License-Identifier: GPL-3.0-or-later
// FormRow: one setting in a form: label, editor, what is usual with a way back to it, and what is wrong.
#pragma once

#include "ui/forms/recipe_document.h"

#include <QObject>

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
    bool hasProblem() const { return !m_typing.isEmpty(); }

Q_SIGNALS:
    void problemChanged();

private:
    void take(const Result<fields::Value>& value);
    void push(const fields::Value& value);
    void showProblem();

    RecipeDocument* m_document;
    FieldRef m_field;
    QUndoStack* m_undo;
    int m_session = 0;
    QString m_typing; // why what was typed is no value
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
