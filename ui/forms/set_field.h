// SPDX-License-Identifier: GPL-3.0-or-later
// SetField: one changed setting. Typing into one field in one go is one step; a value that came back to where it
// started is none. SetRecipe: all of them at once, by a preset or a file.
// Threads: GUI thread.
#pragma once

#include "ui/base/placed_step.h"
#include "ui/forms/recipe_document.h"

#include <QPointer>

class QUndoStack;

namespace luthier::ui {

class SetField : public PlacedStep {
public:
    // `session`: changes of the same field with the same number merge.
    SetField(RecipeDocument* document, const FieldRef& field, fields::Value value, int session = 0);

    void undo() override;
    void redo() override;
    int id() const override;
    bool mergeWith(const QUndoCommand* other) override;

private:
    QPointer<RecipeDocument> m_document;
    FieldRef m_field;
    fields::Value m_before;
    fields::Value m_after;
    int m_session;
};

// Sets a method or an objective; the learning rate follows while it was the usual one of what was chosen before, and what a person
// chose stays. One step of the stack.
void setKind(QUndoStack* stack, RecipeDocument* document, const FieldRef& kind, const fields::Value& value, const QString& text);

class SetRecipe : public PlacedStep {
public:
    SetRecipe(RecipeDocument* document, config::RunConfig config, const QString& text);

    void undo() override;
    void redo() override;

private:
    QPointer<RecipeDocument> m_document;
    config::RunConfig m_before;
    config::RunConfig m_after;
};

} // namespace luthier::ui
