// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/model_library.h"

#include "core/hub/hub_settings.h"
#include "ui/settings/app_settings.h"

#include <QDir>
#include <QFileInfo>

namespace luthier::ui {
namespace {

const QString kAdded = QStringLiteral("addedModels"); // one a line

} // namespace

ModelLibrary::ModelLibrary(AppSettings& settings, QObject* parent) : QObject(parent), m_settings(settings) {}

const hub::InstalledModel* ModelLibrary::find(const QString& path) const
{
    for (const hub::InstalledModel& model : m_models) {
        if (model.path == path.toStdString()) {
            return &model;
        }
    }
    return nullptr;
}

void ModelLibrary::setProject(const QString& folder)
{
    m_project = folder;
    refresh();
}

void ModelLibrary::refresh()
{
    const auto work = [project = m_project.toStdString(), added = added()] {
        hub::ModelPlaces places{project, hub::hubCacheFolder(), {}};
        for (const QString& path : added) {
            if (QFileInfo::exists(path)) { // on a disk that is not plugged in today
                places.added.emplace_back(path.toStdString());
            }
        }
        return hub::installedModels(places);
    };
    m_job.start(this, work, [this](const std::vector<hub::InstalledModel>& models) {
        m_models = models;
        m_isRead = true;
        Q_EMIT changed();
    });
}

void ModelLibrary::add(const QString& path)
{
    const QString clean = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    QStringList paths = added();
    if (!paths.contains(clean)) {
        paths += clean;
        m_settings.setText(kAdded, paths.join(u'\n'));
    }
    refresh();
}

void ModelLibrary::forget(const QString& path)
{
    QStringList paths = added();
    paths.removeAll(path);
    m_settings.setText(kAdded, paths.join(u'\n'));
    refresh();
}

bool ModelLibrary::isModel(const QString& path)
{
    const QFileInfo info(path);
    return info.isDir() ? QFileInfo::exists(path + QStringLiteral("/config.json")) : info.suffix().compare(QLatin1String("gguf"), Qt::CaseInsensitive) == 0;
}

QStringList ModelLibrary::added() const
{
    return m_settings.text(kAdded).split(u'\n', Qt::SkipEmptyParts);
}

} // namespace luthier::ui
