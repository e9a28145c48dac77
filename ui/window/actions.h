// SPDX-License-Identifier: GPL-3.0-or-later
// ActionRow: one thing the window can do, as a row of a table: its menu, text, shortcut and icon. Menus and the
// palette are made from the table, so everything the palette finds stands in a menu, too. What a row does is a
// member of MainWindow.
// Threads: any; run() is the GUI thread's.
#pragma once

#include <span>

namespace luthier::ui {

class MainWindow;

struct ActionRow {
    const char* id;       // objectName of the action
    const char* menu;     // id of a MenuRow
    const char* text;     // English source strings, context "Action"
    const char* shortcut; // "Ctrl+O"; empty: none
    const char* icon;     // empty: none
    void (MainWindow::*run)();
    bool separatorBefore = false;
};

struct MenuRow {
    const char* id;
    const char* title;
};

std::span<const MenuRow> menus();
std::span<const ActionRow> actionRows();

} // namespace luthier::ui
