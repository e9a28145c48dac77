// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/pipeline/rubric_edit.h"

namespace luthier::ui {

namespace {

constexpr int kTyped = 800; // ms after the last key, until the rubric is kept

} // namespace

RubricEdit::RubricEdit(QWidget* parent) : QPlainTextEdit(parent)
{
    setAccessibleName(tr("Rubric"));
    setPlaceholderText(tr("The usual one: which answer is correct, to the point and short"));
    setToolTip(tr("What a judge that answers is asked. {question}, {first}, {second} and {reference} are replaced; A or B is its answer. Empty: the usual one"));
    setTabChangesFocus(true);
    setFixedHeight(fontMetrics().height() * 4);
    m_typed.setSingleShot(true);
    m_typed.setInterval(kTyped);
    connect(this, &QPlainTextEdit::textChanged, this, [this] { m_typed.start(); });
    connect(&m_typed, &QTimer::timeout, this, &RubricEdit::settled);
}

} // namespace luthier::ui
