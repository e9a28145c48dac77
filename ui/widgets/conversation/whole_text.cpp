// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/conversation/whole_text.h"

#include <QEvent>
#include <QTextDocument>

#include <cmath>
#include <memory>

namespace luthier::ui {
namespace {

constexpr int kLeastColumns = 8;
constexpr int kUsualColumns = 60;

} // namespace

WholeText::WholeText(QWidget* parent) : QTextEdit(parent)
{
    setReadOnly(true);
    setAcceptRichText(false);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setContextMenuPolicy(Qt::NoContextMenu); // what it stands in has one
    setFocusPolicy(Qt::NoFocus);
    document()->setDocumentMargin(0);
    viewport()->setAutoFillBackground(false);
    viewport()->setCursor(Qt::IBeamCursor);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void WholeText::setText(const QString& text)
{
    if (text != toPlainText()) {
        setPlainText(text);
        m_width = -1;
        updateGeometry();
    }
}

QSize WholeText::sizeHint() const
{
    const int width = fontMetrics().averageCharWidth() * kUsualColumns;
    return {width, heightForWidth(width)};
}

QSize WholeText::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * kLeastColumns, fontMetrics().lineSpacing()};
}

int WholeText::heightForWidth(int width) const
{
    if (width != m_width) {
        const std::unique_ptr<QTextDocument> measured(document()->clone());
        measured->setDefaultFont(font());
        measured->setTextWidth(width);
        m_height = static_cast<int>(std::ceil(measured->size().height()));
        m_width = width;
    }
    return m_height;
}

void WholeText::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        m_width = -1;
        updateGeometry();
    }
    QTextEdit::changeEvent(event);
}

} // namespace luthier::ui
