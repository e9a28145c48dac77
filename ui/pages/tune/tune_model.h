// SPDX-License-Identifier: GPL-3.0-or-later
// TuneModel: the first column of Tune: which folder to start from and what it holds, read by a job.
// Threads: GUI thread.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/runs/tune_facts.h"
#include "ui/widgets/card.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QUndoStack;

namespace luthier::ui {

class ModelLibrary;
class RecipeDocument;
class SettingsForm;

class TuneModel : public Card {
    Q_OBJECT

public:
    TuneModel(RecipeDocument* document, QUndoStack* undo, ModelLibrary* library, QWidget* parent = nullptr);

    const ModelFacts& facts() const { return m_facts; }
    SettingsForm* form() const { return m_form; }
    void setStart(QWidget* start); // what else the run starts from, above the settings

Q_SIGNALS:
    void factsChanged();

private:
    void reload();
    void take(const ModelFacts& facts);
    void choose(const QString& folder);
    void askForFolder();
    void fillChoices();
    void addFact(QFormLayout* form, const QString& id, const QString& label);

    RecipeDocument* m_document;
    QUndoStack* m_undo;
    ModelLibrary* m_library;
    ModelFacts m_facts;
    JobSlot m_job;
    QLabel* m_name;
    QComboBox* m_choices; // models on this machine
    QLabel* m_folder;
    QLabel* m_problem;
    QPushButton* m_bundled;
    SettingsForm* m_form;
};

} // namespace luthier::ui
