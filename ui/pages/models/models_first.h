// SPDX-License-Identifier: GPL-3.0-or-later
// ModelsFirst: offers a small real model on a machine that has none but the bundled one; gone once there is another.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/card.h"

class QPushButton;

namespace luthier::ui {

class Downloads;
class ModelLibrary;

class ModelsFirst : public Card {
    Q_OBJECT

public:
    ModelsFirst(ModelLibrary* library, Downloads* downloads, QWidget* parent = nullptr);

private:
    void refresh();

    ModelLibrary* m_library;
    Downloads* m_downloads;
    QPushButton* m_download;
};

} // namespace luthier::ui
