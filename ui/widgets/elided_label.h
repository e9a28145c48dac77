// SPDX-License-Identifier: GPL-3.0-or-later
// ElidedLabel: one line in a colour of the theme that shortens itself in the middle or at the end; the whole text
// is its tooltip when it does not fit.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/status_label.h"

namespace luthier::ui {

class ElidedLabel : public StatusLabel {
    Q_OBJECT

public:
    explicit ElidedLabel(Token token, Qt::TextElideMode mode = Qt::ElideRight, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Qt::TextElideMode m_mode;
};

} // namespace luthier::ui
