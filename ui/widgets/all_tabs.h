// SPDX-License-Identifier: GPL-3.0-or-later
// Tabs of a narrow side, each of them in sight whatever the window's width.
// Threads: GUI thread.
#pragma once

#include "ui/theme/theme.h"

#include <QTabBar>
#include <QTabWidget>
#include <QTimer>

namespace luthier::ui {

inline void showAllTabs(QTabWidget* tabs)
{
    tabs->setUsesScrollButtons(false);
    tabs->tabBar()->setFont(textFont(TextSize::Small));
    QTimer::singleShot(0, tabs, [tabs] { tabs->setMinimumWidth(tabs->tabBar()->sizeHint().width()); }); // when the page has added its own
}

} // namespace luthier::ui
