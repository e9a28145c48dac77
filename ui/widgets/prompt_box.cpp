// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/prompt_box.h"

#include "ui/widgets/elided_label.h"

#include <QKeyEvent>

namespace luthier::ui {

PromptBox::PromptBox(int lines, QWidget* parent) : QPlainTextEdit(parent)
{
    setTabChangesFocus(true);
    setProperty("keyHelp", QStringList{tr("Return") + u'\t' + tr("Send"), tr("Shift+Return") + u'\t' + tr("A new line")});
    setFixedHeight(fontMetrics().lineSpacing() * lines + fontMetrics().height());
}

QLabel* PromptBox::makeHint()
{
    auto* hint = new ElidedLabel(Token::TextQuiet);
    hint->setText(tr("Enter sends, Shift+Enter starts a new line"));
    hint->setObjectName(QStringLiteral("promptHint"));
    hint->setFont(textFont(TextSize::Small));
    return hint;
}

void PromptBox::keyPressEvent(QKeyEvent* event)
{
    const bool isEnter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (isEnter && !event->modifiers().testFlag(Qt::ShiftModifier)) {
        Q_EMIT sent();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

} // namespace luthier::ui
