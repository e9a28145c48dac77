// SPDX-License-Identifier: GPL-3.0-or-later
// VerticalScroll: scrolls up and down only, and is never narrower than what it holds.
#pragma once

#include <QScrollArea>

namespace luthier::ui {

class VerticalScroll : public QScrollArea {
    Q_OBJECT

public:
    explicit VerticalScroll(QWidget* content, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace luthier::ui
