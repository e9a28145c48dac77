// SPDX-License-Identifier: GPL-3.0-or-later
// TuneWay: the third column of Tune: the method as cards from the core's table, and the settings of method,
// objective, optimizer, schedule and run as forms.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/card.h"

#include <map>
#include <vector>

class QAbstractButton;
class QLineEdit;
class QUndoStack;

namespace luthier::ui {

class RecipeDocument;
class SettingsForm;
class StatusLabel;

class TuneWay : public Card {
    Q_OBJECT

public:
    TuneWay(RecipeDocument* document, QUndoStack* undo, QWidget* parent = nullptr);

    const std::vector<SettingsForm*>& forms() const { return m_forms; }
    QAbstractButton* chosenMethod() const; // null: of none that there is
    void clearSearch(); // so that every setting can be shown

Q_SIGNALS:
    void shootoutWanted();
    void adviceWanted();
    void trialsWanted();

private:
    QWidget* buildMethods();
    void chooseMethod(const std::string& id);
    void showMethod();
    void showObjective();
    void search(const QString& words);

    RecipeDocument* m_document;
    QUndoStack* m_undo;
    std::map<std::string, QAbstractButton*> m_methods; // by id
    std::vector<SettingsForm*> m_forms;
    std::vector<StatusLabel*> m_titles; // of the forms
    QLineEdit* m_search = nullptr;
    StatusLabel* m_methodHelp = nullptr; // of the chosen one
    StatusLabel* m_objectiveHelp = nullptr;
};

} // namespace luthier::ui
