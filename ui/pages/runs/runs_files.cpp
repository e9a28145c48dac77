// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_files.h"

#include "core/base/files.h"
#include "core/report/event_logs.h"
#include "core/report/run_sheet.h"
#include "core/store/runs/run_archive.h"
#include "ui/bridge/job.h"
#include "ui/theme/icons.h"
#include "ui/widgets/file_dialog.h"
#include "ui/workspace/workspace.h"

#include <QMenu>

namespace luthier::ui {

RunsFiles::RunsFiles(Workspace& workspace, std::function<store::RunId()> current, QWidget* parent)
    : QToolButton(parent), m_workspace(workspace), m_current(std::move(current)), m_trash(new QMenu(tr("Trash"), this))
{
    setObjectName(QStringLiteral("runFiles"));
    setText(tr("Files"));
    setIcon(ui::icon(QStringLiteral("chevron-down"), Token::TextQuiet));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setToolTip(tr("A run as one file, its sheet, logs for other programs, and the trash"));
    setAccessibleName(text());
    setPopupMode(QToolButton::InstantPopup);
    setFocusPolicy(Qt::StrongFocus);
    setAutoRaise(true);
    auto* menu = new QMenu(this);
    menu->setToolTipsVisible(true);
    const auto add = [&](const char* id, const QString& text, const QString& help, auto run) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(id));
        action->setToolTip(help);
        connect(action, &QAction::triggered, this, run);
        return action;
    };
    add("exportRunFile", tr("Save run as one file\u2026"), tr("Settings, curves, notes and result in one file that opens on another machine"),
        [this] { askToSave(tr("Save run"), QStringLiteral("run.luthier-run"), tr("Run (*.luthier-run)"), &RunsFiles::exportTo); });
    add("openRunFile", tr("Open a run's file\u2026"), tr("Take over a run from another machine; every file of it is checked"), [this] {
        auto* dialog = openDialog(this, QStringLiteral("run"), tr("Open a run's file"), QFileDialog::ExistingFile, {tr("Run (*.luthier-run)")});
        connect(dialog, &QFileDialog::fileSelected, this, &RunsFiles::openRun);
        dialog->open();
    });
    menu->addSeparator();
    add("runSheet", tr("Save reproducibility sheet\u2026"), tr("Hashes of data, template and base, seed, versions and device"),
        [this] { askToSave(tr("Save sheet"), QStringLiteral("sheet.md"), tr("Markdown (*.md);;JSON (*.json)"), &RunsFiles::writeSheet); });
    add("runTensorBoard", tr("Write TensorBoard logs\u2026"), tr("An event file of everything measured"), [this] { askForFolder(); });
    add("runJsonLines", tr("Write events as JSON lines\u2026"), tr("One event a line, as luthier tune --json prints them"),
        [this] { askToSave(tr("Write events"), QStringLiteral("events.jsonl"), tr("JSON lines (*.jsonl)"), &RunsFiles::writeLines); });
    const auto addSwitch = [&](const char* id, const QString& text, const QString& help) {
        QAction* action = add(id, text, help, [this] { setLogged(); });
        action->setCheckable(true);
        return action;
    };
    m_logBoard = addSwitch("logTensorBoard", tr("Log runs for TensorBoard while they train"), tr("Event files in the folder logs of each run that starts or goes on from now; tensorboard --logdir PROJECT/runs shows them"));
    m_logLines = addSwitch("logJsonLines", tr("Log runs as JSON lines while they train"), tr("logs/events.jsonl in the folder of each run that starts or goes on from now, one event a line"));
    menu->addSeparator();
    m_trash->setObjectName(QStringLiteral("runTrash"));
    menu->addMenu(m_trash);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        fillTrash();
        showLogged();
        for (QAction* action : menu->actions()) {
            const bool needsRun = action->objectName() != QStringLiteral("openRunFile") && action->menu() == nullptr && !action->isCheckable();
            action->setEnabled(!needsRun || m_current() != 0);
        }
    });
    setMenu(menu);
}

void RunsFiles::askToSave(const QString& title, const QString& name, const QString& filter, void (RunsFiles::*take)(const QString&))
{
    auto* dialog = saveDialog(this, QStringLiteral("run"), title, filter.split(QStringLiteral(";;")), name.section(u'.', -1));
    dialog->selectFile(name);
    connect(dialog, &QFileDialog::fileSelected, this, take);
    dialog->open();
}

