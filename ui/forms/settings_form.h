// SPDX-License-Identifier: GPL-3.0-or-later
// SettingsForm: one part of the recipe as a form made from its table of fields. Fields of rows that are not chosen (of
// another method, another optimizer) are hidden, and have what they had when their row comes back. Advanced fields are folded away;
// beside a changed one stands what is usual and a button that goes back to it; what is wrong is said under its field.
// Every change is a step of the undo stack.
// Threads: GUI thread.
#pragma once

#include "ui/forms/recipe_document.h"

#include <QWidget>

#include <map>
#include <set>

class QGridLayout;
class QToolButton;
class QUndoStack;

namespace luthier::ui {

class FormRow;

class SettingsForm : public QWidget {
    Q_OBJECT

public:
    // `hidden`: keys that stand elsewhere ("kind").
    SettingsForm(RecipeDocument* document, const config::Part& part, QUndoStack* undo, const std::set<std::string>& hidden = {},
                 QWidget* parent = nullptr);

    bool hasProblem() const; // something typed that is no value
    bool reveal(const QString& key); // unfolds, shows and focuses "part.key"; false: not of this form, or of a row not chosen

    // Shows the settings alone whose name, key or help has the words, folded ones too; empty: all, as they were.
    void setSearch(const QString& words);
    int numShown() const;

Q_SIGNALS:
    void problemsChanged();

private:
    void build(const config::Part& part, const std::set<std::string>& hidden);
    void refresh(const QString& key);
    void showRules();
    void showRows();
    bool isFound(const FormRow& row) const;

    RecipeDocument* m_document;
    QUndoStack* m_undo;
    const config::Part& m_part;
    QStringList m_search;
    QGridLayout* m_grid;
    QToolButton* m_more;
    std::map<QString, FormRow*> m_rows; // by "part.key"
};

} // namespace luthier::ui
