// SPDX-License-Identifier: GPL-3.0-or-later
// StageSettings: the settings of a stage of the pipeline, in the forms that Tune has. What differs from the stage's usual recipe is what the
// stage keeps; which model, data, adapters and rewards it works with stands on the page.
//
// Threads: GUI thread. Touches no files.
#pragma once

#include "core/pipeline/pipeline.h"
#include "ui/forms/recipe_document.h"

#include <QDialog>
#include <QString>
#include <QUndoStack>

#include <vector>

class QPushButton;

namespace luthier::ui {

class SettingsForm;
class StatusLabel;

// "run.max_steps = 40, optimizer.learning_rate = 2e-5"; empty: there are none.
QString settingsLine(const pipeline::Settings& settings);

class StageSettings : public QDialog {
    Q_OBJECT

public:
    // `usual`: the recipe without settings of the stage's own; `now`: with them. `stage`: its name, translated.
    StageSettings(const QString& stage, const config::RunConfig& usual, const config::RunConfig& now, QWidget* parent);

Q_SIGNALS:
    void chosen(const luthier::pipeline::Settings& settings);

private:
    void refresh();
    pipeline::Settings settings() const;

    config::RunConfig m_usual;
    RecipeDocument m_document;
    QUndoStack m_undo;
    std::vector<SettingsForm*> m_forms;
    StatusLabel* m_note;
    QPushButton* m_use;
};

} // namespace luthier::ui
