// SPDX-License-Identifier: GPL-3.0-or-later
// Dialogs for files and folders, all of them: each kind opens where it was used last, with the bundled sets and models at
// its side, and deletes itself.
#pragma once

#include <QFileDialog>

namespace luthier::ui {

// `kind` names what is asked for ("data", "model"): dialogs of a kind share their place.
QFileDialog* openDialog(QWidget* parent, const QString& kind, const QString& title, QFileDialog::FileMode mode,
                        const QStringList& filters = {});
QFileDialog* saveDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters, const QString& suffix);

// Of data: every kind of file that is read, then all.
QStringList dataFilters();

} // namespace luthier::ui
