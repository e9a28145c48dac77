// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/run_queue.h"

#include "core/store/project.h"
#include "core/train/trials/shootout.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/shootout_queue.h"
#include "ui/workspace/workspace.h"

#include <algorithm>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kLookMs = 1000;

} // namespace

RunQueue::RunQueue(Workspace& workspace, const ShootoutQueue& shootouts, QObject* parent) : QObject(parent), m_workspace(workspace), m_shootouts(shootouts)
{
    const RunController* runs = workspace.runs();
    connect(runs, &RunController::stateChanged, this, &RunQueue::onState);
    connect(runs, &RunController::runStarting, this, &RunQueue::onStarting);
    connect(runs, &RunController::runEnded, this, &RunQueue::onEnded);
    connect(runs, &RunController::failed, this, &RunQueue::onFailed);
    connect(&shootouts, &ShootoutQueue::changed, this, &RunQueue::begin);
    connect(&workspace, &Workspace::projectChanged, this, &RunQueue::load);
    m_look.setInterval(kLookMs);
    connect(&m_look, &QTimer::timeout, this, &RunQueue::lookForAsked);
    load();
}

void RunQueue::load()
{
    m_look.stop();
    m_askedJob.cancel();
    m_taken.clear();
    m_project = m_workspace.project();
    m_waiting.clear();
    m_atWork.reset();
    m_isHeld = false;
    m_isRead = false;
    m_loadJob.cancel();
    m_saving.whenWritten(m_project ? std::function<void()>([this] { read(); }) : nullptr);
    Q_EMIT changed();
}

void RunQueue::read()
{
    m_loadJob.start(this, [project = m_project] { return away::waitingRuns(*project); }, [this](const Result<std::vector<away::WaitingRun>>& kept) {
        if (!kept) {
            //: %1 why a project's queue cannot be read
            m_workspace.say(tr("%1. It is left as it is, and what you add now is not kept.").arg(QString::fromStdString(kept.message())));
            return;
        }
        m_isRead = true;
        m_look.start();
        m_isHeld = !kept->empty();
        const bool hasMore = !m_waiting.empty(); // added meanwhile
        m_waiting.insert(m_waiting.begin(), kept->begin(), kept->end());
        if (hasMore) {
            save();
        }
        Q_EMIT changed();
    });
}

void RunQueue::lookForAsked()
{
    if (m_askedJob.isRunning()) {
        return;
    }
    m_askedJob.start(this, [project = m_project] { return Result<away::AskedChanges>(away::askedChanges(project->folder())); }, [this](const Result<away::AskedChanges>& asked) {
        if (!asked->problem.empty()) {
            m_workspace.say(QString::fromStdString(asked->problem));
        }
        std::vector<away::QueueChange> changes;
        for (const away::AskedChange& one : asked->changes) {
            if (std::find(m_taken.begin(), m_taken.end(), one.file) == m_taken.end()) {
                m_taken.push_back(one.file);
                changes.push_back(one.change);
            }
        }
        if (!changes.empty()) {
            takeAsked(changes);
        }
    });
}

// The run at work is not among those that wait. Where nothing is at work and nothing waited, whoever looks says when to begin.
void RunQueue::takeAsked(const std::vector<away::QueueChange>& changes)
{
    const std::size_t before = m_waiting.size();
    m_isHeld = m_isHeld || (m_waiting.empty() && !m_workspace.runs()->isBusy() && !m_shootouts.isRunning());
    for (const away::QueueChange& change : changes) {
        away::apply(change, m_waiting, m_isStarting ? 1 : 0);
    }
    m_isHeld = m_isHeld && !m_waiting.empty();
    tell();
    if (m_waiting.size() > before) {
        m_workspace.say(tr("%Ln run(s) came into the queue from the command line; Tune shows it.", nullptr, static_cast<int>(m_waiting.size() - before)));
    } else {
        m_workspace.say(tr("The queue was changed from the command line; Tune shows it."));
    }
    begin();
}

void RunQueue::add(const config::RunConfig& config, const away::RunPlace& place)
{
    m_waiting.push_back({config, place});
    tell();
    begin();
}

