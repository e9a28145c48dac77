// SPDX-License-Identifier: GPL-3.0-or-later
// ShortcutsDialog: every key of the window in one table.
#pragma once

#include <QDialog>

#include <vector>

namespace luthier::ui {

struct ShortcutLine {
    QString action;
    QString keys;
};

class ShortcutsDialog : public QDialog {
    Q_OBJECT

public:
    ShortcutsDialog(const std::vector<ShortcutLine>& lines, QWidget* parent);
};

} // namespace luthier::ui
