// SPDX-License-Identifier: GPL-3.0-or-later
// TuneRecipes: the menu of whole recipes: presets, files, and the command that does the same without a window.
// Files are read and written by jobs.
// Threads: GUI thread.
#pragma once

#include <QToolButton>

#include "core/config/run_config.h"

namespace luthier::ui {

class RecipeDocument;
class Workspace;

class TuneRecipes : public QToolButton {
    Q_OBJECT

public:
    TuneRecipes(RecipeDocument* document, Workspace& workspace, QWidget* parent = nullptr);

    void useUsualValues(); // model and data stay
    void useFirstTune();
    void copyAsCommand();
    void saveRecipe();
    void openRecipe();
    void openFile(const QString& path);
    void importFile(const QString& path); // of another program
    void exportTo(const QString& program, const QString& path);
    void compareWith(const QString& path); // what differs from the settings of the moment
    void saveRecipeTo(const QString& path);

private:
    void take(const Result<config::RunConfig>& recipe, const QString& name);
    void askToOpen(const QString& title, const QString& filter, void (TuneRecipes::*take)(const QString&));
    void importRecipe();
    void compareRecipe();
    void tell(const QString& title, const QStringList& lines); // at length, to read and to copy

    RecipeDocument* m_document;
    Workspace& m_workspace;
};

// A recipe whose bundled files have moved with the program finds them again.
Result<config::RunConfig> readRecipeFile(const QString& path);

} // namespace luthier::ui
