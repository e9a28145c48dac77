// SPDX-License-Identifier: GPL-3.0-or-later
// EnterPresses: Return and Enter press the button that has the keys, as Space does and as they do in every dialog. Qt leaves them
// without an effect in a main window. Check boxes and radio buttons keep to Space, as elsewhere.
//
// Threads: GUI thread.
#pragma once

#include <QObject>

namespace luthier::ui {

class EnterPresses : public QObject {
    Q_OBJECT

public:
    using QObject::QObject; // to be installed on the application

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace luthier::ui
