// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_page.h"

#include "ui/charts/chart_panel.h"
#include "ui/frame/banner.h"
#include "ui/models/runs/tuned_runs.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_notes.h"
#include "ui/pages/runs/runs_side.h"
#include "ui/theme/icons.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/row_view.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <memory>
#include <utility>

namespace luthier::ui {

struct RunsPage::Listed {
    Result<std::vector<store::RunRow>> runs;
    std::set<store::RunId> answering;
};

namespace {

constexpr int kLiveMs = 1000;
constexpr int kStoredMs = 1500; // behind which the steps that explain what was told are in the store
constexpr int kNameColumns = 28; // characters

} // namespace

RunsPage::RunsPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_model(new RunsModel(this)), m_compare(new QAction(tr("Compare with base"), this)),
      m_resume(new QAction(icon(QStringLiteral("play")), tr("Resume"), this)),
      m_use(new QAction(icon(QStringLiteral("sliders-horizontal")), tr("Use these settings"), this)),
      m_folder(new QAction(icon(QStringLiteral("folder-open")), tr("Open folder"), this)),
      m_chat(new QAction(icon(QStringLiteral("message-square")), tr("Chat"), this)),
      m_delete(new QAction(icon(QStringLiteral("trash-2")), tr("Delete\u2026"), this)), m_leave(new QAction(tr("Leave it there"), this)), m_from(new QAction(icon(QStringLiteral("play")), tr("Go on from\u2026"), this)),
      m_hold(new QAction(icon(QStringLiteral("pause")), tr("Hold"), this)), m_stop(new QAction(icon(QStringLiteral("square")), tr("Stop"), this)), m_stack(new QStackedWidget),
      m_empty(new EmptyState), m_work(new QSplitter(Qt::Vertical)), m_question(new Banner), m_table(new QTableView),
      m_sentence(new StatusLabel(Token::Bad)), m_charts(new RunsCharts), m_side(new RunsSide),
      m_notes(new RunsNotes(workspace)), m_findings(new RunsFindings), m_search(new QLineEdit), m_group(new QComboBox), m_found(new StatusLabel(Token::TextQuiet))
{
    tellEmpty();
    m_charts->keepSettingsIn(workspace.settings());
    m_sentence->setObjectName(QStringLiteral("runSentence"));
    m_sentence->setWordWrap(true);
    m_sentence->hide();
    auto* below = new QSplitter;
    below->setObjectName(QStringLiteral("runsBelow"));
    below->setChildrenCollapsible(false);
    below->addWidget(m_charts);
    below->addWidget(m_side);
    below->setStretchFactor(0, 3);
    below->setStretchFactor(1, 1);
    m_work->setObjectName(QStringLiteral("runsSplitter"));
    m_work->setChildrenCollapsible(false);
    m_work->addWidget(buildTop());
    m_work->addWidget(below);
    m_work->setStretchFactor(1, 1);
    const int line = fontMetrics().lineSpacing();
    m_work->setSizes({line * 11, line * 26});
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_work);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    buildActions();
    buildFinding();
    connectRuns();
    setFirstControl(m_table);
    reload();
}

// A first run that is being made ready is none yet, and more than nothing.
void RunsPage::tellEmpty()
{
    const bool begins = m_workspace.runs()->isBusy();
    m_empty->setText({begins ? tr("The run is being made ready") : tr("No runs yet"),
                      begins ? tr("Its rows are read and the model is loaded; its curves grow here from the first step on.")
                             : tr("A run is one training from start to end: its settings, its curves and its result. "
                                  "They stay here, and any two can be compared."),
                      tr("Go to Tune"), {}});
}

QWidget* RunsPage::buildTop()
{
    m_table->setObjectName(QStringLiteral("runs"));
    m_table->setAccessibleName(tr("Runs"));
    presentRows(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_table->verticalHeader()->setDefaultSectionSize(space(6));
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    keepColumnWide(m_table, RunsModel::kNameColumn, kNameColumns);
    auto* top = new QWidget;
    auto* column = new QVBoxLayout(top);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_question);
    column->addWidget(buildButtons());
    column->addWidget(m_table, 1);
    column->addWidget(m_sentence);
    return top;
}

