// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_presets.h"

#include "ui/bridge/job.h"
#include "ui/forms/recipe_document.h"
#include "ui/forms/set_field.h"
#include "ui/workspace/workspace.h"

#include <QInputDialog>
#include <QUndoStack>

#include <algorithm>

namespace luthier::ui {

TunePresets::TunePresets(RecipeDocument* document, Workspace& workspace, QWidget* parent)
    : QMenu(tr("Presets"), parent), m_document(document), m_workspace(workspace)
{
    setObjectName(QStringLiteral("presets"));
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &TunePresets::fill);
    show({}); // a menu without rows does not open
}

std::filesystem::path TunePresets::project() const
{
    const auto open = m_workspace.project();
    return open ? open->folder() : std::filesystem::path();
}

void TunePresets::fill()
{
    m_listing.start(this, [folder = project()] { return recipes::listPresets(folder); }, [this](const std::vector<recipes::Preset>& presets) {
        show(presets);
        Q_EMIT filled();
    });
}

void TunePresets::show(const std::vector<recipes::Preset>& presets)
{
    clear();
    if (presets.empty()) {
        addAction(tr("None is saved yet"))->setEnabled(false);
    }
    auto* compare = new QMenu(tr("Compare with"), this);
    auto* removal = new QMenu(tr("Remove"), this);
    for (const recipes::Preset& preset : presets) {
        const QString name = QString::fromStdString(preset.name);
        const QString file = QString::fromStdString(preset.file.string());
        QAction* taken = addAction(preset.isOfProject ? name : tr("%1 (yours)").arg(name));
        taken->setObjectName(QStringLiteral("preset.") + name);
        taken->setToolTip(tr("Train this way; model, data and name stay. Its file, to give away: %1").arg(file));
        connect(taken, &QAction::triggered, this, [this, name] { take(name); });
        connect(compare->addAction(name), &QAction::triggered, this, [this, file] { Q_EMIT compareWanted(file); });
        connect(removal->addAction(name), &QAction::triggered, this, [this, name] { remove(name); });
    }
    addSeparator();
    const auto add = [this](const char* id, const QString& text, const QString& help, bool isForProject) {
        QAction* action = addAction(text);
        action->setObjectName(QLatin1String(id));
        action->setToolTip(help);
        action->setEnabled(!isForProject || m_workspace.project() != nullptr);
        connect(action, &QAction::triggered, this, [this, isForProject] { askForName(isForProject); });
    };
    add("savePresetForProject", tr("Save for this project\u2026"), tr("Keep how these settings train by a name, in the project's folder"), true);
    add("savePreset", tr("Save for all projects\u2026"), tr("Keep how these settings train by a name, for yourself"), false);
    if (!presets.empty()) {
        addMenu(compare);
        addMenu(removal);
    }
}

void TunePresets::askForName(bool isForProject)
{
    QWidget* over = parentWidget();
    while (qobject_cast<QMenu*>(over) != nullptr) {
        over = over->parentWidget(); // a menu is a window of its own, and closed by now
    }
    auto* dialog = new QInputDialog(over);
    dialog->setObjectName(QStringLiteral("presetName"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Save preset"));
    dialog->setLabelText(tr("A name for how these settings train. One of that name is replaced."));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, isForProject](const QString& name) { saveAs(name.trimmed(), isForProject); });
    dialog->open();
}

void TunePresets::take(const QString& name)
{
    startJob(this, [name, folder = project()] { return recipes::readPreset(name.toStdString(), folder); }, [this, name](const Result<config::RunConfig>& preset) {
        if (!preset) {
            m_workspace.say(QString::fromStdString(preset.message()));
            return;
        }
        m_workspace.undoStack()->push(new SetRecipe(m_document, recipes::withPreset(m_document->config(), *preset), tr("preset %1").arg(name)));
        m_workspace.say(tr("Settings train as %1 now; undo brings back what was there.").arg(name));
    });
}

void TunePresets::saveAs(const QString& name, bool isForProject)
{
    const auto folder = isForProject ? recipes::presetsOf(project()) : recipes::personalPresets();
    startJob(this, [folder, name, config = m_document->config()] { return recipes::savePreset(folder, name.toStdString(), config); },
             [this](const Result<recipes::Preset>& saved) {
                 m_workspace.say(saved ? tr("Saved %1").arg(QString::fromStdString(saved->file.string())) : QString::fromStdString(saved.message()));
             });
}

void TunePresets::remove(const QString& name)
{
    const auto work = [name, folder = project()]() -> Result<void> {
        const auto all = recipes::listPresets(folder);
        const auto found = std::find_if(all.begin(), all.end(), [&](const recipes::Preset& preset) { return preset.name == name.toStdString(); });
        return found == all.end() ? Result<void>() : recipes::removePreset(*found);
    };
    startJob(this, work, [this, name](const Result<void>& removed) {
        m_workspace.say(removed ? tr("The preset %1 is gone.").arg(name) : QString::fromStdString(removed.error().message));
    });
}

} // namespace luthier::ui
