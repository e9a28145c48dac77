// SPDX-License-Identifier: GPL-3.0-or-later
// What the actions of the window do, and the menus and the palette made from their table.
#include "core/base/paths.h"
#include "ui/base/placed_step.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/dialogs/help_dialog.h"
#include "ui/dialogs/new_project_dialog.h"
#include "ui/dialogs/preferences_dialog.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/forms/field_editor.h"
#include "ui/frame/first_steps.h"
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
#include <QApplication>
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QKeyEvent>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QStackedWidget>
#include <QUndoStack>

#include <map>
#include <utility>

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
    buildUndo(menu["edit"]);
    buildEditing(menu["edit"]);
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
        if (row.shortcut[0] != '\0') { // from an empty text Qt makes a sequence without keys
            action->setShortcuts(QKeySequence::listFromString(QString::fromLatin1(row.shortcut)));
        }
        if (row.icon[0] != '\0') {
            action->setIcon(icon(QString::fromLatin1(row.icon)));
        }
        connect(action, &QAction::triggered, this, [this, run = row.run] { (this->*run)(); });
    }
    connect(m_recent, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    fillViewMenu();
}

void MainWindow::buildUndo(QMenu* menu)
{
    QUndoStack* stack = m_workspace.undoStack();
    auto* undo = menu->addAction(tr("&Undo"), this, [this] { step(-1); });
    undo->setObjectName(QStringLiteral("undo"));
    undo->setShortcut(QKeySequence::Undo);
    auto* redo = menu->addAction(tr("&Redo"), this, [this] { step(1); });
    redo->setObjectName(QStringLiteral("redo"));
    redo->setShortcut(QKeySequence::Redo);
    const auto refresh = [this, stack, undo, redo] {
        undo->setEnabled(stack->canUndo() || m_workspace.isMakingStep());
        undo->setText(stack->canUndo() ? tr("&Undo %1").arg(stack->undoText()) : tr("&Undo"));
        redo->setEnabled(stack->canRedo());
        redo->setText(stack->canRedo() ? tr("&Redo %1").arg(stack->redoText()) : tr("&Redo"));
    };
    connect(stack, &QUndoStack::indexChanged, this, refresh);
    connect(stack, &QUndoStack::undoTextChanged, this, refresh);
    connect(stack, &QUndoStack::redoTextChanged, this, refresh);
    connect(&m_workspace, &Workspace::makingStepChanged, this, [this, refresh] {
        refresh();
        if (!m_workspace.isMakingStep()) {
            for (const int direction : std::exchange(m_stepsWanted, {})) {
                step(direction);
            }
        }
    });
    refresh();
}

// The keys belong to what has the focus; the menu tells and sends them.
void MainWindow::buildEditing(QMenu* menu)
{
    struct Row {
        const char* id;
        QString text;
        QKeySequence::StandardKey key;
    };
    const Row rows[] = {
        {"cut", tr("Cu&t"), QKeySequence::Cut},          {"copy", tr("&Copy"), QKeySequence::Copy},
        {"paste", tr("&Paste"), QKeySequence::Paste},    {"selectAll", tr("Select &all"), QKeySequence::SelectAll},
        {"find", tr("&Find on this page"), QKeySequence::Find},
    };
    menu->addSeparator();
    for (const Row& row : rows) {
        const QKeySequence keys(row.key);
        QAction* action = menu->addAction(row.text, this, [this, keys] { sendKeys(keys); });
        action->setObjectName(QString::fromLatin1(row.id));
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WidgetShortcut); // shown here, taken by the field
    }
}

// An action that a part of the page has for these keys comes first.
void MainWindow::sendKeys(const QKeySequence& keys)
{
    QWidget* target = focusWidget();
    if (target == nullptr) {
        return;
    }
    for (QWidget* at = target; at != nullptr; at = at->parentWidget()) {
        for (QAction* action : at->actions()) {
            if (action->shortcuts().contains(keys) && action->isEnabled()) {
                action->trigger();
                return;
            }
        }
        if (at == this) {
            break;
        }
    }
    const QKeyCombination combination = keys[0];
    QKeyEvent press(QEvent::KeyPress, combination.key(), combination.keyboardModifiers());
    QApplication::sendEvent(target, &press);
}

