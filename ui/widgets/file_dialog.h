// SPDX-License-Identifier: GPL-3.0-or-later
// Dialogs for files and folders, all of them: each kind opens where it was used last, with the bundled sets and models at
// its side, and deletes itself. No other place makes one (tests/check_layers.cmake).
// Threads: GUI thread.
#pragma once

#include <QFileDialog>

namespace luthier::ui {

// `kind` names what is asked for ("data", "model"): dialogs of a kind share their place. `first`: where it opens before it was
// ever used; empty, or not there: at home.
QFileDialog* openDialog(QWidget* parent, const QString& kind, const QString& title, QFileDialog::FileMode mode,
                        const QStringList& filters = {}, const QString& first = {});
QFileDialog* saveDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters, const QString& suffix,
                        const QString& first = {});

} // namespace luthier::ui
