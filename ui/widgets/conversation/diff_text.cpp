// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/conversation/diff_text.h"

#include "ui/theme/theme.h"
#include "ui/widgets/conversation/role_colors.h"

#include <QEvent>
#include <QHelpEvent>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolTip>

#include <algorithm>
#include <utility>

namespace luthier::ui {

DiffText::DiffText(QWidget* parent) : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    document()->setDocumentMargin(fontMetrics().height() / 2.0);
}

void DiffText::setText(const QString& text)
{
    m_ranges.clear();
    m_heat.clear();
    setPlainText(text);
    applyTints();
}

void DiffText::setPlaceholderText(const QString& text)
{
    QPlainTextEdit::setPlaceholderText(text);
    viewport()->update();
}

void DiffText::append(const QString& piece)
{
    const QScrollBar* bar = verticalScrollBar();
    const bool atEnd = bar->value() >= bar->maximum() - 1;
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(piece);
    if (atEnd) {
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    }
}

void DiffText::setDifferences(const std::vector<TextRange>& ranges)
{
    m_ranges = ranges;
    applyTints();
}

// A selection in another colour: a palette of its own would keep the colours of one theme.
void DiffText::setDimmed(bool dimmed)
{
    if (dimmed != std::exchange(m_isDimmed, dimmed)) {
        applyTints();
    }
}

void DiffText::applyTints()
{
    QList<QTextEdit::ExtraSelection> selections;
    if (m_isDimmed) {
        QTextEdit::ExtraSelection all;
        all.cursor = QTextCursor(document());
        all.cursor.select(QTextCursor::Document);
        all.format.setForeground(quietTextColor());
        selections.push_back(all);
    }
    for (const Heat& token : m_heat) {
        QTextEdit::ExtraSelection selection;
        selection.cursor = QTextCursor(document());
        selection.cursor.setPosition(static_cast<int>(token.range.begin));
        selection.cursor.setPosition(static_cast<int>(token.range.end), QTextCursor::KeepAnchor);
        selection.format.setBackground(mixed(palette().color(QPalette::Base), token.isBad ? color(Token::Bad) : differenceColor(), 0.55 * std::clamp(token.strength, 0.0, 1.0)));
        selections.push_back(selection);
    }
    for (const TextRange& range : m_heat.empty() ? m_ranges : std::vector<TextRange>()) {
        QTextEdit::ExtraSelection selection;
        selection.cursor = QTextCursor(document());
        selection.cursor.setPosition(static_cast<int>(range.begin));
        selection.cursor.setPosition(static_cast<int>(range.end), QTextCursor::KeepAnchor);
        selection.format.setBackground(mixed(palette().color(QPalette::Base), differenceColor(), 0.25));
        selection.format.setUnderlineStyle(QTextCharFormat::SingleUnderline);
        selection.format.setUnderlineColor(differenceColor());
        selections.push_back(selection);
    }
    setExtraSelections(selections);
}

void DiffText::setHeat(std::vector<Heat> heat)
{
    m_heat = std::move(heat);
    applyTints();
}

bool DiffText::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && !m_heat.empty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const qsizetype place = cursorForPosition(help->pos()).position();
        const auto token = std::find_if(m_heat.begin(), m_heat.end(), [place](const Heat& one) { return place >= one.range.begin && place < one.range.end; });
        token == m_heat.end() ? QToolTip::hideText() : QToolTip::showText(help->globalPos(), token->help, viewport());
        return true;
    }
    return QPlainTextEdit::viewportEvent(event);
}

void DiffText::changeEvent(QEvent* event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        applyTints();
    }
}

DiffText* diffText(const QString& id, const QString& name, const QString& placeholder)
{
    auto* text = new DiffText;
    text->setObjectName(id);
    text->setAccessibleName(name);
    text->setPlaceholderText(placeholder);
    return text;
}

} // namespace luthier::ui