void RunsFiles::askForFolder()
{
    auto* dialog = openDialog(this, QStringLiteral("logs"), tr("Folder for the logs"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &RunsFiles::writeTensorBoard);
    dialog->open();
}

void RunsFiles::fillTrash()
{
    m_trash->clear();
    m_trash->addAction(tr("Reading\u2026"))->setEnabled(false);
    m_trashJob.start(this, [project = m_workspace.project()] { return project ? project->deletedRuns() : Result<std::vector<store::RunRow>>(std::vector<store::RunRow>()); },
             [this](const Result<std::vector<store::RunRow>>& rows) {
                 m_trash->clear();
                 if (!rows || rows->empty()) {
                     m_trash->addAction(rows ? tr("The trash is empty") : QString::fromStdString(rows.message()))->setEnabled(false);
                     return;
                 }
                 for (const store::RunRow& row : *rows) {
                     //: a run in the trash: number, name
                     QAction* action = m_trash->addAction(tr("Bring back %1: %2").arg(QString::number(row.id), QString::fromStdString(row.name)));
                     connect(action, &QAction::triggered, this, [this, id = row.id] { restore(id); });
                 }
             });
}

void RunsFiles::showLogged()
{
    startJob(this, [project = m_workspace.project()] { return project ? report::liveLogs(*project) : Result<report::LiveLogs>(report::LiveLogs()); },
             [this](const Result<report::LiveLogs>& logs) {
                 m_logBoard->setChecked(logs && logs->tensorBoard);
                 m_logLines->setChecked(logs && logs->jsonLines);
             });
}

void RunsFiles::setLogged()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    const report::LiveLogs logs{m_logBoard->isChecked(), m_logLines->isChecked()};
    const QString said = logs.tensorBoard || logs.jsonLines ? tr("Runs that start or go on from now are logged in the folder logs of each") : tr("Runs are not logged beside the project");
    m_saving.start(this, [project, logs] { return report::setLiveLogs(*project, logs); },
                   [this, said](const Result<void>& done) { m_workspace.say(done ? said : QString::fromStdString(done.message())); });
}

// `job` gives what is said when it is done.
void RunsFiles::work(std::function<Result<QString>(store::Project&, store::RunId)> job, bool changesRuns)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    startJob(this, [project, id = m_current(), job = std::move(job)] { return job(*project, id); }, [this, changesRuns](const Result<QString>& done) {
        m_workspace.say(done ? *done : QString::fromStdString(done.message()));
        if (changesRuns) {
            Q_EMIT m_workspace.runsChanged();
        }
    });
}

void RunsFiles::exportTo(const QString& path)
{
    work([path, said = tr("The run is in %1").arg(path)](store::Project& project, store::RunId id) -> Result<QString> {
        const auto done = store::writeRunArchive(project, id, path.toStdString());
        return done ? Result<QString>(said) : Result<QString>(done.error());
    }, false);
}

void RunsFiles::openRun(const QString& path)
{
    work([path, said = tr("It is run %1 here: %2")](store::Project& project, store::RunId) -> Result<QString> {
        const auto row = store::readRunArchive(project, path.toStdString());
        return row ? Result<QString>(said.arg(row->id).arg(QString::fromStdString(row->name))) : Result<QString>(row.error());
    }, true);
}

void RunsFiles::writeSheet(const QString& path)
{
    work([path, said = tr("Saved %1").arg(path)](store::Project& project, store::RunId id) -> Result<QString> {
        const auto sheet = report::runSheet(project, id);
        if (!sheet) {
            return sheet.error();
        }
        const bool isJson = path.endsWith(QStringLiteral(".json"));
        const auto saved = base::writeFileAtomically(path.toStdString(), isJson ? base::dumpJson(*sheet, 2) + "\n" : report::sheetText(*sheet));
        return saved ? Result<QString>(said) : Result<QString>(saved.error());
    }, false);
}

void RunsFiles::writeTensorBoard(const QString& folder)
{
    work([folder, said = tr("Written: %1")](store::Project& project, store::RunId id) -> Result<QString> {
        const auto row = project.run(id);
        const auto events = row ? project.events(id) : Result<std::vector<train::Event>>(row.error());
        const auto file = events ? report::writeTensorBoard(*row, *events, folder.toStdString()) : Result<std::filesystem::path>(events.error());
        return file ? Result<QString>(said.arg(QString::fromStdString(file->string()))) : Result<QString>(file.error());
    }, false);
}

void RunsFiles::writeLines(const QString& path)
{
    work([path, said = tr("Written: %1").arg(path)](store::Project& project, store::RunId id) -> Result<QString> {
        const auto events = project.events(id);
        const auto done = events ? report::writeJsonLines(*events, path.toStdString()) : Result<void>(events.error());
        return done ? Result<QString>(said) : Result<QString>(done.error());
    }, false);
}

void RunsFiles::restore(store::RunId id)
{
    work([id, said = tr("The run is back.")](store::Project& project, store::RunId) -> Result<QString> {
        const auto done = project.restoreRun(id);
        return done ? Result<QString>(said) : Result<QString>(done.error());
    }, true);
}

} // namespace luthier::ui
