// SPDX-License-Identifier: GPL-3.0-or-later
// TokenLegend: what the looks of the tiles mean, drawn with the same brush as the strip.
// Threads: GUI thread.
#pragma once

#include <QWidget>

namespace luthier::ui {

class TokenLegend : public QWidget {
    Q_OBJECT

public:
    explicit TokenLegend(QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace luthier::ui
