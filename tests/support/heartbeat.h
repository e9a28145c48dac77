// SPDX-License-Identifier: GPL-3.0-or-later
// Heartbeat: how long the GUI thread was ever away from its event loop. A timer that should beat every few
// milliseconds tells the longest silence between two beats.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <algorithm>

namespace luthier::support {

class Heartbeat {
public:
    Heartbeat()
    {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { beat(); });
        m_clock.start();
        m_timer.start(kBeatMs);
    }

    qint64 longestSilenceMs() const { return m_longest; }
    void restart()
    {
        m_longest = 0;
        m_clock.restart();
    }

private:
    static constexpr int kBeatMs = 5;

    void beat() { m_longest = std::max(m_longest, m_clock.restart()); }

    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
};

} // namespace luthier::support
