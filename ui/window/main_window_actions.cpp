// SPDX-License-Identifier: GPL-3.0-or-later
// What the actions of the window do, and the menus and the palette made from their table.
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/forms/field_editor.h"
#include "ui/frame/page_frame.h"
#include "ui/settings/app_settings.h"
#include "ui/theme/icons.h"
#include "ui/window/actions.h"
#include "ui/window/main_window.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QUndoStack>

#include <map>

namespace luthier::ui {
namespace {

QString translated(const char* source)
{
    return QCoreApplication::translate("Action", source);
}

} // namespace

void MainWindow::buildMenus()
{
    std::map<std::string, QMenu*> menu;
    for (const MenuRow& row : menus()) {
        menu[row.id] = menuBar()->addMenu(translated(row.title));
        menu[row.id]->setObjectName(QString::fromLatin1(row.id) + QStringLiteral("Menu"));
    }
    QAction* undo = m_workspace.undoStack()->createUndoAction(this, tr("&Undo"));
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = m_workspace.undoStack()->createRedoAction(this, tr("&Redo"));
    redo->setShortcut(QKeySequence::Redo);
    undo->setObjectName(QStringLiteral("undo"));
    redo->setObjectName(QStringLiteral("redo"));
    menu["edit"]->addActions({undo, redo});
    for (const PageFrame* frame : m_frames) {
        if (QAction* action = frame->page()->mainAction()) {
            menu["run"]->addAction(action);
        }
    }
    menu["run"]->addSeparator();
    for (const ActionRow& row : actionRows()) {
        QMenu* target = menu[row.menu];
        if (row.separatorBefore) {
            if (target == menu["file"]) {
                m_recent = target->addMenu(tr("&Recent projects"));
            }
            target->addSeparator();
        }
        auto* action = target->addAction(translated(row.text));
        action->setObjectName(QString::fromLatin1(row.id));
        action->setShortcut(QKeySequence(QString::fromLatin1(row.shortcut)));
        if (row.icon[0] != '\0') {
            action->setIcon(icon(QString::fromLatin1(row.icon)));
        }
        connect(action, &QAction::triggered, this, [this, run = row.run] { (this->*run)(); });
    }
    connect(m_recent, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    fillViewMenu();
}

void MainWindow::fillViewMenu()
{
    auto* view = findChild<QMenu*>(QStringLiteral("viewMenu"));
    std::size_t index = 0;
    auto* group = new QActionGroup(this);
    for (QAction* action : m_pageActions) {
        action->setIcon(icon(QString::fromLatin1(m_frames[index++]->row().icon)));
        group->addAction(action);
        view->addAction(action);
    }
    view->addSeparator();
    struct Row {
        const char* id;
        QString text;
        Theme::Choice choice;
    };
    const Row rows[] = {
        {"system", tr("As the &desktop"), Theme::Choice::System},
        {"light", tr("&Light"), Theme::Choice::Light},
        {"dark", tr("Dar&k"), Theme::Choice::Dark},
    };
    const QString chosen = m_workspace.settings().text(QStringLiteral("theme"), QStringLiteral("system"));
    auto* themes = new QActionGroup(this);
    for (const Row& row : rows) {
        QAction* action = view->addAction(row.text);
        action->setObjectName(QStringLiteral("theme.") + QString::fromLatin1(row.id));
        action->setCheckable(true);
        themes->addAction(action);
        connect(action, &QAction::triggered, this, [this, id = QString::fromLatin1(row.id), choice = row.choice] {
            m_theme.setChoice(choice);
            m_workspace.settings().setText(QStringLiteral("theme"), id);
        });
        if (chosen == QLatin1String(row.id)) {
            action->setChecked(true);
            m_theme.setChoice(row.choice);
        }
    }
}

void MainWindow::fillRecent()
{
    m_recent->clear();
    for (const QString& folder : m_workspace.settings().recentProjects()) {
        QAction* action = m_recent->addAction(QFileInfo(folder).fileName());
        action->setToolTip(folder);
        connect(action, &QAction::triggered, &m_workspace, [this, folder] { m_workspace.openProject(folder); });
    }
    m_recent->setToolTipsVisible(true);
}

void MainWindow::refreshActions()
{
    using State = RunController::State;
    const State state = m_workspace.runs()->state();
    const bool runs = state == State::Running || state == State::Held;
    findChild<QAction*>(QStringLiteral("holdRun"))->setEnabled(runs);
    findChild<QAction*>(QStringLiteral("stopRun"))->setEnabled(runs);
    findChild<QAction*>(QStringLiteral("showRun"))->setEnabled(m_workspace.runs()->runId() != 0);
}

std::vector<Command> MainWindow::commands()
{
    std::vector<Command> found;
    std::size_t index = 0;
    for (QAction* action : m_pageActions) {
        const QString purpose = translatedPage(m_frames[index++]->row().purpose);
        found.push_back({action->iconText() + QStringLiteral(" \u2014 ") + purpose, tr("Page"), action->shortcut().toString(),
                         [action] { action->trigger(); }});
    }
    for (const QMenu* menu : menuBar()->findChildren<QMenu*>()) {
        for (QAction* action : menu->actions()) {
            const bool isPage = std::find(m_pageActions.begin(), m_pageActions.end(), action) != m_pageActions.end();
            if (action->isSeparator() || action->menu() != nullptr || isPage || !action->isEnabled()) {
                continue;
            }
            found.push_back({action->iconText(), tr("Action"), action->shortcut().toString(), [action] { action->trigger(); }});
        }
    }
    for (const config::Part& part : config::parts()) {
        for (const fields::Field& field : part.fields) {
            const QString key = QString::fromStdString(part.key + "." + field.key);
            found.push_back({translatedLabel(field), tr("Setting, %1").arg(QCoreApplication::translate("Field", part.label.c_str())), {},
                             [this, key] { showPage(QStringLiteral("tune"), key); }});
        }
    }
    for (const hub::InstalledModel& model : m_workspace.models()->models()) {
        const QString path = QString::fromStdString(model.path.string());
        found.push_back({QString::fromStdString(model.name), tr("Model"), {}, [this, path] { showPage(QStringLiteral("models"), path); }});
    }
    for (const RunName& run : m_runNames) {
        found.push_back({run.name, tr("Run"), {}, [this, id = run.id] { showPage(QStringLiteral("runs"), QString::number(id)); }});
    }
    return found;
}

void MainWindow::newProject()
{
    auto* dialog = new QFileDialog(this, tr("Folder of the new project"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, &m_workspace, &Workspace::openProject);
    dialog->open();
}

void MainWindow::chooseProject()
{
    auto* dialog = new QFileDialog(this, tr("Open project"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, &m_workspace, &Workspace::openProject);
    dialog->open();
}

void MainWindow::chooseData()
{
    auto* dialog = new QFileDialog(this, tr("Open data"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Data (*.jsonl *.ndjson *.json *.csv *.tsv *.txt)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openData);
    dialog->open();
}

void MainWindow::quit()
{
    close();
}

void MainWindow::toggleHold()
{
    m_workspace.runs()->setHeld(m_workspace.runs()->state() != RunController::State::Held);
}

void MainWindow::stopRun()
{
    m_workspace.runs()->stop();
}

void MainWindow::showRun()
{
    showPage(QStringLiteral("runs"), QString::number(m_workspace.runs()->runId()));
}

void MainWindow::showShootout()
{
    showPage(QStringLiteral("tune"), QStringLiteral("shootout"));
}

void MainWindow::showPalette()
{
    (new CommandPalette(commands(), this))->open();
}

void MainWindow::showShortcuts()
{
    std::vector<ShortcutLine> lines;
    for (const QAction* action : findChildren<QAction*>()) {
        if (!action->shortcut().isEmpty()) {
            lines.push_back({action->iconText(), action->shortcut().toString(QKeySequence::NativeText)});
        }
    }
    (new ShortcutsDialog(lines, this))->open();
}

void MainWindow::showAbout()
{
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("About Luthier"),
                                tr("<h3>Luthier %1</h3>").arg(QCoreApplication::applicationVersion()), QMessageBox::Close, this);
    box->setObjectName(QStringLiteral("aboutBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("Fine-tunes language models on this machine and shows what they learn.\n\n"
                               "Free software under the GNU General Public License, version 3 or later.\n"
                               "Charts by QCustomPlot, icons by Lucide (ISC)."));
    box->open();
}

} // namespace luthier::ui
