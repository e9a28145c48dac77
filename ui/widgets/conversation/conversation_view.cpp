// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/conversation/conversation_view.h"

#include "ui/widgets/conversation/field_bubble.h"

#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kMaxColumns = 90; // longer lines are hard to read

// Answers stand a little to the right of what they answer, so that turns are told apart without colour.
int indentOf(const QString& role, int unit)
{
    const bool isAnswer = role == QLatin1String("assistant") || role == QLatin1String("chosen") || role == QLatin1String("rejected");
    return isAnswer ? unit * 2 : 0;
}

} // namespace

ConversationView::ConversationView(QWidget* parent) : QScrollArea(parent)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget;
    m_layout = new QVBoxLayout(content);
    const int unit = fontMetrics().height() / 2;
    m_layout->setContentsMargins(unit, unit, unit, unit);
    m_layout->setSpacing(unit);
    m_layout->addStretch();
    setWidget(content);
    setFocusPolicy(Qt::NoFocus);
    setAccessibleName(tr("Conversation"));
}

FieldBubble* ConversationView::makeBubble()
{
    auto* bubble = new FieldBubble;
    m_bubbles.push_back(bubble);
    auto* row = new QVBoxLayout;
    row->addWidget(bubble);
    m_layout->insertLayout(m_layout->count() - 1, row);
    connect(bubble, &FieldBubble::accepted, this, &ConversationView::fieldAccepted);
    connect(bubble, &FieldBubble::editingChanged, this, &ConversationView::editingChanged);
    connect(bubble, &FieldBubble::turnWanted, this, &ConversationView::turnWanted);
    connect(bubble, &FieldBubble::menuWanted, this, [this, bubble](const QPoint& at) { Q_EMIT menuWanted(bubble->field().path, at); });
    connect(bubble, &FieldBubble::stepWanted, this, [this, bubble](int direction) { stepFrom(bubble, direction); });
    return bubble;
}

void ConversationView::setFields(const std::vector<ExampleField>& fields)
{
    m_numFields = static_cast<int>(fields.size());
    const int unit = fontMetrics().height();
    for (std::size_t i = 0; i < std::max(fields.size(), m_bubbles.size()); ++i) {
        FieldBubble* bubble = i < m_bubbles.size() ? m_bubbles[i] : makeBubble();
        if (i < fields.size()) {
            bubble->setField(fields[i]);
            m_layout->itemAt(static_cast<int>(i))->layout()->setContentsMargins(indentOf(fields[i].role, unit), 0, 0, 0);
        }
        bubble->setVisible(i < fields.size());
    }
}

// What lines may not have of a wide pane is margin.
void ConversationView::resizeEvent(QResizeEvent* event)
{
    const int unit = fontMetrics().height() / 2;
    const int most = fontMetrics().averageCharWidth() * kMaxColumns + 6 * unit;
    m_layout->setContentsMargins(unit, unit, std::max(unit, viewport()->width() - most), unit);
    QScrollArea::resizeEvent(event);
}

int ConversationView::contentHeight() const
{
    return m_layout->hasHeightForWidth() ? m_layout->heightForWidth(viewport()->width()) : m_layout->sizeHint().height();
}

bool ConversationView::isEditing() const
{
    return std::any_of(m_bubbles.begin(), m_bubbles.end(), [](const FieldBubble* bubble) { return bubble->isEditing(); });
}

void ConversationView::acceptEdit()
{
    for (FieldBubble* bubble : m_bubbles) {
        bubble->acceptEdit();
    }
}

void ConversationView::editField(int index)
{
    if (index >= 0 && index < m_numFields) {
        ensureWidgetVisible(bubble(index));
        bubble(index)->beginEdit();
    }
}

void ConversationView::stepFrom(const FieldBubble* from, int direction)
{
    const auto at = std::find(m_bubbles.begin(), m_bubbles.end(), from);
    const auto index = static_cast<int>(at - m_bubbles.begin()) + direction;
    if (index >= 0 && index < m_numFields) {
        bubble(index)->setFocus(Qt::TabFocusReason);
        ensureWidgetVisible(bubble(index));
    }
}

} // namespace luthier::ui
