// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/actions.h"

#include "ui/window/main_window.h"

#include <QCoreApplication>

#include <array>

namespace luthier::ui {

std::span<const MenuRow> menus()
{
    static constexpr std::array table{
        MenuRow{"file", QT_TRANSLATE_NOOP("Action", "&File")}, MenuRow{"edit", QT_TRANSLATE_NOOP("Action", "&Edit")},
        MenuRow{"run", QT_TRANSLATE_NOOP("Action", "&Run")},   MenuRow{"view", QT_TRANSLATE_NOOP("Action", "&View")},
        MenuRow{"help", QT_TRANSLATE_NOOP("Action", "&Help")},
    };
    return table;
}

// Pages, themes, recent projects, undo and the pages' main actions join their menus in the window.
std::span<const ActionRow> actionRows()
{
    static constexpr std::array table{
        ActionRow{"newProject", "file", QT_TRANSLATE_NOOP("Action", "&New project\u2026"), "Ctrl+Shift+N", "plus", &MainWindow::newProject},
        ActionRow{"openProject", "file", QT_TRANSLATE_NOOP("Action", "Open &project\u2026"), "Ctrl+Shift+O", "folder-open",
                  &MainWindow::chooseProject},
        ActionRow{"openData", "file", QT_TRANSLATE_NOOP("Action", "&Open data\u2026"), "Ctrl+O", "table-2", &MainWindow::chooseData},
        ActionRow{"preferences", "edit", QT_TRANSLATE_NOOP("Action", "&Preferences\u2026"), "Ctrl+,", "sliders-horizontal",
                  &MainWindow::showPreferences, true},
        ActionRow{"back", "view", QT_TRANSLATE_NOOP("Action", "&Back"), "Alt+Left", "", &MainWindow::goBack},
        ActionRow{"quit", "file", QT_TRANSLATE_NOOP("Action", "&Quit"), "Ctrl+Q", "", &MainWindow::quit, true},
        ActionRow{"holdRun", "run", QT_TRANSLATE_NOOP("Action", "&Hold or go on"), "Ctrl+Shift+P", "pause", &MainWindow::toggleHold},
        ActionRow{"stopRun", "run", QT_TRANSLATE_NOOP("Action", "&Stop and save"), "Ctrl+.", "square", &MainWindow::stopRun},
        ActionRow{"showRun", "run", QT_TRANSLATE_NOOP("Action", "Show the &run in progress"), "", "chart-spline",
                  &MainWindow::showRun},
        ActionRow{"shootout", "run", QT_TRANSLATE_NOOP("Action", "Try several &methods\u2026"), "Ctrl+Shift+T", "layers",
                  &MainWindow::showShootout},
        ActionRow{"palette", "help", QT_TRANSLATE_NOOP("Action", "&Find anything\u2026"), "Ctrl+K", "search", &MainWindow::showPalette},
        ActionRow{"pageHelp", "help", QT_TRANSLATE_NOOP("Action", "&Help on this page"), "Shift+F1", "circle-help", &MainWindow::showHelp},
        ActionRow{"shortcuts", "help", QT_TRANSLATE_NOOP("Action", "&Shortcuts"), "F1; ?", "", &MainWindow::showShortcuts},
        ActionRow{"about", "help", QT_TRANSLATE_NOOP("Action", "&About Luthier"), "", "", &MainWindow::showAbout, true},
    };
    return table;
}

} // namespace luthier::ui