// Nothing is undone behind one's back: the page where it is seen comes first.
void MainWindow::step(int direction)
{
    if (m_workspace.isMakingStep()) {
        m_stepsWanted.push_back(direction);
        return;
    }
    QUndoStack* stack = m_workspace.undoStack();
    const int at = direction < 0 ? stack->index() - 1 : stack->index();
    const QUndoCommand* command = stack->command(at);
    if (command == nullptr) {
        return;
    }
    const QString name = command->text();
    if (const QString place = pageOf(command); page(place) != nullptr && place != currentPage()) {
        showPage(place);
    }
    direction < 0 ? stack->undo() : stack->redo();
    m_workspace.say(direction < 0 ? tr("Undone: %1").arg(name) : tr("Done again: %1").arg(name));
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
    const auto& project = m_workspace.project();
    const QString chosen = m_workspace.settings().text(QStringLiteral("projectsFolder"));
    const QString place = !chosen.isEmpty() ? chosen
                          : project         ? QFileInfo(QString::fromStdString(project->folder().string())).path()
                                            : QDir::homePath();
    auto* dialog = new NewProjectDialog(place, this);
    connect(dialog, &NewProjectDialog::chosen, &m_workspace, &Workspace::openProject);
    dialog->open();
}

void MainWindow::chooseProject()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("project"), tr("Open project"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, &m_workspace, &Workspace::openProject);
    dialog->open();
}

void MainWindow::chooseData()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("data"), tr("Open data"), QFileDialog::ExistingFile, dataFilters());
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
    (new ShortcutsDialog(shortcuts(), this))->open();
}

// The page in front first, then what goes everywhere, then the other pages.
std::vector<ShortcutLine> MainWindow::shortcuts() const
{
    std::vector<ShortcutLine> all = shortcutsBelow(this, {});
    std::vector<ShortcutLine> here;
    std::vector<ShortcutLine> elsewhere;
    for (const PageFrame* frame : m_frames) {
        const auto lines = shortcutsBelow(frame, translatedPage(frame->row().title));
        auto& wanted = QLatin1String(frame->row().id) == currentPage() ? here : elsewhere;
        wanted.insert(wanted.end(), lines.begin(), lines.end());
    }
    // What the window finds below itself is the pages' too: their keys are told with them, and a name that window and page share
    // keeps the window's keys.
    const auto isOfAPage = [&](const QString& action, const QString& keys) {
        const auto same = [&](const ShortcutLine& other) { return other.action == action && other.keys.split(QStringLiteral(", ")).contains(keys); };
        return std::any_of(here.begin(), here.end(), same) || std::any_of(elsewhere.begin(), elsewhere.end(), same);
    };
    for (ShortcutLine& line : all) {
        QStringList own = line.keys.split(QStringLiteral(", "));
        own.removeIf([&](const QString& keys) { return isOfAPage(line.action, keys); });
        line.keys = own.join(QStringLiteral(", "));
    }
    std::erase_if(all, [](const ShortcutLine& line) { return line.keys.isEmpty(); });
    all.insert(all.begin(), here.begin(), here.end());
    all.insert(all.end(), elsewhere.begin(), elsewhere.end());
    return all;
}

void MainWindow::showPreferences()
{
    auto* dialog = new PreferencesDialog(m_workspace.settings(), this);
    connect(dialog, &PreferencesDialog::themeChosen, this,
            [this](const QString& id) { findChild<QAction*>(QStringLiteral("theme.") + id)->trigger(); });
    dialog->open();
}

void MainWindow::showHelp()
{
    const PageRow& row = m_frames[static_cast<std::size_t>(m_stack->currentIndex())]->row();
    if (row.help != nullptr) {
        auto* dialog = new HelpDialog(translatedPage(row.title), QCoreApplication::translate("PageHelp", row.help), this);
        dialog->show(); // beside the work
    }
}

void MainWindow::connectFirstSteps()
{
    connect(m_firstSteps, &FirstSteps::tuneWanted, this, [this] {
        m_workspace.setModelPath(QString::fromStdString(base::bundledModel().string()));
        showPage(QStringLiteral("tune"), QStringLiteral("example"));
    });
    connect(m_firstSteps, &FirstSteps::dataWanted, this, &MainWindow::chooseData);
    connect(m_firstSteps, &FirstSteps::modelWanted, this, [this] { showPage(QStringLiteral("models")); });
    connect(m_firstSteps, &FirstSteps::dismissed, this, [this] { m_workspace.settings().setText(QStringLiteral("firstSteps"), QStringLiteral("dismissed")); });
}

// While nothing has been tuned in this project.
void MainWindow::showFirstSteps()
{
    m_firstSteps->setVisible(m_workspace.project() != nullptr && m_runNames.empty() && !m_workspace.runs()->isBusy()
                             && m_workspace.settings().text(QStringLiteral("firstSteps")) != QLatin1String("dismissed"));
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
