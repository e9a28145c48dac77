// SPDX-License-Identifier: GPL-3.0-or-later
// TunePresets: the menu of settings saved by a name, the project's and the person's own: take, compare, save, remove.
//
// Threads: GUI thread; files are read and written by jobs.
#pragma once

#include "core/config/run_config.h"
#include "core/recipes/presets.h"
#include "ui/bridge/job.h"

#include <QMenu>

#include <vector>

namespace luthier::ui {

class RecipeDocument;
class Workspace;

class TunePresets : public QMenu {
    Q_OBJECT

public:
    TunePresets(RecipeDocument* document, Workspace& workspace, QWidget* parent = nullptr);

    void take(const QString& name);
    void saveAs(const QString& name, bool isForProject);
    void remove(const QString& name);

Q_SIGNALS:
    void compareWanted(const QString& file); // a recipe file
    void filled();

private:
    void fill();
    void show(const std::vector<recipes::Preset>& presets);
    void askForName(bool isForProject);
    std::filesystem::path project() const; // empty: none is open

    RecipeDocument* m_document;
    Workspace& m_workspace;
    JobSlot m_listing;
};

} // namespace luthier::ui
