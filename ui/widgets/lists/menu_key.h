// SPDX-License-Identifier: GPL-3.0-or-later
// MenuKey: the menu key and Shift+F10 open what a right click opens, for whatever has the keys, and of a list or table beside the row that
// is current. Qt asks for the menu where the text cursor would be, which a list has not: its menu would be of another row, or none.
//
// Threads: GUI thread.
#pragma once

#include <QObject>

namespace luthier::ui {

class MenuKey : public QObject {
    Q_OBJECT

public:
    using QObject::QObject; // to be installed on the application

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace luthier::ui
