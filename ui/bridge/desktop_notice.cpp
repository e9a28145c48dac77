// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/desktop_notice.h"

#ifdef LUTHIER_DBUS
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCall>
#include <QVariantMap>
#endif

namespace luthier::ui {

#ifdef LUTHIER_DBUS

void tellDesktop(const QString& title, const QString& text)
{
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) {
        return;
    }
    QDBusMessage call = QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("/org/freedesktop/Notifications"),
                                                       QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("Notify"));
    const QVariantMap hints{{QStringLiteral("desktop-entry"), QStringLiteral("luthier")}, {QStringLiteral("suppress-sound"), true}};
    // The desktop shows markup in the text.
    call << QStringLiteral("Luthier") << 0U << QStringLiteral("luthier") << title << text.toHtmlEscaped() << QStringList() << hints << -1;
    bus.asyncCall(call);
}

#else

void tellDesktop(const QString& title, const QString& text)
{
    Q_UNUSED(title);
    Q_UNUSED(text);
}

#endif

} // namespace luthier::ui