bool RunQueue::canMove(int at, int to) const
{
    const int first = m_isStarting || (!m_waiting.empty() && m_waiting.front().run != 0) ? 1 : 0; // its turn has come
    return std::min(at, to) >= first && std::max(at, to) < static_cast<int>(m_waiting.size()) && at != to;
}

void RunQueue::move(int at, int to)
{
    if (!canMove(at, to)) {
        return;
    }
    away::WaitingRun one = std::move(m_waiting[static_cast<std::size_t>(at)]);
    m_waiting.erase(m_waiting.begin() + at);
    m_waiting.insert(m_waiting.begin() + to, std::move(one));
    tell();
}

void RunQueue::remove(int at)
{
    if (at >= (m_isStarting ? 1 : 0) && at < static_cast<int>(m_waiting.size())) {
        m_waiting.erase(m_waiting.begin() + at);
        tell();
    }
}

void RunQueue::goOn()
{
    m_isHeld = false;
    Q_EMIT changed();
    begin();
}

void RunQueue::onState()
{
    if (m_workspace.runs()->state() == RunController::State::Stopping && !m_shootouts.isRunning() && !m_waiting.empty()) {
        m_isHeld = true; // whoever stops a run wants the machine, or another order
        Q_EMIT changed();
    }
    begin();
}

bool RunQueue::isFree() const
{
    return !m_isHeld && !m_isStarting && !m_waiting.empty() && !m_workspace.runs()->isBusy() && !m_shootouts.isRunning();
}

void RunQueue::begin()
{
    if (m_isPreparing || !isFree()) {
        return;
    }
    m_isPreparing = true;
    const auto look = [project = m_project, first = m_waiting.front()] {
        train::giveMemoryBack();
        return project ? away::turnOf(*project, first) : Result<away::Turn>(away::Turn::Begin);
    };
    startJob(this, look, [this, project = m_project, first = m_waiting.front().run](const Result<away::Turn>& turn) {
        m_isPreparing = false;
        if (isFree() && project == m_workspace.project()) {
            take(first, turn);
        }
    });
}

// `turn` is that of the first whose run was `first`.
void RunQueue::take(store::RunId first, const Result<away::Turn>& turn)
{
    if (!turn) {
        m_isHeld = true;
        m_workspace.say(QString::fromStdString(turn.message()));
        Q_EMIT changed();
        return;
    }
    if (m_waiting.front().run != first) { // another is the first now
        begin();
        return;
    }
    if (*turn == away::Turn::Past) {
        m_waiting.erase(m_waiting.begin());
        tell();
        begin();
        return;
    }
    m_isStarting = true;
    const away::WaitingRun one = m_waiting.front();
    if (*turn == away::Turn::GoOn) {
        m_workspace.runs()->resume(one.run);
    } else {
        m_workspace.runs()->start(one.config, one.place);
    }
}

void RunQueue::onStarting(store::RunId id)
{
    if (std::exchange(m_isStarting, false)) {
        m_atWork = std::move(m_waiting.front());
        m_atWork->run = id;
        m_waiting.erase(m_waiting.begin());
        tell();
    }
}

void RunQueue::onEnded(store::RunId id)
{
    if (m_atWork && m_atWork->run == id) {
        m_atWork.reset();
        save();
    }
}

// It stays the first, and whoever looks decides.
void RunQueue::onFailed()
{
    if (std::exchange(m_isStarting, false)) {
        m_isHeld = true;
        Q_EMIT changed();
    }
}

void RunQueue::tell()
{
    save();
    Q_EMIT changed();
}

void RunQueue::save()
{
    if (!m_isRead) { // it would take the place of what could not be read
        return;
    }
    std::vector<away::WaitingRun> all = m_waiting;
    if (m_atWork) {
        all.insert(all.begin(), *m_atWork);
    }
    const auto write = [project = m_project, all = std::move(all), taken = m_taken] {
        auto kept = project ? away::keepWaitingRuns(*project, all) : Result<void>();
        if (kept) {
            away::forgetAsked(taken);
        }
        return kept;
    };
    m_saving.start(this, write, [this](const Result<void>& saved) {
        if (!saved) {
            m_workspace.say(QString::fromStdString(saved.error().message));
        }
    });
}

} // namespace luthier::ui
