// SPDX-License-Identifier: GPL-3.0-or-later
// DrawQueue: charts that have something new to show, drawn frame by frame: as many in a frame as leave time for the rest of the window,
// the others in the next. One that nobody sees is not drawn at all; it asks again when it is painted. Only for the charts' own files.
//
// Threads: GUI thread.
#pragma once

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <deque>

namespace luthier::ui {

class ChartPanel;

class DrawQueue : public QObject {
public:
    // Of the application, whose end it does not outlive.
    static DrawQueue& shared();

    void add(ChartPanel* panel); // once, however often it asks

private:
    explicit DrawQueue(QObject* parent);
    void drawSome();

    QTimer m_frame;
    std::deque<QPointer<ChartPanel>> m_waiting;
};

} // namespace luthier::ui
