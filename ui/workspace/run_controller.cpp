// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/run_controller.h"

#include "core/away/away_run.h"
#include "core/away/waiting_runs.h"
#include "core/report/event_logs.h"
#include "core/store/next_recipe.h"
#include "core/store/recorder.h"
#include "core/store/run_rows.h"
#include "core/store/runs/run_names.h"
#include "core/train/control/control_file.h"
#include "core/train/control/fork.h"
#include "core/train/fanout.h"
#include "core/train/start_point.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/job.h"
#include "ui/workspace/workspace.h"

#include <QMetaObject>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr double kLate = 5;              // seconds behind which what was said to be left says nothing any more
} // namespace

RunController::RunController(Workspace& workspace) : QObject(&workspace), m_workspace(workspace)
{
    connectBridge();
}

RunController::~RunController()
{
    stopAndWait();
}

void RunController::connectBridge()
{
    connect(&m_bridge, &RunBridge::started, this, [this](const train::RunStarted& started) {
        m_totalSteps = started.totalSteps;
        m_step = started.firstStep;
        m_deviceText = ui::deviceText(QString::fromStdString(started.device + ", " + started.dtype));
        Q_EMIT progressed();
    });
    connect(&m_bridge, &RunBridge::stageChanged, this, [this](const train::StageChanged& stage) {
        m_stage = QString::fromStdString(stage.stage);
        if (m_stage == QLatin1String("held") && m_state == State::Running) { // the run held itself, or somebody else did
            setState(State::Held);
        }
        Q_EMIT progressed();
    });
    connect(&m_bridge, &RunBridge::stepsDone, this, [this](const std::vector<train::StepDone>& steps) {
        m_step = steps.back().step;
        m_secondsLeft = steps.back().secondsLeft;
        m_sinceLeft.start();
        m_memoryBytes = steps.back().memoryBytes;
        m_learningRate = steps.back().learningRate;
        m_stage.clear();
        if (m_state == State::Held && m_control && !m_control->isHeld()) {
            setState(State::Running);
        }
        Q_EMIT progressed();
    });
    connect(&m_bridge, &RunBridge::ended, this, &RunController::showEnd);
}

void RunController::start(const config::RunConfig& config, const away::RunPlace& place)
{
    const auto project = m_workspace.project();
    if (isBusy() || !project) {
        return;
    }
    prepare([project, asked = config, place]() -> Result<Prepared> {
        auto started = train::startedFrom(asked);
        if (!started) {
            return started.error();
        }
        config::RunConfig& config = started->config;
        config.run.name = store::ownRunName(*project, config);
        auto rows = store::runRows(project.get(), config.data);
        if (!rows) {
            return rows.error();
        }
        Result<store::RunRow> row = project->createRun(config.run.name, config::toJson(config));
        if (!row) {
            return row.error();
        }
        if (auto kept = away::keepPlace(*project, row->id, place); !kept) {
            return kept.error();
        }
        train::RunInputs inputs{row->folder, std::move(*rows), false};
        return Prepared{std::move(*row), std::move(config), std::move(inputs), place};
    });
}

void RunController::resume(store::RunId id, std::int64_t step)
{
    const auto project = m_workspace.project();
    if (isBusy() || !project) {
        return;
    }
    prepare([project, id, step]() -> Result<Prepared> {
        Result<store::RunRow> row = project->run(id);
        if (!row) {
            return row.error();
        }
        Result<config::RunConfig> config = config::fromJson(row->recipe);
        if (!config) {
            return config.error();
        }
        auto rows = store::runRows(project.get(), config->data);
        if (!rows) {
            return rows.error();
        }
        if (Result<void> marked = project->markRunning(id); !marked) {
            return marked.error();
        }
        auto place = away::placeOf(*project, id);
        if (!place) {
            return place.error();
        }
        train::RunInputs inputs{row->folder, std::move(*rows), true};
        inputs.fromStep = step > 0 ? std::optional(step) : std::nullopt;
        return Prepared{std::move(*row), std::move(*config), std::move(inputs), std::move(*place)};
    });
}

void RunController::fork(store::RunId id, std::int64_t step, bool withNextSettings)
{
    const auto project = m_workspace.project();
    if (isBusy() || !project) {
        return;
    }
    prepare([project, id, step, withNextSettings]() -> Result<Prepared> {
        const Result<store::RunRow> from = project->run(id);
        if (!from) {
            return from.error();
        }
        Result<config::RunConfig> config = config::fromJson(from->recipe);
        if (config && withNextSettings) {
            auto next = store::nextRecipe(*project);
            if (!next) {
                return next.error();
            }
            config = *next ? Result<config::RunConfig>(std::move(**next)) : std::move(config);
        }
        if (!config) {
            return config.error();
        }
        //: %1 a run, %2 a step
        config->run.name = tr("%1 from step %2").arg(QString::fromStdString(from->name)).arg(step).toStdString();
        auto rows = store::runRows(project.get(), config->data);
        if (!rows) {
            return rows.error();
        }
        Result<store::RunRow> row = project->createRun(config->run.name, config::toJson(*config));
        if (!row) {
            return row.error();
        }
        if (auto made = train::forkRun({from->folder, step > 0 ? std::optional(step) : std::nullopt}, *config, row->folder); !made) {
            (void)project->deleteRun(row->id);
            return made.error();
        }
        train::RunInputs inputs{row->folder, std::move(*rows), true};
        return Prepared{std::move(*row), std::move(*config), std::move(inputs)};
    });
}

