// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme_style.h"

#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/theme/theme_paint.h"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFont>
#include <QFontMetrics>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyleFactory>
#include <QStyleOption>
#include <QTextEdit>
#include <QWidget>

#include <algorithm>
#include <iterator>

namespace luthier::ui {
namespace {

constexpr int kMaxMotionMs = 120;

const QFormLayout* formOf(const QLayout* layout, QWidget* label)
{
    if (layout == nullptr) {
        return nullptr;
    }
    if (const auto* form = qobject_cast<const QFormLayout*>(layout); form != nullptr && form->indexOf(label) >= 0) {
        return form;
    }
    for (int i = 0; i < layout->count(); ++i) {
        if (const QFormLayout* found = formOf(layout->itemAt(i)->layout(), label)) {
            return found;
        }
    }
    return nullptr;
}

// What stands on the first line of a field that may have several.
const QWidget* firstOf(const QLayoutItem* item)
{
    while (item != nullptr) {
        const QWidget* widget = const_cast<QLayoutItem*>(item)->widget();
        const QLayout* layout = widget != nullptr ? widget->layout() : const_cast<QLayoutItem*>(item)->layout();
        if (layout == nullptr || layout->count() == 0) {
            return widget;
        }
        item = layout->itemAt(0);
    }
    return nullptr;
}

// Qt gives a label at most 7/4 of its own height, which is less than a field has here: its text stood above the field's.
void levelWithField(QLabel* label)
{
    const QFormLayout* form = label->parentWidget() == nullptr ? nullptr : formOf(label->parentWidget()->layout(), label);
    int row = -1;
    QFormLayout::ItemRole role = QFormLayout::FieldRole;
    if (form != nullptr) {
        form->getWidgetPosition(label, &row, &role);
    }
    if (row < 0 || role != QFormLayout::LabelRole || label->wordWrap()) {
        return;
    }
    const QWidget* field = firstOf(form->itemAt(row, QFormLayout::FieldRole));
    if (qobject_cast<const QLineEdit*>(field) != nullptr || qobject_cast<const QComboBox*>(field) != nullptr
        || qobject_cast<const QAbstractSpinBox*>(field) != nullptr || qobject_cast<const QPushButton*>(field) != nullptr) {
        label->setFixedHeight(field->sizeHint().height()); // of its first line, where it has several
    }
}

// Boxes of several lines have a ring, as those of one line have.
bool isTextBox(const QWidget* widget)
{
    return qobject_cast<const QPlainTextEdit*>(widget) != nullptr || qobject_cast<const QTextEdit*>(widget) != nullptr;
}

constexpr int kRing = 2;
constexpr char kRingAlone[] = "ringAlone"; // of what had no frame: it has one while it has the keys

// Lists that have the keys show it at an item; where there is none, at themselves.
bool showsItem(const QAbstractItemView& view)
{
    return view.model() != nullptr && view.currentIndex().isValid() && view.model()->rowCount(view.rootIndex()) > 0;
}

bool hasRing(const QWidget* widget)
{
    return isTextBox(widget) || qobject_cast<const QAbstractItemView*>(widget) != nullptr;
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
    case PM_DefaultFrameWidth:
        return hasRing(widget) ? kRing : QProxyStyle::pixelMetric(metric, option, widget);
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
    case SH_DialogButtonBox_ButtonsHaveIcons: // they would be another set of icons
        return 0;
    case SH_DialogButtonLayout: // on every desktop: what leaves things as they are stands before what does something
        return QDialogButtonBox::GnomeLayout;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

namespace {

bool isBeside(const QStyleOptionToolButton& button)
{
    return button.toolButtonStyle == Qt::ToolButtonTextBesideIcon && !button.icon.isNull();
}

struct DrawnIcon {
    QStyle::StandardPixmap standard;
    const char* name;
    Token tint;
};

constexpr DrawnIcon kDrawn[] = {
    {QStyle::SP_MessageBoxQuestion, "circle-help", Token::Accent},  {QStyle::SP_MessageBoxInformation, "circle-help", Token::Accent},
    {QStyle::SP_MessageBoxWarning, "triangle-alert", Token::Warn},  {QStyle::SP_MessageBoxCritical, "triangle-alert", Token::Bad},
    {QStyle::SP_ArrowBack, "arrow-left", Token::Text},              {QStyle::SP_ArrowForward, "arrow-right", Token::Text},
    {QStyle::SP_FileDialogBack, "arrow-left", Token::Text},         {QStyle::SP_FileDialogToParent, "arrow-up", Token::Text},
    {QStyle::SP_FileDialogNewFolder, "folder-plus", Token::Text},   {QStyle::SP_FileDialogListView, "list", Token::Text},
    {QStyle::SP_FileDialogDetailedView, "table-2", Token::Text},    {QStyle::SP_DirIcon, "folder", Token::TextQuiet},
    {QStyle::SP_DirClosedIcon, "folder", Token::TextQuiet},         {QStyle::SP_DirOpenIcon, "folder-open", Token::TextQuiet},
    {QStyle::SP_DirHomeIcon, "house", Token::TextQuiet},            {QStyle::SP_FileIcon, "file", Token::TextQuiet},
    {QStyle::SP_LineEditClearButton, "x", Token::TextQuiet},        {QStyle::SP_TitleBarCloseButton, "x", Token::TextQuiet},
};

const DrawnIcon* drawnOf(QStyle::StandardPixmap standard)
{
    const auto* found = std::find_if(std::begin(kDrawn), std::end(kDrawn), [standard](const DrawnIcon& row) { return row.standard == standard; });
    return found == std::end(kDrawn) ? nullptr : found;
}

} // namespace

QIcon ThemeStyle::standardIcon(StandardPixmap standard, const QStyleOption* option, const QWidget* widget) const
{
    const DrawnIcon* drawn = drawnOf(standard);
    return drawn == nullptr ? QProxyStyle::standardIcon(standard, option, widget) : icon(QString::fromLatin1(drawn->name), drawn->tint);
}

QPixmap ThemeStyle::standardPixmap(StandardPixmap standard, const QStyleOption* option, const QWidget* widget) const
{
    const DrawnIcon* drawn = drawnOf(standard);
    return drawn == nullptr ? QProxyStyle::standardPixmap(standard, option, widget)
                            : icon(QString::fromLatin1(drawn->name), drawn->tint).pixmap(QSize(2, 2) * iconSize());
}

void ThemeStyle::polish(QWidget* widget)
{
    QProxyStyle::polish(widget);
    if (auto* header = qobject_cast<QHeaderView*>(widget); header != nullptr && header->orientation() == Qt::Horizontal) {
        header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter); // over its column; numbers say that they stand at the right
    } else if (auto* label = qobject_cast<QLabel*>(widget)) {
        levelWithField(label);
    } else if (hasRing(widget)) {
        auto* frame = static_cast<QFrame*>(widget);
        const bool hasNone = frame->frameShape() == QFrame::NoFrame;
        const bool needsOne = hasNone && (widget->focusPolicy() & Qt::TabFocus) && widget->parentWidget() != nullptr
                              && !widget->window()->windowFlags().testFlag(Qt::Popup);
        if (needsOne) {
            widget->setProperty(kRingAlone, true);
        }
        if (!hasNone || needsOne) { // it asks how wide the frame is here alone, and did while it was none yet
            frame->setFrameStyle(needsOne ? static_cast<int>(QFrame::StyledPanel) | static_cast<int>(QFrame::Sunken) : frame->frameStyle());
        }
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
    case CT_ToolButton:
        if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option); button != nullptr && isBeside(*button)) {
            result.rwidth() += 2 * space(1); // the icon does not touch the ring of the focus
            result.setHeight(std::max(result.height(), space(6)));
        }
        break;
    case CT_LineEdit:
    case CT_ComboBox:
    case CT_SpinBox:
        result.setHeight(std::max(result.height(), space(7)));
        break;
    case CT_ItemViewItem:
        result.setHeight(std::max(result.height() + space(1), space(6))); // several lines are not cut at the frame
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
    case PE_FrameStatusBarItem:
    case PE_FrameDefaultButton:
        return;
    case PE_PanelLineEdit:
        if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option); frame && frame->lineWidth <= 0) {
            return; // inside a spin or combo box
        }
        drawBox(painter, option->rect, color(option->state & State_Enabled ? Token::Surface : Token::Window),
                option->state & State_HasFocus ? color(Token::Accent) : quiet, option->state & State_HasFocus ? 2 : 1);
        return;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
        drawCheckBox(painter, *option);
        return;
    case PE_FrameLineEdit: // of a combo box that can be typed into; the ring goes around all of it
        drawBox(painter, option->rect, Qt::NoBrush, option->state & State_HasFocus ? color(Token::Accent) : quiet, option->state & State_HasFocus ? 2 : 1);
        return;
    case PE_FrameFocusRect:
        drawBox(painter, option->rect, Qt::NoBrush, color(Token::Accent), 2);
        return;
    case PE_Frame:
        if (const auto* view = qobject_cast<const QAbstractItemView*>(widget);
            option->state & State_HasFocus && (view != nullptr ? !showsItem(*view) : isTextBox(widget))) {
            drawBox(painter, option->rect, Qt::NoBrush, color(Token::Accent), kRing);
            return;
        }
        if (widget != nullptr && widget->property(kRingAlone).toBool()) {
            const QWidget* inside = static_cast<const QAbstractScrollArea*>(widget)->viewport();
            if (inside->autoFillBackground()) {
                painter->fillRect(option->rect, inside->palette().color(inside->backgroundRole())); // as large as it was without
            }
            return;
        }
        if (hasRing(widget)) { // the second line of the ring's room is the ground's
            painter->fillRect(option->rect.adjusted(1, 1, -1, -1), option->palette.color(QPalette::Base));
        }
        // Filled, not drawn: at a scale of 1.25 half of the lines would fall between the pixels.
        for (const QRect& side : {QRect(option->rect.topLeft(), QSize(option->rect.width(), 1)), QRect(option->rect.topLeft(), QSize(1, option->rect.height())),
                                  QRect(option->rect.bottomLeft(), QSize(option->rect.width(), 1)), QRect(option->rect.topRight(), QSize(1, option->rect.height()))}) {
            painter->fillRect(side, blend(color(Token::Window), color(Token::Line), 0.35));
        }
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

