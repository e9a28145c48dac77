// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/page_frame.h"

#include "ui/widgets/elided_label.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QAction>
#include <QApplication>
#include <QCoreApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {

QString translatedPage(const char* source)
{
    return QCoreApplication::translate("Page", source);
}

PageFrame::PageFrame(const PageRow& row, Workspace& workspace, QWidget* parent)
    : QWidget(parent), m_row(row), m_page(row.make(workspace, this)), m_main(new QPushButton)
{
    auto* title = new QLabel(translatedPage(row.title));
    title->setFont(textFont(TextSize::Title));
    auto* purpose = new ElidedLabel(Token::TextQuiet);
    purpose->setText(translatedPage(row.purpose));
    m_main->setObjectName(QString::fromLatin1(row.id) + QStringLiteral("MainAction"));
    m_main->setProperty("primary", true);
    auto* header = new QHBoxLayout;
    header->setContentsMargins(space(4), space(2), space(4), space(2));
    header->setSpacing(space(3));
    header->addWidget(title, 0, Qt::AlignBaseline);
    header->addWidget(purpose, 1, Qt::AlignBaseline);
    auto* help = makeIconButton(QString::fromLatin1(row.id) + QStringLiteral("Help"), QStringLiteral("circle-help"), tr("Help on this page"),
                                tr("What this page is for, in ten sentences (Shift+F1)"), Token::TextQuiet);
    help->setHidden(row.help == nullptr);
    connect(help, &QToolButton::clicked, this, &PageFrame::helpWanted);
    header->addWidget(help);
    header->addWidget(m_main);
    header->addStrut(m_main->sizeHint().height()); // titles stand level, also where nothing is to be pressed
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(header);
    auto* body = new QVBoxLayout;
    body->setContentsMargins(space(4), 0, space(4), space(2));
    body->addWidget(m_page);
    layout->addLayout(body, 1);
    m_page->setObjectName(QString::fromLatin1(row.id) + QStringLiteral("Page"));
    m_page->setAccessibleName(title->text());
    m_main->installEventFilter(this);
    if (QAction* action = m_page->mainAction()) {
        connect(action, &QAction::changed, this, &PageFrame::followAction);
        connect(m_main, &QPushButton::clicked, action, &QAction::trigger);
        followAction();
    } else {
        m_main->hide();
    }
}

// The second half of a double click means what stood there at the first: it passes no gate that nobody has seen.
bool PageFrame::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_main && (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick)) {
        const bool isQuick = m_sincePress.isValid() && m_sincePress.elapsed() < QApplication::doubleClickInterval();
        m_sincePress.start();
        if (isQuick && m_main->text() != m_pressed) {
            return true;
        }
        m_pressed = m_main->text();
    }
    return QWidget::eventFilter(watched, event);
}

void PageFrame::followAction()
{
    const QAction* action = m_page->mainAction();
    m_main->setText(action->text());
    m_main->setEnabled(action->isEnabled());
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    m_main->setToolTip(keys.isEmpty() ? action->toolTip() : QStringLiteral("%1 (%2)").arg(action->toolTip(), keys));
    m_main->setVisible(action->isVisible() && !action->property("isInPage").toBool());
}

} // namespace luthier::ui
