// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/run_queue.h"

#include "core/store/project.h"
#include "core/train/trials/shootout.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/run_name.h"
#include "ui/workspace/shootout_queue.h"
#include "ui/workspace/workspace.h"

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

const char kQueueKey[] = "queue.runs";

Json queueJson(const std::vector<RunQueue::Waiting>& waiting)
{
    Json all = Json::array();
    for (const RunQueue::Waiting& one : waiting) {
        all.push_back({{"recipe", config::toJson(one.config)}, {"place", away::toJson(one.place)}});
    }
    return all;
}

Result<std::vector<RunQueue::Waiting>> queueFrom(const Json& all)
{
    std::vector<RunQueue::Waiting> waiting;
    for (const Json& one : all.is_array() ? all : Json::array()) {
        if (!one.is_object() || !one.contains("recipe") || !one.contains("place")) {
            return Error{"a run that waited in the queue cannot be read"};
        }
        auto config = config::fromJson(one["recipe"]);
        auto place = config ? away::placeFromJson(one["place"]) : Result<away::RunPlace>(config.error());
        if (!place) {
            return Error{"a run that waited in the queue cannot be read: " + place.message()};
        }
        waiting.push_back({std::move(*config), std::move(*place)});
    }
    return waiting;
}

} // namespace

QString RunQueue::Waiting::name() const
{
    return QString::fromStdString(runNameOf(config));
}

RunQueue::RunQueue(Workspace& workspace, const ShootoutQueue& shootouts, QObject* parent) : QObject(parent), m_workspace(workspace), m_shootouts(shootouts)
{
    const RunController* runs = workspace.runs();
    connect(runs, &RunController::stateChanged, this, &RunQueue::onState);
    connect(runs, &RunController::runStarting, this, &RunQueue::onStarting);
    connect(runs, &RunController::failed, this, &RunQueue::onFailed);
    connect(&shootouts, &ShootoutQueue::changed, this, &RunQueue::begin);
    connect(&workspace, &Workspace::projectChanged, this, &RunQueue::load);
    load();
}

void RunQueue::load()
{
    m_project = m_workspace.project();
    m_waiting.clear();
    m_isHeld = false;
    Q_EMIT changed();
    if (!m_project) {
        return;
    }
    const auto work = [project = m_project]() -> Result<std::vector<Waiting>> {
        const auto kept = project->value(kQueueKey);
        return kept ? queueFrom(*kept) : Result<std::vector<Waiting>>(kept.error());
    };
    m_loadJob.start(this, work, [this](const Result<std::vector<Waiting>>& kept) {
        if (!kept) {
            m_workspace.say(QString::fromStdString(kept.message()));
            return;
        }
        m_isHeld = !kept->empty();
        m_waiting.insert(m_waiting.begin(), kept->begin(), kept->end());
        Q_EMIT changed();
    });
}

void RunQueue::add(const config::RunConfig& config, const away::RunPlace& place)
{
    m_waiting.push_back({config, place});
    tell();
    begin();
}

void RunQueue::move(int at, int to)
{
    const auto size = static_cast<int>(m_waiting.size());
    const int first = m_isStarting ? 1 : 0; // its turn has come
    if (std::min(at, to) < first || std::max(at, to) >= size || at == to) {
        return;
    }
    Waiting one = std::move(m_waiting[static_cast<std::size_t>(at)]);
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

void RunQueue::begin()
{
    const auto isFree = [this] { return !m_isHeld && !m_isStarting && !m_waiting.empty() && !m_workspace.runs()->isBusy() && !m_shootouts.isRunning(); };
    if (m_isPreparing || !isFree()) {
        return;
    }
    m_isPreparing = true;
    startJob(this, [] { train::giveMemoryBack(); }, [this, isFree] {
        m_isPreparing = false;
        if (isFree() && m_project == m_workspace.project()) {
            m_isStarting = true;
            const Waiting first = m_waiting.front();
            m_workspace.runs()->start(first.config, first.place);
        }
    });
}

void RunQueue::onStarting()
{
    if (std::exchange(m_isStarting, false)) {
        m_waiting.erase(m_waiting.begin());
        tell();
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
    const auto write = [project = m_project, waiting = m_waiting] { return project ? project->setValue(kQueueKey, queueJson(waiting)) : Result<void>(); };
    m_saving.start(this, write, [this](const Result<void>& saved) {
        if (!saved) {
            m_workspace.say(QString::fromStdString(saved.error().message));
        }
    });
}

} // namespace luthier::ui
