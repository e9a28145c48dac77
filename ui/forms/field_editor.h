// SPDX-License-Identifier: GPL-3.0-or-later
// FieldEditor: the widget a setting is edited with, chosen by its type: check box, combo box, number box, line or
// list of lines. It shows values and tells what was typed; it changes nothing.
//
// The widget's objectName is the setting's "part.key", its tooltip and description say help and range.
// Threads: GUI thread.
#pragma once

#include "ui/base/window_sentence.h"
#include "ui/forms/recipe_document.h"

#include <QObject>

class QWidget;

namespace luthier::ui {

class FieldEditor : public QObject {
    Q_OBJECT

public:
    // The editor belongs to `parent`, as its widget does.
    static FieldEditor* make(const RecipeDocument& document, const FieldRef& field, QWidget* parent);

    QWidget* widget() const { return m_widget; }
    virtual void show(const fields::Value& value) = 0; // never emits
    void setHoldsNoValue(bool holds) { m_holdsNoValue = holds; } // what was typed: the undo keys are the widget's then

Q_SIGNALS:
    void edited(const luthier::Result<luthier::fields::Value>& value);
    void finished();   // one edit: a choice was made, Return was pressed, or the person went on to something else
    void undoWanted(); // its keys were pressed; the widget itself steps through nothing that was typed

protected:
    FieldEditor(const RecipeDocument& document, const FieldRef& field, QWidget* widget, QWidget* parent);
    bool eventFilter(QObject* watched, QEvent* event) override;

    Result<fields::Value> parse(const QString& text) const { return m_document.parse(m_field, text); }
    Result<fields::Value> checked(const fields::Value& value) const;

private:
    bool takeUndoKeys(QEvent* event, bool undo);

    const RecipeDocument& m_document;
    FieldRef m_field;
    bool m_holdsNoValue = false;
    QWidget* m_widget;
};

QString translatedLabel(const fields::Field& field);
QString tooltipOf(const fields::Field& field); // help and what is allowed
QString shownValue(const fields::Field& field, const fields::Value& value); // a choice by its label

} // namespace luthier::ui