void RunsPage::connectRuns()
{
    RunController* runs = m_workspace.runs();
    RunBridge* bridge = runs->bridge();
    connect(&m_workspace, &Workspace::runsChanged, this, &RunsPage::reload);
    connect(runs, &RunController::stateChanged, this, &RunsPage::refreshActions);
    connect(runs, &RunController::stateChanged, this, &RunsPage::showLive);
    connect(bridge, &RunBridge::started, this, [this, runs](const train::RunStarted& started) { m_model->take(runs->runId(), started); });
    m_clock.setInterval(kLiveMs);
    connect(&m_clock, &QTimer::timeout, this, &RunsPage::showLive);
    connect(runs, &RunController::runStarting, this, [this](qint64 id) {
        m_live = {};
        m_shown.clear(); // read again: a resumed run has a past
        m_wanted = id;
    });
    connect(bridge, &RunBridge::stepsDone, this, [this](const std::vector<train::StepDone>& steps) {
        appendLive({.steps = steps, .evals = {}, .samples = {}, .warnings = {}, .totalSteps = 0});
    });
    connect(bridge, &RunBridge::evalDone, this, [this](const train::EvalDone& eval) {
        appendLive({.steps = {}, .evals = {eval}, .samples = {}, .warnings = {}, .totalSteps = 0});
    });
    connect(bridge, &RunBridge::sampleDone, this, [this](const train::SampleDone& sample) {
        appendLive({.steps = {}, .evals = {}, .samples = {sample}, .warnings = {}, .totalSteps = 0});
    });
    connect(bridge, &RunBridge::warned, this, [this](const train::Warning& warning) {
        appendLive({.steps = {}, .evals = {}, .samples = {}, .warnings = {warning}, .totalSteps = 0});
        say(QString::fromStdString(warning.sentence));
        if (!warning.cause.empty()) {
            readFindings();
            QTimer::singleShot(kStoredMs, this, &RunsPage::readFindings);
        }
    });
}

void RunsPage::appendLive(const RunHistory& more)
{
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(m_live.steps, more.steps);
    append(m_live.evals, more.evals);
    append(m_live.samples, more.samples);
    append(m_live.warnings, more.warnings);
    const store::RunId id = m_workspace.runs()->runId();
    if (!more.steps.empty()) {
        m_model->take(id, more.steps.back());
    }
    for (const train::EvalDone& eval : more.evals) {
        m_model->take(id, eval);
    }
    // While the past is being read the live events wait in m_live.
    const auto at = std::find(m_shown.begin(), m_shown.end(), id);
    if (at != m_shown.end() && !m_historyJob.isRunning()) {
        m_charts->append(static_cast<int>(at - m_shown.begin()), more);
        if (!more.samples.empty() && at == m_shown.begin()) {
            append(m_liveShown.samples, more.samples);
            m_side->setSamples(m_liveShown.samples);
        }
    }
}

// What no event tells: the time, and a hold.
void RunsPage::showLive()
{
    using State = RunController::State;
    const State state = m_workspace.runs()->state();
    const bool isOn = state == State::Running || state == State::Held || state == State::Stopping;
    if (isOn) {
        m_model->setLive(m_workspace.runs()->runId(), m_workspace.runs()->seconds(), state == State::Held);
    }
    isOn ? m_clock.start() : m_clock.stop();
    tellEmpty();
}

void RunsPage::reload()
{
    const auto work = [project = m_workspace.project()] {
        Listed listed{project ? project->runs() : std::vector<store::RunRow>(), {}};
        if (listed.runs) {
            for (const store::RunRow& run : *listed.runs) {
                if (canAnswer(run)) {
                    listed.answering.insert(run.id);
                }
            }
        }
        return listed;
    };
    m_listJob.start(this, work, [this](const Listed& listed) {
        if (listed.runs) {
            takeRuns(listed);
        } else {
            say(QString::fromStdString(listed.runs.message()));
        }
    });
}

void RunsPage::takeRuns(const Listed& listed)
{
    const auto before = chosen();
    m_answering = listed.answering;
    m_model->setRuns(*listed.runs);
    const bool hadKeys = m_empty->isAncestorOf(QApplication::focusWidget());
    m_stack->setCurrentWidget(m_model->rowCount() == 0 ? static_cast<QWidget*>(m_empty) : m_work);
    if (hadKeys && m_model->rowCount() > 0) {
        m_table->setFocus(Qt::OtherFocusReason); // what had them is gone
    }
    const auto kept = listed.runs->empty() ? std::vector<store::RunId>() : std::exchange(m_kept, {});
    const bool isWanted = m_wanted != 0;
    const store::RunId current = m_wanted != 0 && m_model->rowOf(m_wanted) >= 0 ? std::exchange(m_wanted, 0)
                                 : !before.empty() && m_model->rowOf(before.front()) >= 0
                                     ? before.front()
                                     : m_model->rowCount() > 0 ? m_model->run(0)->id : 0;
    if (chosen().empty() || chosen().front() != current) {
        chooseRun(current);
    }
    if (!isWanted) {
        choose(kept);
    }
    hideOthers();
    onSelection();
    showLive();
    readCurves();
}

