// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/workspace.h"

#include "core/base/paths.h"
#include "ui/bridge/job.h"
#include "ui/settings/app_settings.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/places.h"
#include "ui/workspace/run_controller.h"

#include <QUndoStack>

namespace luthier::ui {
namespace {

const char kModelKey[] = "model";

} // namespace

Workspace::Workspace(QObject* parent)
    : QObject(parent), m_modelPath(QString::fromStdString(base::bundledModel().string())),
      m_settings(std::make_unique<AppSettings>()), m_undoStack(new QUndoStack(this)), m_runs(new RunController(*this)),
      m_models(new ModelLibrary(*m_settings, this)), m_places(new Places(*this))
{
    connect(m_runs, &RunController::failed, this, &Workspace::said);
}

Workspace::~Workspace()
{
    delete m_runs; // while the project and all else it uses still stand
}

template <class Open>
void Workspace::open(Open work)
{
    if (m_runs->isBusy()) {
        Q_EMIT projectFailed(tr("A run is in progress. Stop it before opening another project."));
        return;
    }
    m_isOpening = true;
    startJob(this, std::move(work), [this](const Result<std::shared_ptr<store::Project>>& project) { takeProject(project); });
}

void Workspace::openProject(const QString& folder)
{
    open([path = folder.toStdString()] { return store::Project::open(path); });
}

void Workspace::openFirstProject(const QString& folder)
{
    open([path = folder.toStdString()] { return store::openOrCreateFirst(path); });
}

void Workspace::takeProject(const Result<std::shared_ptr<store::Project>>& project)
{
    m_isOpening = false;
    if (!project) {
        Q_EMIT projectFailed(QString::fromStdString(project.message()));
        return;
    }
    setProject(*project);
}

void Workspace::setProject(std::shared_ptr<store::Project> project)
{
    m_project = std::move(project);
    m_undoStack->clear();
    m_models->setProject(m_project ? QString::fromStdString(m_project->folder().string()) : QString());
    if (m_project) {
        m_settings->addRecentProject(QString::fromStdString(m_project->folder().string()));
    }
    m_modelReading.cancel();
    m_modelSaving.whenWritten([this] { readModelPath(); });
    Q_EMIT projectChanged();
    Q_EMIT sourcesChanged();
    Q_EMIT runsChanged();
}

void Workspace::readModelPath()
{
    if (!m_project) {
        return;
    }
    m_modelReading.start(this, [project = m_project] { return project->value(kModelKey); }, [this](const Result<Json>& value) {
        if (value && value->is_string()) {
            m_modelPath = QString::fromStdString(value->get<std::string>());
            Q_EMIT modelPathChanged(m_modelPath);
        }
    });
}

void Workspace::setMakingStep(QObject* maker, bool isMaking)
{
    const bool was = isMakingStep();
    if (isMaking && m_makers.insert(maker).second) {
        connect(maker, &QObject::destroyed, this, [this, maker] { setMakingStep(maker, false); });
    } else if (!isMaking && m_makers.erase(maker) > 0) {
        disconnect(maker, &QObject::destroyed, this, nullptr);
    }
    if (was != isMakingStep()) {
        Q_EMIT makingStepChanged();
    }
}

void Workspace::setModelPath(const QString& folder)
{
    if (folder == m_modelPath) {
        return;
    }
    m_modelPath = folder;
    if (m_project) {
        m_modelSaving.start(this, [project = m_project, path = folder.toStdString()] { return project->setValue(kModelKey, path); }, [this](const Result<void>& saved) {
            if (!saved) {
                say(QString::fromStdString(saved.error().message));
            }
        });
    }
    Q_EMIT modelPathChanged(folder);
}

void Workspace::say(const QString& message)
{
    Q_EMIT said(message);
}

} // namespace luthier::ui
