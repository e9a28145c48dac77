// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/navigation.h"

#include "ui/frame/run_badge.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kWidth = 40; // units of space

// A page in the column: icon and name, a bar of accent at the chosen one, its key at the right.
class PageButton : public QToolButton {
public:
    using QToolButton::QToolButton;

    QSize sizeHint() const override { return {space(kWidth), space(9)}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRect box = rect().adjusted(space(1), 1, -space(1), -1);
        if (isChecked() || underMouse() || hasFocus()) {
            QPainterPath path;
            path.addRoundedRect(box, space(1), space(1));
            painter.fillPath(path, color(isChecked() ? Token::AccentSoft : Token::Raised));
            if (hasFocus()) {
                painter.setPen(QPen(color(Token::Accent), 2));
                painter.drawPath(path);
            }
        }
        if (isChecked()) {
            painter.fillRect(QRect(box.left(), box.top() + space(2), space(1) - 1, box.height() - space(4)), color(Token::Accent));
        }
        const int size = ui::iconSize();
        const QRect picture(box.left() + space(3), box.center().y() - size / 2, size, size);
        icon().paint(&painter, picture);
        painter.setPen(color(Token::Text));
        QFont heavy = font();
        heavy.setWeight(isChecked() ? QFont::DemiBold : QFont::Normal);
        painter.setFont(heavy);
        const QRect text = box.adjusted(picture.right() - box.left() + space(2), 0, -space(2), 0);
        painter.drawText(text, Qt::AlignVCenter | Qt::AlignLeft, QString(this->text()).remove(u'&'));
        if (defaultAction()->property("hasNews").toBool()) {
            const int size = space(2);
            const int left = text.left() + QFontMetrics(heavy).horizontalAdvance(QString(this->text()).remove(u'&')) + space(2);
            painter.setPen(Qt::NoPen);
            painter.setBrush(color(Token::Good));
            painter.drawEllipse(QRect(left, text.center().y() - size / 2, size, size));
        }
        painter.setFont(textFont(TextSize::Small));
        painter.setPen(color(Token::TextQuiet));
        const QString keys = defaultAction()->shortcut().toString(QKeySequence::NativeText);
        const int name = QFontMetrics(heavy).horizontalAdvance(QString(this->text()).remove(u'&'));
        if (name + space(2) + painter.fontMetrics().horizontalAdvance(keys) <= text.width()) { // else the menu and the list of keys have it
            painter.drawText(text, Qt::AlignVCenter | Qt::AlignRight, keys);
        }
    }
};

} // namespace

Navigation::Navigation(const std::vector<QAction*>& pages, RunController* runs, QWidget* parent)
    : QWidget(parent), m_badge(new RunBadge(runs))
{
    setObjectName(QStringLiteral("navigation"));
    setAccessibleName(tr("Pages"));
    setFixedWidth(space(kWidth)); // a run with a long name must not move the page
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, space(2), 1, space(2));
    layout->setSpacing(0);
    for (QAction* page : pages) {
        auto* button = new PageButton;
        button->setDefaultAction(page);
        button->setObjectName(page->objectName() + QStringLiteral("Button"));
        button->setAccessibleName(page->iconText());
        button->setFocusPolicy(Qt::StrongFocus);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        layout->addWidget(button);
        m_buttons.push_back(button);
    }
    layout->addStretch();
    layout->addWidget(m_badge);
}

void Navigation::refresh(const QAction* page)
{
    for (QToolButton* button : m_buttons) {
        if (button->defaultAction() == page) {
            const bool hasNews = page->property("hasNews").toBool();
            //: a page in the column, where something happened that nobody has looked at
            button->setAccessibleName(hasNews ? tr("%1, something new").arg(page->iconText()) : page->iconText());
            button->update();
        }
    }
}

void Navigation::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QColor line = color(Token::Line);
    line.setAlphaF(0.4F);
    painter.setPen(line);
    painter.drawLine(width() - 1, 0, width() - 1, height());
}

void Navigation::keyPressEvent(QKeyEvent* event)
{
    const int direction = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
    const auto at = std::find_if(m_buttons.begin(), m_buttons.end(), [](const QToolButton* button) { return button->hasFocus(); });
    if (direction == 0 || at == m_buttons.end()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto next = std::clamp<std::ptrdiff_t>((at - m_buttons.begin()) + direction, 0, static_cast<std::ptrdiff_t>(m_buttons.size()) - 1);
    m_buttons[static_cast<std::size_t>(next)]->setFocus(Qt::TabFocusReason);
}

} // namespace luthier::ui
