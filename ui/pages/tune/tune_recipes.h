// SPDX-License-Identifier: GPL-3.0-or-later
// TuneRecipes: the menu of whole recipes: presets, files, and the command that does the same without a window.
// Files are read and written by jobs.
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

private:
    void take(const Result<config::RunConfig>& recipe, const QString& name);

    RecipeDocument* m_document;
    Workspace& m_workspace;
};

// A recipe whose bundled files have moved with the program finds them again.
Result<config::RunConfig> readRecipeFile(const QString& path);

} // namespace luthier::ui
