// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/set_field.h"

#include <QUndoStack>
#include <QCoreApplication>

namespace luthier::ui {
namespace {

constexpr int kMergeId = 1;
const QString kPage = QStringLiteral("tune");

void set(RecipeDocument* document, const FieldRef& field, const fields::Value& value)
{
    if (document != nullptr) {
        // Both values were the field's before, so they fit it.
        (void)document->setValue(field, value);
    }
}

} // namespace

SetField::SetField(RecipeDocument* document, const FieldRef& field, fields::Value value, int session)
    : PlacedStep(kPage), m_document(document), m_field(field), m_before(document->value(field)), m_after(std::move(value)), m_session(session)
{
    //: undo step: the setting's name
    setText(QCoreApplication::translate("SetField", "change of %1")
                .arg(QCoreApplication::translate("Field", field.field->label.c_str())));
}

void SetField::undo()
{
    set(m_document, m_field, m_before);
}

void SetField::redo()
{
    set(m_document, m_field, m_after);
}

int SetField::id() const
{
    return kMergeId;
}

bool SetField::mergeWith(const QUndoCommand* other)
{
    const auto* next = dynamic_cast<const SetField*>(other);
    if (next == nullptr || next->m_document != m_document || next->m_field.field != m_field.field
        || next->m_session != m_session) {
        return false;
    }
    m_after = next->m_after;
    setObsolete(m_after == m_before);
    return true;
}

void setKind(QUndoStack* stack, RecipeDocument* document, const FieldRef& kind, const fields::Value& value, const QString& text)
{
    const FieldRef rate = RecipeDocument::find(QStringLiteral("optimizer.learning_rate"));
    if (document->value(kind) == value) {
        return;
    }
    const bool wasUsual = document->value(rate) == document->usual(rate);
    stack->beginMacro(text);
    stack->push(new SetField(document, kind, value));
    if (wasUsual) {
        stack->push(new SetField(document, rate, document->usual(rate)));
    }
    stack->endMacro();
}

SetRecipe::SetRecipe(RecipeDocument* document, config::RunConfig config, const QString& text)
    : PlacedStep(kPage, text), m_document(document), m_before(document->config()), m_after(std::move(config))
{
}

void SetRecipe::undo()
{
    if (m_document) {
        m_document->replace(m_before);
    }
}

void SetRecipe::redo()
{
    if (m_document) {
        m_document->replace(m_after);
    }
}

} // namespace luthier::ui
