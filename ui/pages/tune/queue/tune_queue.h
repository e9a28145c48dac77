// SPDX-License-Identifier: GPL-3.0-or-later
// TuneQueue: the runs that wait, in their order: earlier, later, taken out; go on where they are held. Hidden while none waits.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/card.h"

class QListWidget;
class QPushButton;

namespace luthier::ui {

class RunQueue;
class StatusLabel;

class TuneQueue : public Card {
    Q_OBJECT

public:
    explicit TuneQueue(RunQueue* queue, QWidget* parent = nullptr);

private:
    void fill();
    void refresh();
    void moveBy(int places);

    RunQueue* m_queue;
    QListWidget* m_list;
    StatusLabel* m_held;
    QPushButton* m_earlier;
    QPushButton* m_later;
    QPushButton* m_remove;
    QPushButton* m_goOn;
};

} // namespace luthier::ui
