// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with a run: compare, resume, rename, delete to the project's trash; and saving charts.
#include "core/base/files.h"
#include "ui/frame/banner.h"
#include "ui/pages/data/data_batch.h"
#include "ui/pages/runs/checkpoints_dialog.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_files.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/buttons/tool_button.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDesktopServices>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include <array>
#include <utility>

namespace luthier::ui {
namespace {

bool canResume(const store::RunRow& run)
{
    return run.state == "stopped" || run.state == "parked" || run.state == "interrupted" || run.state == "failed";
}

} // namespace

void RunsPage::buildActions()
{
    m_compare->setObjectName(QStringLiteral("compareRun"));
    m_compare->setToolTip(tr("Ask the tuned and the base model the same things"));
    m_resume->setObjectName(QStringLiteral("resumeRun"));
    m_resume->setToolTip(tr("Go on from the last checkpoint"));
    m_resume->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_R));
    m_delete->setObjectName(QStringLiteral("deleteRun"));
    m_delete->setToolTip(tr("Move the run and its folder to the project's trash"));
    m_delete->setShortcut(QKeySequence::Delete);
    auto* rename = new QAction(icon(QStringLiteral("pencil")), tr("Rename"), this);
    rename->setObjectName(QStringLiteral("renameRun"));
    rename->setShortcut(QKeySequence(Qt::Key_F2));
    m_use->setObjectName(QStringLiteral("useSettings"));
    m_use->setToolTip(tr("Take the settings of this run to the Tune page; undo brings back what was there"));
    m_folder->setObjectName(QStringLiteral("openRunFolder"));
    m_folder->setToolTip(tr("Show the run's folder in the file manager"));
    m_chat->setObjectName(QStringLiteral("chatWithRun"));
    m_chat->setToolTip(tr("Talk to what this run made"));
    m_leave->setObjectName(QStringLiteral("leaveRun"));
    m_leave->setToolTip(tr("Stop listening to the run on the other machine, which goes on; Resume listens again"));
    m_from->setObjectName(QStringLiteral("resumeFrom"));
    m_from->setToolTip(tr("Choose a checkpoint by its step and losses: resume the run there, or fork another one"));
    connect(m_from, &QAction::triggered, this, &RunsPage::askForCheckpoint);
    m_stop->setObjectName(QStringLiteral("stopChosenRun"));
    m_stop->setToolTip(tr("Stop the run and save a checkpoint (Ctrl+.)"));
    m_hold->setObjectName(QStringLiteral("holdChosenRun"));
    connect(m_leave, &QAction::triggered, m_workspace.runs(), &RunController::leave);
    connect(m_stop, &QAction::triggered, m_workspace.runs(), &RunController::stop);
    connect(m_hold, &QAction::triggered, this, [runs = m_workspace.runs()] { runs->setHeld(runs->state() != RunController::State::Held); });
    auto* columns = new QAction(tr("Columns\u2026"), this);
    columns->setObjectName(QStringLiteral("runColumns"));
    columns->setToolTip(tr("Choose settings that are shown as columns"));
    connect(columns, &QAction::triggered, this, [this] { askForColumns(QPoint(0, m_table->horizontalHeader()->height())); });
    for (QAction* action : {m_hold, m_stop, m_resume, m_from, m_use, m_chat, m_folder, rename, m_delete, m_leave, columns}) {
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        m_table->addAction(action);
    }
    connect(m_compare, &QAction::triggered, this, [this] {
        if (const auto ids = chosen(); !ids.empty()) {
            Q_EMIT m_workspace.pageWanted(QStringLiteral("compare"), QString::number(ids.front()));
        }
    });
    connect(m_use, &QAction::triggered, this, &RunsPage::useSettings);
    connect(m_folder, &QAction::triggered, this, &RunsPage::openFolder);
    connect(m_chat, &QAction::triggered, this, &RunsPage::chat);
    connect(m_table, &QTableView::doubleClicked, this, &RunsPage::openChosen);
    connect(m_resume, &QAction::triggered, this, &RunsPage::resumeChosen);
    connect(m_delete, &QAction::triggered, this, &RunsPage::askToDelete);
    connect(rename, &QAction::triggered, this,
            [this] { m_table->edit(m_table->currentIndex().siblingAtColumn(RunsModel::kNameColumn)); });
    connect(m_question, &Banner::remedyWanted, this, &RunsPage::deleteChosen);
    connect(m_empty, &EmptyState::triggered, this, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), {}); });
    connect(m_model, &RunsModel::renameWanted, this, &RunsPage::rename);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPage::onSelection);
    connect(m_charts, &RunsCharts::stepWanted, this, [this](qint64 step, int place) {
        if (place < static_cast<int>(m_shown.size())) {
            Q_EMIT m_workspace.pageWanted(QStringLiteral("data"), stepPlace(m_shown[static_cast<std::size_t>(place)], step));
        }
    });
    connect(m_charts, &RunsCharts::saveWanted, this, [this](const QString& path, const QByteArray& content) {
        startJob(this, [path, content] { return base::writeFileAtomically(path.toStdString(), content.toStdString()); },
                 [this, path](const Result<void>& saved) {
                     say(saved ? tr("Saved %1").arg(path) : QString::fromStdString(saved.error().message));
                 });
    });
}

