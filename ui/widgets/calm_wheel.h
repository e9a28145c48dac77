// SPDX-License-Identifier: GPL-3.0-or-later
// CalmWheel: scrolling through a form must not change what the pointer happens to pass. Combo boxes leave the wheel to
// what they stand in; spin boxes and sliders, too, unless they have the focus. Installed once, on the application.
// Threads: GUI thread.
#pragma once

#include <QObject>

namespace luthier::ui {

class CalmWheel : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace luthier::ui
