// SPDX-License-Identifier: GPL-3.0-or-later
// TuneLimit: keeps the Data page's token limit and the recipe's sequence length the same: one chosen over there becomes a
// change of the recipe that can be undone, and a change of the recipe is told.
//
// Threads: GUI thread.
#pragma once

#include "ui/forms/recipe_document.h"

#include <QObject>

namespace luthier::ui {

class Workspace;

class TuneLimit : public QObject {
    Q_OBJECT

public:
    TuneLimit(RecipeDocument* document, Workspace& workspace); // the document is its parent

private:
    void take(std::int64_t tokens);

    RecipeDocument* m_document;
    Workspace& m_workspace;
};

} // namespace luthier::ui
