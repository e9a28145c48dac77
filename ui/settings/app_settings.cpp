// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/app_settings.h"

namespace luthier::ui {
namespace {

constexpr int kVersion = 1; // of what geometry and splitters mean; a new one forgets the old
constexpr int kMaxRecent = 8;
const QString kRecent = QStringLiteral("recentProjects");

} // namespace

// LUTHIER_SETTINGS names a file instead, so that scripted runs leave the person's window alone.
AppSettings::AppSettings()
    : AppSettings(qEnvironmentVariable("LUTHIER_SETTINGS", QSettings(QStringLiteral("luthier"), QStringLiteral("studio")).fileName()))
{
}

AppSettings::AppSettings(const QString& iniFile) : m_settings(iniFile, QSettings::IniFormat) {}

QString AppSettings::versioned(const QString& key) const
{
    return QStringLiteral("window%1/%2").arg(kVersion).arg(key);
}

QByteArray AppSettings::bytes(const QString& key) const
{
    return m_settings.value(versioned(key)).toByteArray();
}

void AppSettings::setBytes(const QString& key, const QByteArray& bytes)
{
    m_settings.setValue(versioned(key), bytes);
}

QString AppSettings::text(const QString& key, const QString& fallback) const
{
    return m_settings.value(versioned(key), fallback).toString();
}

void AppSettings::setText(const QString& key, const QString& text)
{
    m_settings.setValue(versioned(key), text);
}

QStringList AppSettings::recentProjects() const
{
    return m_settings.value(kRecent).toStringList();
}

void AppSettings::addRecentProject(const QString& folder)
{
    QStringList recent = recentProjects();
    recent.removeAll(folder);
    recent.prepend(folder);
    m_settings.setValue(kRecent, QStringList(recent.mid(0, kMaxRecent)));
}

} // namespace luthier::ui
