// SPDX-License-Identifier: GPL-3.0-or-later
// HelpDialog: plain sentences about one page, beside the work, offline.
// Threads: GUI thread.
#pragma once

#include <QDialog>

namespace luthier::ui {

class HelpDialog : public QDialog {
    Q_OBJECT

public:
    // `sentences`: one a line.
    HelpDialog(const QString& title, const QString& sentences, QWidget* parent = nullptr);
};

} // namespace luthier::ui
