// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/form_row.h"

#include "ui/base/window_sentence.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/set_field.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QUndoStack>

namespace luthier::ui {

FormRow::FormRow(RecipeDocument* document, const FieldRef& field, QUndoStack* undo, QGridLayout* grid, int gridRow, QWidget* parent)
    : QObject(parent), m_document(document), m_field(field), m_undo(undo), m_label(new QLabel(translatedLabel(*field.field))),
      m_editor(FieldEditor::make(*document, field, parent)),
      m_unit(new StatusLabel(Token::TextQuiet)), m_note(new QWidget), m_usual(new StatusLabel(Token::TextQuiet)), m_reset(new QToolButton),
      m_problem(new StatusLabel(Token::Bad))
{
    m_label->setBuddy(m_editor->widget());
    m_label->setToolTip(m_editor->widget()->toolTip());
    m_unit->setText(QCoreApplication::translate("Field", field.field->unit.c_str()));
    m_unit->setFont(textFont(TextSize::Small));
    m_usual->setFont(textFont(TextSize::Small));
    m_usual->setObjectName(field.key() + QStringLiteral(".usual"));
    m_reset->setObjectName(field.key() + QStringLiteral(".reset"));
    m_reset->setIcon(icon(QStringLiteral("rotate-ccw"), Token::TextQuiet));
    m_reset->setAutoRaise(true);
    m_reset->setAccessibleName(tr("Usual value for %1").arg(m_label->text()));
    m_reset->setToolTip(tr("Go back to the usual value"));
    m_problem->setObjectName(field.key() + QStringLiteral(".problem"));
    m_problem->setFont(textFont(TextSize::Small));
    m_problem->setWordWrap(true);

    const bool isTall = qobject_cast<QPlainTextEdit*>(m_editor->widget()) != nullptr;
    grid->addWidget(m_label, gridRow, 0, isTall ? Qt::AlignTop : Qt::AlignVCenter);
    grid->addWidget(m_editor->widget(), gridRow, 1);
    grid->addWidget(m_unit, gridRow, 2);
    auto* note = new QHBoxLayout(m_note);
    note->setContentsMargins(0, 0, 0, 0);
    note->setSpacing(0);
    note->addWidget(m_usual);
    note->addWidget(m_reset);
    note->addStretch();
    grid->addWidget(m_note, gridRow + 1, 1, 1, 2);
    grid->addWidget(m_problem, gridRow + 2, 1, 1, 2);

    connect(m_editor, &FieldEditor::edited, this, &FormRow::take);
    connect(m_editor, &FieldEditor::finished, this, &FormRow::finishEdit);
    connect(m_editor, &FieldEditor::undoWanted, this, &FormRow::dropTyping);
    connect(m_reset, &QToolButton::clicked, this, [this] {
        dropTyping();
        finishEdit();
        push(m_document->usual(m_field));
        finishEdit();
    });
    refresh();
}

QWidget* FormRow::editor() const
{
    return m_editor->widget();
}

void FormRow::take(const Result<fields::Value>& value)
{
    if (!m_before) {
        m_before = m_document->value(m_field);
    }
    m_typing = value ? QString() : windowSentence(QString::fromStdString(value.message()));
    m_isTaking = true;
    push(value ? *value : *m_before); // half of what was meant may have been a value, too
    m_isTaking = false;
    m_editor->setHoldsNoValue(!value);
    showProblem();
    Q_EMIT problemChanged();
}

void FormRow::finishEdit()
{
    ++m_session;
    m_before.reset();
    unmark();
}

void FormRow::dropTyping()
{
    if (!m_typing.isEmpty()) {
        refresh();
    }
}

void FormRow::mark()
{
    QFont font = m_label->font();
    font.setBold(true);
    m_label->setFont(font);
}

void FormRow::unmark()
{
    if (m_label->font().bold()) {
        m_label->setFont(QFont());
    }
}

void FormRow::push(const fields::Value& value)
{
    if (m_field.key() == QStringLiteral("objective.kind")) {
        setKind(m_undo, m_document, m_field, value, tr("change of objective"));
    } else if (value != m_document->value(m_field)) {
        m_undo->push(new SetField(m_document, m_field, value, m_session));
    }
}

void FormRow::refresh()
{
    const fields::Value value = m_document->value(m_field);
    const fields::Value usual = m_document->usual(m_field);
    if (!m_isTaking || m_typing.isEmpty()) {
        m_editor->show(value);
    }
    if (!m_isTaking) {
        m_editor->setHoldsNoValue(false);
        m_before.reset(); // what changed it from outside ends the edit
        ++m_session;
        if (!m_typing.isEmpty()) {
            m_typing.clear(); // the shown value is a good one again
            Q_EMIT problemChanged();
        }
    }
    const bool differs = value != usual;
    m_usual->setText(differs ? tr("usually %1").arg(shownValue(*m_field.field, usual)) : QString());
    if (m_isVisible && !differs && m_reset->hasFocus()) { // it goes, and the keys stay at the setting
        m_editor->widget()->setFocus(Qt::OtherFocusReason);
    }
    m_note->setVisible(m_isVisible && differs);
    showProblem();
}

void FormRow::setRule(const QString& sentence)
{
    m_rule = sentence;
    showProblem();
}

void FormRow::setVisible(bool visible)
{
    m_isVisible = visible;
    m_label->setVisible(visible);
    m_editor->widget()->setVisible(visible);
    m_unit->setVisible(visible && !m_unit->text().isEmpty());
    refresh();
}

void FormRow::showProblem()
{
    m_problem->setText(m_typing.isEmpty() ? m_rule : m_typing);
    m_problem->setVisible(m_isVisible && !m_problem->text().isEmpty());
}

} // namespace luthier::ui
