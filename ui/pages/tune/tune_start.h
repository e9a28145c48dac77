// SPDX-License-Identifier: GPL-3.0-or-later
// TuneStart: what a run starts from besides its base: nothing, one of the project's adapters of this base, or one from
// elsewhere. Choosing one takes its method and settings into the recipe, as one step of undo.
//
// Threads: GUI thread; adapters are read in jobs only.
#pragma once

#include "core/train/start_point.h"
#include "ui/bridge/job.h"

#include <QTimer>
#include <QWidget>

class QComboBox;

namespace luthier::ui {

class AdapterLibrary;
class RecipeDocument;
class StatusLabel;
class Workspace;

class TuneStart : public QWidget {
    Q_OBJECT

public:
    TuneStart(RecipeDocument* document, Workspace& workspace, QWidget* parent = nullptr);

    // Starts from the adapter; `base` empty: the model that is chosen.
    void choose(const QString& adapter, const QString& base = {});
    // Why a run cannot start from what is chosen; empty: it can, or it is not known yet.
    const QString& problem() const { return m_problem; }

Q_SIGNALS:
    void problemChanged();

private:
    void fill();
    void askForFolder();
    void check();
    void take(const Result<train::Started>& started);
    void show(const Result<train::Started>& started);

    RecipeDocument* m_document;
    Workspace& m_workspace;
    AdapterLibrary* m_library;
    QComboBox* m_choices;
    StatusLabel* m_note;
    QTimer m_recheck;
    JobSlot m_job;
    QString m_problem;
};

} // namespace luthier::ui