// Words do not touch the ring of the focus.
QRect ThemeStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const
{
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
    return element == SE_LineEditContents && frame != nullptr && frame->lineWidth > 0 ? rect.adjusted(space(1) / 2, 0, -space(1) / 2, 0) : rect;
}

void ThemeStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option); control == CC_SpinBox && spin != nullptr) {
        drawSpinBox(painter, *spin, *this, widget);
        return;
    }
    if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option); control == CC_ToolButton && button != nullptr && isBeside(*button)) {
        QStyleOptionToolButton copy = *button;
        copy.features &= ~QStyleOptionToolButton::HasMenu; // the icon says so; Qt's arrow would be a second one, below the words
        QProxyStyle::drawComplexControl(control, &copy, painter, widget);
        return;
    }
    if (control != CC_ScrollBar || bar == nullptr) {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        if (control == CC_Slider && bar != nullptr && (bar->state & State_HasFocus)) { // Qt's frame stands at the widget's edge, where nothing of it is left
            drawBox(painter, subControlRect(control, option, SC_SliderHandle, widget), Qt::NoBrush, color(Token::Accent), kRing);
        }
        return;
    }
    if (bar->maximum > bar->minimum) {
        drawScrollSlider(painter, subControlRect(control, option, SC_ScrollBarSlider, widget), bar->state & (State_MouseOver | State_Sunken));
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
    case CE_ToolButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option); button != nullptr && isBeside(*button)) {
            QStyleOptionToolButton copy = *button;
            copy.rect.adjust(space(1), 0, 0, 0); // the text stands at the left of its room
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_ComboBoxLabel:
        if (const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option); box != nullptr && !box->editable) {
            QStyleOptionComboBox copy = *box; // Qt cuts where the room ends
            const int room = subControlRect(CC_ComboBox, box, SC_ComboBoxEditField, widget).width() - 2 - (box->currentIcon.isNull() ? 0 : box->iconSize.width() + space(1));
            copy.currentText = painter->fontMetrics().elidedText(box->currentText, Qt::ElideRight, room);
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_HeaderLabel:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option); header != nullptr && header->icon.isNull() && (option->state & State_Horizontal)) {
            QStyleOptionHeader copy = *header; // QHeaderView's own mode shortens to the width of all columns
            QFont font = painter->font();
            font.setBold(font.bold() || (option->state & State_On)); // as Qt draws a head whose column has what is selected
            copy.text = QFontMetrics(font).elidedText(header->text, Qt::ElideRight, header->rect.width());
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_TabBarTab:
        QProxyStyle::drawControl(element, option, painter, widget);
        if (option->state & State_HasFocus) {
            drawBox(painter, option->rect.adjusted(1, 1, -1, -1), Qt::NoBrush, color(Token::Accent), kRing);
        }
        return;
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
    case CE_ProgressBarLabel:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option); bar != nullptr && bar->textVisible) {
            drawProgressText(painter, *bar);
        }
        return;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

} // namespace luthier::ui
