// SPDX-License-Identifier: GPL-3.0-or-later
// MethodButton: a tuning method as a card that can be chosen: its name and when to choose it.
// Threads: GUI thread.
#pragma once

#include <QAbstractButton>

namespace luthier::ui {

class MethodButton : public QAbstractButton {
    Q_OBJECT

public:
    MethodButton(const QString& title, const QString& help, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace luthier::ui
