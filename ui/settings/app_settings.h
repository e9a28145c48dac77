// SPDX-License-Identifier: GPL-3.0-or-later
// AppSettings: what the window remembers of itself: geometry, splitters, last page, theme, recent projects.
// Runs, data and settings of training belong to the project and are never here.
//
// Threads: GUI thread.
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QStringList>

namespace luthier::ui {

class AppSettings {
public:
    AppSettings();                                   // the person's own
    explicit AppSettings(const QString& iniFile);    // a file of its own, for tests

    QByteArray bytes(const QString& key) const;
    void setBytes(const QString& key, const QByteArray& bytes);
    QString text(const QString& key, const QString& fallback = {}) const;
    void setText(const QString& key, const QString& text);

    QStringList recentProjects() const; // newest first
    void addRecentProject(const QString& folder);

private:
    QString versioned(const QString& key) const;

    QSettings m_settings;
};

} // namespace luthier::ui
