// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme_paint.h"

#include "ui/theme/theme.h"

#include <QPainter>
#include <QStyleOption>
#include <QWidget>

#include <algorithm>

namespace luthier::ui {
namespace {

void drawArrow(QPainter* painter, const QRect& room, bool up, bool enabled)
{
    const double half = space(1) * 0.75;
    const QPointF at = QRectF(room).center();
    const double tip = up ? -half / 2 : half / 2;
    painter->setPen(Qt::NoPen);
    painter->setBrush(color(enabled ? Token::TextQuiet : Token::Line));
    painter->drawPolygon(QPolygonF{{at.x() - half, at.y() - tip}, {at.x() + half, at.y() - tip}, {at.x(), at.y() + tip}});
}

} // namespace

QColor blend(const QColor& ground, const QColor& over, double share)
{
    const auto mix = [share](int a, int b) { return static_cast<int>(a + (b - a) * share); };
    return QColor(mix(ground.red(), over.red()), mix(ground.green(), over.green()), mix(ground.blue(), over.blue()));
}

bool isPrimary(const QWidget* widget)
{
    return widget != nullptr && widget->property("primary").toBool();
}

void drawBox(QPainter* painter, const QRect& rect, const QBrush& fill, const QColor& border, double width)
{
    const double radius = std::min(space(1), rect.height() / 5);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(border, width));
    painter->setBrush(fill);
    const double inset = width / 2;
    painter->drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), radius, radius);
    painter->restore();
}

void drawButton(QPainter* painter, const QStyleOption& option, const QWidget* widget)
{
    const bool enabled = option.state & QStyle::State_Enabled;
    const bool down = option.state & (QStyle::State_Sunken | QStyle::State_On);
    const bool hover = enabled && (option.state & QStyle::State_MouseOver);
    const bool primary = isPrimary(widget) && enabled;
    QColor fill = color(primary ? Token::Accent : Token::Surface);
    if (!enabled) {
        fill = color(Token::Window);
    } else if (down) {
        fill = primary ? blend(fill, color(Token::Text), 0.2) : color(Token::Raised);
    } else if (hover) {
        fill = blend(fill, color(Token::Text), primary ? 0.1 : 0.04);
    }
    const bool focused = option.state & QStyle::State_HasFocus;
    const QColor quiet = blend(color(Token::Window), color(Token::Line), 0.6);
    drawBox(painter, option.rect, fill, focused ? color(primary ? Token::Text : Token::Accent) : primary ? fill : quiet,
            focused ? 2 : 1);
}

void drawSpinBox(QPainter* painter, const QStyleOptionSpinBox& option, const QStyle& style, const QWidget* widget)
{
    const bool enabled = option.state & QStyle::State_Enabled;
    const bool focused = option.state & QStyle::State_HasFocus;
    const QColor quiet = blend(color(Token::Window), color(Token::Line), 0.6);
    drawBox(painter, option.rect, color(enabled ? Token::Surface : Token::Window), focused ? color(Token::Accent) : quiet, focused ? 2 : 1);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    for (const QStyle::SubControl arrow : {QStyle::SC_SpinBoxUp, QStyle::SC_SpinBoxDown}) {
        const QRect room = style.subControlRect(QStyle::CC_SpinBox, &option, arrow, widget);
        drawArrow(painter, room, arrow == QStyle::SC_SpinBoxUp, enabled);
    }
    painter->restore();
}

void drawCheckBox(QPainter* painter, const QStyleOption& option)
{
    const bool enabled = option.state & QStyle::State_Enabled;
    const bool on = option.state & QStyle::State_On;
    const QColor ink = color(!enabled ? Token::Line : on ? Token::Accent : Token::TextQuiet);
    drawBox(painter, option.rect.adjusted(1, 1, -1, -1), on ? ink : color(Token::Surface), ink);
    if (on) {
        const QRectF box = option.rect.adjusted(1, 1, -1, -1);
        const auto at = [&box](double x, double y) { return QPointF(box.left() + x * box.width(), box.top() + y * box.height()); };
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(color(Token::AccentText), 2));
        painter->drawPolyline(QPolygonF{at(0.25, 0.5), at(0.43, 0.7), at(0.75, 0.3)});
        painter->restore();
    }
}

void drawBar(QPainter* painter, const QRect& rect, const QBrush& fill)
{
    const double radius = std::min(rect.height(), space(1)) / 2.0;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(fill);
    painter->drawRoundedRect(rect, radius, radius);
    painter->restore();
}

namespace {

// What is filled; nothing while it is not known how much there is to do.
QRect doneOf(const QStyleOptionProgressBar& bar)
{
    const qint64 range = static_cast<qint64>(bar.maximum) - bar.minimum;
    QRect done = bar.rect;
    done.setWidth(range <= 0 ? 0 : static_cast<int>(bar.rect.width() * (static_cast<qint64>(bar.progress) - bar.minimum) / range));
    return done;
}

} // namespace

// Hatched while it is not known how much there is to do.
void drawProgress(QPainter* painter, const QStyleOptionProgressBar& bar)
{
    const bool isKnown = bar.maximum > bar.minimum;
    drawBar(painter, isKnown ? doneOf(bar) : bar.rect, isKnown ? QBrush(color(Token::Accent)) : QBrush(color(Token::Accent), Qt::BDiagPattern));
}

// In the colour that can be read on what lies below it.
void drawProgressText(QPainter* painter, const QStyleOptionProgressBar& bar)
{
    const QRect done = doneOf(bar);
    painter->save();
    painter->setClipRegion(QRegion(bar.rect).subtracted(done));
    painter->setPen(color(Token::Text));
    painter->drawText(bar.rect, Qt::AlignCenter | Qt::TextSingleLine, bar.text);
    painter->setClipRect(done);
    painter->setPen(color(Token::AccentText));
    painter->drawText(bar.rect, Qt::AlignCenter | Qt::TextSingleLine, bar.text);
    painter->restore();
}

void drawScrollSlider(QPainter* painter, const QRect& rect, bool isHeld)
{
    const QRectF slider = QRectF(rect).adjusted(2, 2, -2, -2);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(blend(color(Token::Window), color(Token::Line), isHeld ? 1.0 : 0.6));
    const double radius = std::min(slider.width(), slider.height()) / 2;
    painter->drawRoundedRect(slider, radius, radius);
    painter->restore();
}

} // namespace luthier::ui