void RunsPage::reveal(const QString& what)
{
    m_wanted = what.toLongLong();
    chooseRun(m_wanted);
    m_table->setFocus(Qt::OtherFocusReason);
}

void RunsPage::chooseRun(store::RunId id)
{
    if (const int row = m_model->rowOf(id); row >= 0) {
        m_table->selectRow(row);
    }
}

std::vector<store::RunId> RunsPage::chosen() const
{
    std::vector<store::RunId> ids;
    const QModelIndex current = m_table->currentIndex();
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) {
        ids.insert(index.row() == current.row() ? ids.begin() : ids.end(), m_model->run(index.row())->id);
    }
    return ids;
}

void RunsPage::onSelection()
{
    std::vector<store::RunId> ids = chosen();
    if (ids.size() > 2) {
        std::vector<store::RunRow> runs;
        for (const store::RunId id : ids) {
            runs.push_back(*m_model->find(id));
        }
        m_side->showDifferences(runs);
    }
    if (const store::RunRow* first = ids.empty() ? nullptr : m_model->find(ids.front())) {
        m_notes->setRun(*first);
    }
    ids.resize(std::min<std::size_t>(ids.size(), ChartPanel::kMaxRuns));
    refreshActions();
    const store::RunRow* run = ids.empty() ? nullptr : m_model->find(ids.front());
    m_sentence->setText(run == nullptr ? QString() : QString::fromStdString(run->sentence));
    m_sentence->setVisible(run != nullptr && !run->sentence.empty());
    if (ids != m_shown) {
        m_shown = ids;
        m_question->hide();
        showRuns();
    }
    keepPlace();
}

void RunsPage::showRuns()
{
    std::vector<store::RunRow> runs;
    for (const store::RunId id : m_shown) {
        runs.push_back(*m_model->find(id));
    }
    m_charts->clear();
    using Histories = std::shared_ptr<std::vector<RunHistory>>; // a million steps are not copied on their way
    const auto work = [project = m_workspace.project(), runs]() -> Result<Histories> {
        auto histories = std::make_shared<std::vector<RunHistory>>();
        for (const store::RunRow& run : runs) {
            Result<RunHistory> history = readHistory(*project, run.id);
            if (!history) {
                return history.error();
            }
            histories->push_back(std::move(*history));
        }
        return histories;
    };
    m_historyJob.start(this, work, [this, runs](const Result<Histories>& histories) {
        if (histories) {
            showHistories(runs, std::move(**histories));
        } else {
            say(QString::fromStdString(histories.message()));
        }
    });
}

void RunsPage::showHistories(const std::vector<store::RunRow>& runs, std::vector<RunHistory> histories)
{
    for (std::size_t place = 0; place < runs.size(); ++place) {
        RunHistory& history = histories[place];
        if (runs[place].id == m_workspace.runs()->runId()) {
            history.continueWith(m_live);
        }
        if (place == 0) {
            m_liveShown.samples = history.samples;
            m_side->setSamples(history.samples);
            m_findings->show(runs[place].id, history.findings);
        }
        m_charts->setRun(static_cast<int>(place), runs[place].id, runs.size() > 1 ? QString::fromStdString(runs[place].name) : QString(), std::move(history));
    }
    if (chosen().size() > 2) {
        return; // all of them are told already
    }
    if (runs.size() == 2) {
        m_side->showDifference(runs[0], runs[1]);
    } else if (!runs.empty()) {
        m_side->showSettings(runs[0]);
    }
}

// Of the shown run, as the store has it by now, with what was told meanwhile.
void RunsPage::readFindings()
{
    if (m_shown.empty()) {
        return;
    }
    const store::RunId id = m_shown.front();
    const auto told = id == m_workspace.runs()->runId() ? m_live.warnings : std::vector<train::Warning>();
    const auto work = [project = m_workspace.project(), id, told] { return readHistory(*project, id, told); };
    m_findingsJob.start(this, work, [this, id](const Result<RunHistory>& history) {
        if (history && !m_shown.empty() && m_shown.front() == id) {
            m_findings->show(id, history->findings);
        }
    });
}

void RunsPage::say(const QString& sentence)
{
    m_workspace.say(sentence);
}

} // namespace luthier::ui
