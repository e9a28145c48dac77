// SPDX-License-Identifier: GPL-3.0-or-later
// TuneGate: the last look before training: one row as the model will read it, with its mask, and the counts.
#pragma once

#include "ui/pages/tune/tune_verdict.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace luthier::ui {

class TokenStrip;

class TuneGate : public QWidget {
    Q_OBJECT

public:
    explicit TuneGate(QWidget* parent = nullptr);

    void show(const Verdict& verdict);

Q_SIGNALS:
    void accepted();
    void rejected();

private:
    TuneVerdict* m_verdict;
    QLabel* m_row;
    QLabel* m_unread;
    TokenStrip* m_strip;
    QPushButton* m_back;
};

} // namespace luthier::ui
