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

// Hatched while it is not known how much there is to do.
void drawProgress(QPainter* painter, const QStyleOptionProgressBar& bar)
{
    const qint64 range = static_cast<qint64>(bar.maximum) - bar.minimum;
    if (range <= 0) {
        drawBar(painter, bar.rect, QBrush(color(Token::Accent), Qt::BDiagPattern));
        return;
    }
    QRect done = bar.rect;
    done.setWidth(static_cast<int>(bar.rect.width() * (static_cast<qint64>(bar.progress) - bar.minimum) / range));
    drawBar(painter, done, color(Token::Accent));
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
        result.rwidth() += space(3);
        result.setHeight(std::max(result.height(), space(7)));
        break;
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

// Scroll bars are a slider alone: no arrows, no groove.
QRect ThemeStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl sub, const QWidget* widget) const
{
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (control != CC_ScrollBar || bar == nullptr) {
        return QProxyStyle::subControlRect(control, option, sub, widget);
    }
    const bool flat = bar->orientation == Qt::Horizontal;
    const int room = flat ? bar->rect.width() : bar->rect.height();
    const double range = static_cast<double>(bar->maximum) - bar->minimum + bar->pageStep;
    const int length = std::clamp(static_cast<int>(room * (range > 0 ? bar->pageStep / range : 1.0)), std::min(room, space(8)), room);
    const int at = sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition, room - length, bar->upsideDown);
    const auto part = [&](int begin, int size) {
        return flat ? QRect(bar->rect.x() + begin, bar->rect.y(), size, bar->rect.height())
                    : QRect(bar->rect.x(), bar->rect.y() + begin, bar->rect.width(), size);
    };
    switch (sub) {
    case SC_ScrollBarSlider: return visualRect(bar->direction, bar->rect, part(at, length));
    case SC_ScrollBarGroove: return bar->rect;
    case SC_ScrollBarSubPage: return part(0, at);
    case SC_ScrollBarAddPage: return part(at + length, room - at - length);
    default: return {};
    }
}

void ThemeStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (control != CC_ScrollBar || bar == nullptr) {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        return;
    }
    if (bar->maximum <= bar->minimum) {
        return;
    }
    const bool isHeld = bar->state & (State_MouseOver | State_Sunken);
    const QRectF slider = QRectF(subControlRect(control, option, SC_ScrollBarSlider, widget)).adjusted(2, 2, -2, -2);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(blend(color(Token::Window), color(Token::Line), isHeld ? 1.0 : 0.6));
    const double radius = std::min(slider.width(), slider.height()) / 2;
    painter->drawRoundedRect(slider, radius, radius);
    painter->restore();
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
    case CE_ProgressBarGroove:
        drawBar(painter, option->rect, color(Token::Raised));
        return;
    case CE_ProgressBarContents:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
            drawProgress(painter, *bar);
        }
        return;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

} // namespace luthier::ui
