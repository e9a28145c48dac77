// SPDX-License-Identifier: GPL-3.0-or-later
// VerticalScroll: scrolls up and down only, and is never narrower than what it holds.
// Threads: GUI thread.
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

// Brings it into sight in every scroll area around it, with some of what stands beside it, once what was just shown is laid out.
void scrollTo(QWidget* widget);

} // namespace luthier::ui
