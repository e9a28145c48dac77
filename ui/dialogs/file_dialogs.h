// SPDX-License-Identifier: GPL-3.0-or-later
// Dialogs for files and folders (widgets/file_dialog.h), and what their filters offer.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/file_dialog.h"

namespace luthier::ui {

// Of data: every kind of file that is read, then all.
QStringList dataFilters();

} // namespace luthier::ui
