// SPDX-License-Identifier: GPL-3.0-or-later
// SleepGuard: keeps the machine from sleeping while a run is at work, by the desktop's power service where there is one
// (org.freedesktop.PowerManagement.Inhibit; login1's as the second choice). Without one nothing happens.
//
// Threads: GUI thread. Asks and does not wait.
#pragma once

#include <QObject>
#include <QString>

namespace luthier::ui {

class SleepGuard : public QObject {
    Q_OBJECT

public:
    explicit SleepGuard(QObject* parent = nullptr);
    ~SleepGuard() override;

    // `reason` is what the desktop shows: who keeps it awake and why. Asking for what is already so does nothing.
    void setAwake(bool awake, const QString& reason = {});
    bool isWanted() const { return m_isWanted; }
    bool isGranted() const { return m_cookie != 0 || m_file >= 0; } // a service said yes

private:
    void inhibit(const QString& reason);
    void askLogin(const QString& reason);
    void release();

    bool m_isWanted = false;
    quint32 m_cookie = 0; // of the power service
    int m_file = -1;      // login1's: awake as long as it is open
    int m_asked = 0;      // answers to an older question are given back
};

} // namespace luthier::ui
