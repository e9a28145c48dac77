// SPDX-License-Identifier: GPL-3.0-or-later
// ModelLibrary: the models on this machine, for every page that offers one: bundled, one's own, the project's, the hub cache's,
// and folders and .gguf files the person added, which are remembered with the window's settings.
//
// Threads: GUI thread; disks are read by jobs.
#pragma once

#include "core/hub/installed_models.h"
#include "ui/bridge/job.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace luthier::ui {

class AppSettings;

class ModelLibrary : public QObject {
    Q_OBJECT

public:
    explicit ModelLibrary(AppSettings& settings, QObject* parent = nullptr);

    const std::vector<hub::InstalledModel>& models() const { return m_models; }
    const hub::InstalledModel* find(const QString& path) const; // null: not (yet) known
    bool isRead() const { return m_isRead; }

    void setProject(const QString& folder); // empty: none
    void refresh();
    void add(const QString& path); // a model folder or a .gguf file; refreshes
    void forget(const QString& path); // what was added

    static bool isModel(const QString& path); // looks like one: a .gguf file, or a folder with config.json

Q_SIGNALS:
    void changed();

private:
    QStringList added() const;

    AppSettings& m_settings;
    QString m_project;
    std::vector<hub::InstalledModel> m_models;
    bool m_isRead = false;
    JobSlot m_job;
};

} // namespace luthier::ui
