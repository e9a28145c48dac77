// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/opened_data.h"

#include "core/base/paths.h"
#include "ui/forms/set_field.h"
#include "ui/models/library/source_files.h"
#include "ui/workspace/workspace.h"

#include <QFileInfo>
#include <QUndoStack>

#include <utility>

namespace luthier::ui {
namespace {

const char kTaken[] = "opened_data"; // of Project::value: the files
const char kTrainFiles[] = "data.train";

QString namesOf(const QStringList& paths)
{
    QStringList names;
    for (const QString& path : paths) {
        names += QFileInfo(path).fileName();
    }
    return names.join(QStringLiteral(", "));
}

std::vector<std::string> textsOf(const QStringList& paths)
{
    std::vector<std::string> texts;
    for (const QString& path : paths) {
        texts.push_back(path.toStdString());
    }
    return texts;
}

} // namespace

OpenedData::OpenedData(RecipeDocument* document, Workspace& workspace, QObject* parent)
    : QObject(parent), m_document(document), m_workspace(workspace)
{
    connect(&m_workspace, &Workspace::projectChanged, this, [this] { m_isReady = false; });
    connect(&m_workspace, &Workspace::dataOpened, this, &OpenedData::take);
}

void OpenedData::recipeRead()
{
    const auto work = [project = m_workspace.project()] {
        Known known;
        const auto kept = project->value(kTaken);
        if (kept && kept->is_array()) {
            for (const Json& file : *kept) {
                known.files.push_back(file.is_string() ? file.get<std::string>() : std::string());
            }
        } else {
            known.files = {bundledData().toStdString()}; // nobody has chosen it yet
        }
        if (auto first = config::readRecipe(base::resourcesFolder() / "recipes" / "first_tune.json")) {
            known.first = std::move(*first);
        }
        return known;
    };
    m_reading.start(this, work, [this](const Known& known) {
        m_known = known;
        m_isReady = true;
        if (const QStringList waiting = std::exchange(m_waiting, {}); !waiting.isEmpty()) {
            take(waiting);
        }
    });
}

void OpenedData::choseByHand()
{
    keep({});
}

void OpenedData::takeExample()
{
    if (!m_document->config().data.train.empty() || !m_workspace.project()) {
        return;
    }
    const QString path = bundledData();
    startJob(this, [project = m_workspace.project(), path] { return project->addSource(path.toStdString(), "auto"); },
             [this, path](const Result<store::DataSourceRow>& added) {
                 if (!added) {
                     m_workspace.say(QString::fromStdString(added.message()));
                     return;
                 }
                 Q_EMIT m_workspace.sourcesChanged();
                 take({path});
             });
}

void OpenedData::take(const QStringList& paths)
{
    if (!m_isReady) {
        m_waiting = paths;
        return;
    }
    const config::RunConfig& now = m_document->config();
    const std::vector<std::string> files = textsOf(paths);
    if (files.empty() || now.data.train == files || (!now.data.train.empty() && now.data.train != m_known.files)) {
        return;
    }
    const bool replacesExample = now.data.train == std::vector<std::string>{bundledData().toStdString()};
    QUndoStack* undo = m_workspace.undoStack();
    const auto set = [this, undo](const char* key, const fields::Value& value) {
        undo->push(new SetField(m_document, RecipeDocument::find(QLatin1String(key)), value));
    };
    undo->beginMacro(tr("learning from %1").arg(namesOf(paths)));
    if (!now.data.columns.empty()) {
        set("data.columns", std::vector<std::string>()); // of the files that go
    }
    // What the recipe that comes with Luthier asks is about the rows that come with it.
    if (replacesExample && m_known.first && now.run.probePrompts == m_known.first->run.probePrompts && !now.run.probePrompts.empty()) {
        set("run.probe_prompts", std::vector<std::string>());
    }
    if (replacesExample && m_known.first && now.run.name == m_known.first->run.name && !now.run.name.empty()) {
        set("run.name", std::string());
    }
    set(kTrainFiles, files);
    undo->endMacro();
    keep(files);
    m_workspace.say(tr("Tune learns from %1 now.").arg(namesOf(paths)));
    Q_EMIT taken();
}

void OpenedData::keep(const std::vector<std::string>& files)
{
    if (!m_workspace.project() || (m_isReady && m_known.files == files)) {
        return;
    }
    m_known.files = files;
    m_writing.start(this, [project = m_workspace.project(), files] { return project->setValue(kTaken, Json(files)); },
                    [this](const Result<void>& kept) {
                        if (!kept) {
                            m_workspace.say(QString::fromStdString(kept.error().message));
                        }
                    });
}

} // namespace luthier::ui