void RunController::prepare(std::function<Result<Prepared>()> work)
{
    setState(State::Preparing);
    startJob(this, std::move(work), [this](const Result<Prepared>& prepared) {
        if (!prepared) {
            setState(State::Idle);
            Q_EMIT failed(QString::fromStdString(prepared.message()));
            return;
        }
        launch(*prepared);
    });
}

void RunController::launch(Prepared prepared)
{
    m_id = prepared.row.id;
    m_name = QString::fromStdString(prepared.row.name);
    m_step = prepared.row.step;
    m_totalSteps = prepared.row.totalSteps;
    m_clock.start();
    m_secondsBefore = prepared.row.seconds;
    m_secondsLeft = -1;
    m_memoryBytes = 0;
    m_learningRate = -1;
    m_stage.clear();
    m_endTold = false;
    m_threadDone = false;
    m_control = std::make_unique<train::StopControl>();
    m_control->setAttended();
    m_leave = {};
    const bool isAway = prepared.place.isAway() || away::isFar(prepared.row.folder);
    m_isFar = !prepared.place.hosts.empty() || away::isFar(prepared.row.folder);
    setState(State::Running);
    Q_EMIT runStarting(m_id);
    Q_EMIT m_workspace.runsChanged();
    m_thread = std::jthread([this, prepared = std::move(prepared), project = m_workspace.project(), control = m_control.get(), leave = m_leave, isAway] {
        {
            const auto fail = [this](const std::string& problem) {
                QMetaObject::invokeMethod(this, [this, problem] { Q_EMIT failed(QString::fromStdString(problem)); }, Qt::QueuedConnection);
            };
            store::Recorder recorder(project, prepared.row.id, fail);
            report::EventLogs logs; // a run without them is better than none
            if (const auto opened = report::openLiveLogs(logs, *project, prepared.row.folder); !opened) {
                fail(opened.message());
            }
            train::Fanout fanout{&recorder, &m_bridge, &logs};
            if (isAway) {
                away::runAway({prepared.config, prepared.inputs.folder, prepared.inputs.rows.value_or(train::RunRows()), prepared.inputs.resume, prepared.place, leave}, *control, fanout);
            } else {
                const train::ControlWatch watch(prepared.inputs.folder, *control); // what the command line asks
                train::run(prepared.config, prepared.inputs, *control, fanout);
            }
            if (const auto closed = logs.close(); !closed) {
                fail(closed.message());
            }
        } // what the recorder still holds is written here, not on the GUI thread
        QMetaObject::invokeMethod(this, [this] {
            m_threadDone = true;
            finishWhenBothAreThere();
        }, Qt::QueuedConnection);
    });
}

double RunController::seconds() const
{
    return isBusy() && m_clock.isValid() ? m_secondsBefore + static_cast<double>(m_clock.elapsed()) / 1000 : m_secondsBefore;
}

double RunController::secondsLeft() const
{
    if (m_secondsLeft < 0 || !m_sinceLeft.isValid()) {
        return m_secondsLeft;
    }
    const double left = m_secondsLeft - static_cast<double>(m_sinceLeft.elapsed()) / 1000;
    return left < -kLate ? -1 : std::max(0.0, left);
}

void RunController::stop()
{
    if (m_control && (m_state == State::Running || m_state == State::Held)) {
        m_control->requestStop();
        setState(State::Stopping);
    }
}

void RunController::setHeld(bool held)
{
    if (m_control && (m_state == State::Running || m_state == State::Held)) {
        m_control->setHeld(held);
        setState(held ? State::Held : State::Running);
    }
}

void RunController::park()
{
    if (m_control && (m_state == State::Running || m_state == State::Held)) {
        m_control->requestPark();
        setState(State::Stopping);
    }
}

void RunController::stopAndKeep()
{
    if (m_control && (m_state == State::Running || m_state == State::Held)) {
        m_control->requestKeep();
        setState(State::Stopping);
    }
}

void RunController::tryPrompt(const QString& prompt)
{
    if (m_control && (m_state == State::Running || m_state == State::Held)) {
        m_control->ask(train::PromptAsked{prompt.toStdString()});
    }
}

void RunController::setLearningRate(double rate)
{
    if (m_control && (m_state == State::Running || m_state == State::Held)) {
        m_control->ask(train::RateAsked{rate});
    }
}

void RunController::leave()
{
    if (m_isFar && isBusy()) {
        m_leave.cancel();
        setState(State::Stopping);
    }
}

void RunController::stopAndWait()
{
    if (m_thread.joinable()) {
        if (m_isFar) {
            m_leave.cancel();
        } else {
            m_control->requestStop();
        }
        m_thread.join();
    }
}

void RunController::showEnd(const train::RunEnded& ended)
{
    m_endTold = true;
    if (ended.outcome == train::Outcome::Failed) {
        Q_EMIT failed(QString::fromStdString(ended.sentence));
    }
    finishWhenBothAreThere();
}

void RunController::finishWhenBothAreThere()
{
    if (!m_endTold || !m_threadDone) {
        return;
    }
    m_thread.join(); // it has nothing left to do
    m_secondsLeft = -1;
    m_stage.clear();
    setState(State::Idle);
    Q_EMIT runEnded(m_id);
    Q_EMIT m_workspace.runsChanged();
}

void RunController::setState(State state)
{
    if (state != m_state) {
        if (state == State::Held) {
            m_secondsLeft = secondsLeft();
            m_sinceLeft.invalidate();
        } else if (m_state == State::Held) {
            m_sinceLeft.start();
        }
        m_state = state;
        m_sleep.setAwake(state == State::Running || state == State::Stopping || state == State::Preparing, tr("Training %1").arg(m_name));
        Q_EMIT stateChanged();
    }
}

} // namespace luthier::ui
