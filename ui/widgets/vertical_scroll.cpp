// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/vertical_scroll.h"

#include "ui/theme/theme.h"

#include <QEvent>
#include <QLayout>
#include <QScrollBar>
#include <QTimer>

namespace luthier::ui {

VerticalScroll::VerticalScroll(QWidget* content, QWidget* parent) : QScrollArea(parent)
{
    setWidget(content);
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus); // what it holds is reached by Tab and scrolls into view
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setAutoFillBackground(false);
    content->setAutoFillBackground(false);
    content->installEventFilter(this);
}

QSize VerticalScroll::minimumSizeHint() const
{
    const int bar = verticalScrollBar()->sizeHint().width();
    return {widget()->minimumSizeHint().width() + bar, space(20)};
}

bool VerticalScroll::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest) {
        updateGeometry();
    }
    return QScrollArea::eventFilter(watched, event);
}

void scrollTo(QWidget* widget)
{
    QTimer::singleShot(0, widget, [widget] {
        for (QWidget* at = widget->parentWidget(); at != nullptr; at = at->parentWidget()) {
            auto* area = qobject_cast<QScrollArea*>(at);
            if (area == nullptr || area->widget() == nullptr) {
                continue;
            }
            if (area->widget()->layout() != nullptr) {
                area->widget()->layout()->activate();
            }
            area->ensureWidgetVisible(widget, 0, area->viewport()->height() / 3);
        }
    });
}

} // namespace luthier::ui
