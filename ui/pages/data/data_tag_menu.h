// SPDX-License-Identifier: GPL-3.0-or-later
// DataTagMenu: the tags of selected rows: those of the set to tick, and a line for a new one. Deletes itself.
// Threads: GUI thread.
#pragma once

#include <QMenu>

#include <cstdint>
#include <vector>

namespace luthier::ui {

class DataDocument;

class DataTagMenu : public QMenu {
    Q_OBJECT

public:
    // `rows`: of the document, from 0. What is chosen becomes one step that a job makes ready.
    DataTagMenu(DataDocument* document, std::vector<std::int64_t> rows, QWidget* parent);
};

} // namespace luthier::ui
