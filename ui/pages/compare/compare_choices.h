// SPDX-License-Identifier: GPL-3.0-or-later
// CompareChoices: which base and which tuned model stand against each other: the library's models, finished runs of the
// project, or folders. A run brings its own base.
// Threads: GUI thread; folders are read, and results of runs made, in jobs.
#pragma once

#include "ui/models/runs/tuned_runs.h"

#include <QWidget>

#include <map>
#include <vector>

class QComboBox;

namespace luthier::ui {

class ModelLibrary;

class CompareChoices : public QWidget {
    Q_OBJECT

public:
    explicit CompareChoices(ModelLibrary* library, QWidget* parent = nullptr);

    void setRuns(std::vector<TunedRun> runs); // keeps the choice and the folders opened by hand
    void setDefaultModel(const QString& folder);
    bool chooseRun(store::RunId id); // false: not there
    QString tunedId() const;         // tells the chosen one apart on another day, too; empty: none
    bool chooseTuned(const QString& id); // false: not there
    void chooseModel(const QString& path);
    void openTunedFolder(const QString& folder);
    void askForTunedFolder();

    const TunedRun* tuned() const; // null: none
    QString model() const;     // its path
    QString modelName() const; // as the Models page has it
    std::vector<TunedRun> siblings() const; // other adapters that were tuned from the same base

Q_SIGNALS:
    void chosen(); // another base or tuned model
    void problemFound(const QString& sentence);

private:
    void fill();
    void takeMade(TunedRun& run) const;
    bool makeChosen(); // false: it can answer as it is
    void fillModels();
    void askForModelFolder();
    void onTunedChosen();

    std::vector<TunedRun> m_runs;
    std::map<QString, QString> m_made; // of checkpoints: what is shown of them -> what answers
    std::vector<TunedRun> m_folders; // opened by hand
    ModelLibrary* m_library;
    QString m_wanted; // path of the base
    QComboBox* m_model;
    QComboBox* m_tuned;
};

} // namespace luthier::ui
