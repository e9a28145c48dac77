// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/sleep_guard.h"

#ifdef LUTHIER_DBUS
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusUnixFileDescriptor>

#include <unistd.h>
#endif

namespace luthier::ui {

SleepGuard::SleepGuard(QObject* parent) : QObject(parent) {}

SleepGuard::~SleepGuard()
{
    setAwake(false);
}

void SleepGuard::setAwake(bool awake, const QString& reason)
{
    if (awake == m_isWanted) {
        return;
    }
    m_isWanted = awake;
    ++m_asked;
    if (awake) {
        inhibit(reason);
    } else {
        release();
    }
}

#ifdef LUTHIER_DBUS

namespace {

QDBusMessage powerCall(const QString& method)
{
    return QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.PowerManagement"), QStringLiteral("/org/freedesktop/PowerManagement/Inhibit"),
                                          QStringLiteral("org.freedesktop.PowerManagement.Inhibit"), method);
}

void giveBack(quint32 cookie)
{
    auto call = powerCall(QStringLiteral("UnInhibit"));
    call << cookie;
    QDBusConnection::sessionBus().send(call);
}

} // namespace

void SleepGuard::inhibit(const QString& reason)
{
    auto call = powerCall(QStringLiteral("Inhibit"));
    call << QStringLiteral("Luthier") << reason;
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, reason, asked = m_asked](QDBusPendingCallWatcher* done) {
        const QDBusPendingReply<quint32> reply = *done;
        done->deleteLater();
        if (reply.isError()) {
            if (asked == m_asked) {
                askLogin(reason);
            }
        } else if (asked == m_asked) {
            m_cookie = reply.value();
        } else {
            giveBack(reply.value());
        }
    });
}

void SleepGuard::askLogin(const QString& reason)
{
    auto call = QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.login1"), QStringLiteral("/org/freedesktop/login1"),
                                               QStringLiteral("org.freedesktop.login1.Manager"), QStringLiteral("Inhibit"));
    call << QStringLiteral("sleep:idle") << QStringLiteral("Luthier") << reason << QStringLiteral("block");
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::systemBus().asyncCall(call), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, asked = m_asked](QDBusPendingCallWatcher* done) {
        const QDBusPendingReply<QDBusUnixFileDescriptor> reply = *done;
        done->deleteLater();
        if (!reply.isError() && asked == m_asked && reply.value().isValid()) {
            m_file = ::dup(reply.value().fileDescriptor());
        }
    });
}

void SleepGuard::release()
{
    if (m_cookie != 0) {
        giveBack(m_cookie);
        m_cookie = 0;
    }
    if (m_file >= 0) {
        ::close(m_file);
        m_file = -1;
    }
}

#else

void SleepGuard::inhibit(const QString&) {}
void SleepGuard::askLogin(const QString&) {}
void SleepGuard::release() {}

#endif

} // namespace luthier::ui