void RunsPage::refreshActions()
{
    const auto ids = chosen();
    const store::RunRow* run = ids.empty() ? nullptr : m_model->find(ids.front());
    const bool busy = m_workspace.runs()->isBusy();
    const bool isInProgress = busy && run != nullptr && run->id == m_workspace.runs()->runId();
    const bool answers = run != nullptr && !isInProgress && (!run->result.empty() || m_answering.contains(run->id));
    const auto state = m_workspace.runs()->state();
    const bool isHeld = state == RunController::State::Held;
    const auto* button = isAncestorOf(QApplication::focusWidget()) ? qobject_cast<QToolButton*>(QApplication::focusWidget()) : nullptr;
    const QAction* pressed = button == nullptr ? nullptr : button->defaultAction();
    m_compare->setEnabled(answers);
    m_resume->setEnabled(run != nullptr && !busy && canResume(*run));
    m_resume->setVisible(!isInProgress);
    m_from->setEnabled(run != nullptr && !busy);
    m_from->setVisible(!isInProgress);
    m_hold->setVisible(isInProgress);
    m_hold->setEnabled(state == RunController::State::Running || isHeld);
    m_hold->setText(isHeld ? tr("Go on") : tr("Hold"));
    m_hold->setIcon(icon(isHeld ? QStringLiteral("play") : QStringLiteral("pause")));
    m_hold->setToolTip(isHeld ? tr("Go on with the run (Ctrl+Shift+P)") : tr("Hold the run after the step under way; its weights can be asked meanwhile (Ctrl+Shift+P)"));
    m_stop->setVisible(isInProgress);
    m_stop->setEnabled(state == RunController::State::Running || isHeld);
    m_use->setEnabled(run != nullptr);
    m_folder->setEnabled(run != nullptr);
    m_chat->setEnabled(answers);
    m_delete->setEnabled(run != nullptr && !isInProgress);
    m_leave->setVisible(busy && m_workspace.runs()->isFar());
    m_leave->setEnabled(isInProgress);
    if (pressed != nullptr && !(pressed->isEnabled() && pressed->isVisible())) {
        m_table->setFocus(Qt::OtherFocusReason); // else the button beside it has the keys, which does another thing
    }
}

void RunsPage::rename(qint64 id, const QString& name)
{
    startJob(this, [project = m_workspace.project(), id, name] { return project->renameRun(id, name.toStdString()); },
             [this](const Result<void>& renamed) {
                 if (!renamed) {
                     say(QString::fromStdString(renamed.error().message));
                 }
                 Q_EMIT m_workspace.runsChanged();
             });
}

void RunsPage::askToDelete()
{
    const auto ids = chosen();
    if (ids.empty()) {
        return;
    }
    m_deleting = ids.front();
    const QString name = QString::fromStdString(m_model->find(m_deleting)->name);
    m_question->show(tr("Move \u201c%1\u201d to the project's trash? Its curves leave this list; its folder is kept in trash/.").arg(name),
                     tr("Move to trash"));
    m_question->findChild<QWidget*>(QStringLiteral("bannerRemedy"))->setFocus(Qt::OtherFocusReason);
}

void RunsPage::deleteChosen()
{
    m_question->hide();
    startJob(this, [project = m_workspace.project(), id = m_deleting] { return project->deleteRun(id); },
             [this](const Result<void>& deleted) {
                 say(deleted ? tr("The run is in the project's trash.") : QString::fromStdString(deleted.error().message));
                 Q_EMIT m_workspace.runsChanged();
             });
}

void RunsPage::resumeChosen()
{
    if (const auto ids = chosen(); !ids.empty()) {
        m_workspace.runs()->resume(ids.front());
    }
}

void RunsPage::askForCheckpoint()
{
    if (const auto ids = chosen(); !ids.empty()) {
        (new CheckpointsDialog(m_workspace, ids.front(), QString::fromStdString(m_model->find(ids.front())->name), this))->open();
    }
}

void RunsPage::useSettings()
{
    if (const auto ids = chosen(); !ids.empty()) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), QStringLiteral("run:%1").arg(ids.front()));
    }
}

void RunsPage::openFolder()
{
    if (const auto ids = chosen(); !ids.empty()) {
        QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(m_model->find(ids.front())->folder)));
    }
}

void RunsPage::chat()
{
    if (const auto ids = chosen(); !ids.empty()) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("chat"), QStringLiteral("run:%1").arg(ids.front()));
    }
}

// Its answers, where it has a result; the way on, where it was stopped before.
void RunsPage::openChosen()
{
    const auto ids = chosen();
    const bool hasResult = !ids.empty() && !m_model->find(ids.front())->result.empty();
    for (QAction* action : hasResult ? std::array{m_compare, m_resume} : std::array{m_resume, m_compare}) {
        if (action->isEnabled()) {
            action->trigger();
            return;
        }
    }
}

QWidget* RunsPage::buildButtons()
{
    auto* box = new QWidget;
    auto* both = new QVBoxLayout(box); // side by side they are wider than a small window
    both->setContentsMargins(0, 0, 0, 0);
    both->setSpacing(space(1));
    auto* row = new QHBoxLayout;
    row->setSpacing(space(1));
    both->addLayout(row);
    auto* finding = new QHBoxLayout;
    finding->setSpacing(space(1));
    both->addLayout(finding);
    const std::pair<QAction*, const char*> rows[] = {{m_hold, "holdRunButton"}, {m_stop, "stopRunButton"}, {m_resume, "resumeRunButton"}, {m_from, "resumeFromButton"}, {m_use, "useSettingsButton"}, {m_chat, "chatWithRunButton"},
                                                     {m_folder, "openRunFolderButton"}, {m_leave, "leaveRunButton"}, {m_delete, "deleteRunButton"}};
    for (const auto& [action, id] : rows) {
        auto* button = makeActionButton(QLatin1String(id), action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(button);
    }
    auto* files = new RunsFiles(m_workspace, [this] {
        const auto ids = chosen();
        return ids.empty() ? store::RunId(0) : ids.front();
    });
    row->addWidget(files);
    row->addStretch();
    finding->addWidget(m_group);
    finding->addStretch();
    finding->addWidget(m_found);
    finding->addWidget(m_search);
    return box;
}

} // namespace luthier::ui
