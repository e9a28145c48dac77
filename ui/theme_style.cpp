// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme_style.h"

#include "ui/theme.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleFactory>
#include <QStyleOption>
#include <QWidget>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kMaxMotionMs = 120;

QColor blend(const QColor& ground, const QColor& over, double share)
{
    const auto mix = [share](int a, int b) { return static_cast<int>(a + (b - a) * share); };
    return QColor(mix(ground.red(), over.red()), mix(ground.green(), over.green()), mix(ground.blue(), over.blue()));
}

bool isPrimary(const QWidget* widget)
{
    return widget != nullptr && widget->property("primary").toBool();
}

void drawBox(QPainter* painter, const QRect& rect, const QBrush& fill, const QColor& border, double width = 1)
{
    const double radius = space(1);
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

} // namespace

ThemeStyle::ThemeStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

int ThemeStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing:
        return space(2);
    case PM_LayoutLeftMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutBottomMargin:
        return space(2);
    case PM_SplitterWidth:
        return space(2);
    case PM_ScrollBarExtent:
        return space(3);
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
        return 0;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int ThemeStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* data) const
{
    switch (hint) {
    case SH_Widget_Animation_Duration:
        return std::min(kMaxMotionMs, QProxyStyle::styleHint(hint, option, widget, data));
    case SH_EtchDisabledText:
        return 0;
    case SH_UnderlineShortcut:
        return 0;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

QSize ThemeStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size, const QWidget* widget) const
{
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_PushButton:
    case CT_LineEdit:
    case CT_ComboBox:
    case CT_SpinBox:
        result.setHeight(std::max(result.height(), space(7)));
        break;
    case CT_ItemViewItem:
        result.setHeight(std::max(result.height(), space(6)));
        break;
    case CT_TabBarTab:
        result.setHeight(std::max(result.height(), space(7)));
        break;
    default:
        break;
    }
    return result;
}

void ThemeStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    const QColor quiet = blend(color(Token::Window), color(Token::Line), 0.6);
    switch (element) {
    case PE_PanelButtonCommand:
        drawButton(painter, *option, widget);
        return;
    case PE_FrameDefaultButton:
        return;
    case PE_PanelLineEdit:
        if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option); frame && frame->lineWidth <= 0) {
            return; // inside a spin or combo box
        }
        drawBox(painter, option->rect, color(option->state & State_Enabled ? Token::Surface : Token::Window),
                option->state & State_HasFocus ? color(Token::Accent) : quiet, option->state & State_HasFocus ? 2 : 1);
        return;
    case PE_FrameFocusRect:
        drawBox(painter, option->rect, Qt::NoBrush, color(Token::Accent), 2);
        return;
    case PE_Frame:
        painter->save();
        painter->setPen(blend(color(Token::Window), color(Token::Line), 0.35));
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
        return;
    default:
        QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void ThemeStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    switch (element) {
    case CE_PushButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
            button && isPrimary(widget) && (option->state & State_Enabled)) {
            QStyleOptionButton copy = *button;
            copy.palette.setColor(QPalette::ButtonText, color(Token::AccentText));
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_Splitter: {
        painter->save();
        painter->setPen(blend(color(Token::Window), color(Token::Line), option->state & State_MouseOver ? 1.0 : 0.35));
        const QRect rect = option->rect;
        if (option->state & State_Horizontal) {
            painter->drawLine(rect.center().x(), rect.top(), rect.center().x(), rect.bottom());
        } else {
            painter->drawLine(rect.left(), rect.center().y(), rect.right(), rect.center().y());
        }
        painter->restore();
        return;
    }
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

} // namespace luthier::ui
