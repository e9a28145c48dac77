// SPDX-License-Identifier: GPL-3.0-or-later
// ShortcutsDialog: every key of the window in one table, by the page it is for.
// Threads: GUI thread.
#pragma once

#include <QDialog>

#include <vector>

namespace luthier::ui {

struct ShortcutLine {
    QString action;
    QString keys;
    QString place; // the page's title; empty: everywhere
    bool operator==(const ShortcutLine&) const = default;
};

// What is registered below `root`: actions and buttons with keys, shortcuts (named by whatsThis), and what widgets say of keys that they
// take themselves (property "keyHelp": "keys<tab>what they do"). Each once; several keys of one thing together.
std::vector<ShortcutLine> shortcutsBelow(const QObject* root, const QString& place);

class ShortcutsDialog : public QDialog {
    Q_OBJECT

public:
    ShortcutsDialog(const std::vector<ShortcutLine>& lines, QWidget* parent);
};

} // namespace luthier::ui
