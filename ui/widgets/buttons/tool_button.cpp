// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/buttons/tool_button.h"

#include "ui/theme/icons.h"

#include <QAction>

namespace luthier::ui {

QToolButton* makeToolButton(const QString& id, const QString& text, const QString& help)
{
    auto* button = new QToolButton;
    button->setObjectName(id);
    button->setText(text);
    button->setToolTip(help);
    return button;
}

QToolButton* makeIconButton(const QString& id, const QString& picture, const QString& name, const QString& help, Token token)
{
    auto* button = makeToolButton(id, {}, help.isEmpty() ? name : help);
    button->setIcon(icon(picture, token));
    button->setAccessibleName(name);
    button->setAutoRaise(true);
    return button;
}

QToolButton* makeActionButton(const QString& id, QAction* action)
{
    auto* button = new QToolButton;
    button->setObjectName(id);
    button->setDefaultAction(action);
    const auto follow = [button, action] {
        if (button->parentWidget() != nullptr) { // alone it would come as a window
            button->setVisible(action->isVisible());
        }
        button->setAccessibleName(QString(action->text()).remove(u'&'));
    };
    follow();
    QObject::connect(action, &QAction::changed, button, follow);
    return button;
}

} // namespace luthier::ui
