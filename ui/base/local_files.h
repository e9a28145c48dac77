// SPDX-License-Identifier: GPL-3.0-or-later
// LocalFiles: the paths of this machine among what was dragged, dropped or copied.
// Threads: GUI thread, whose the clipboard is.
#pragma once

#include <QStringList>

class QMimeData;

namespace luthier::ui {

QStringList localFiles(const QMimeData* data); // null, as an empty clipboard has it: none

} // namespace luthier::ui
