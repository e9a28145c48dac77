// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/shootout_queue.h"

#include "core/peft/methods/method.h"
#include "ui/bridge/job.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QCoreApplication>

#include <algorithm>

namespace luthier::ui {
namespace {

std::string nameOf(const std::string& method)
{
    const train::Variant variant = train::variantOf(method);
    const peft::Method* row = peft::findMethod(variant.method);
    QString label = row == nullptr ? QString::fromStdString(variant.method) : QCoreApplication::translate("Method", row->label.c_str());
    for (const auto& [key, value] : variant.settings) {
        label += QStringLiteral(", %1 %2").arg(QString::fromStdString(key.substr(key.find('.') + 1)), QString::fromStdString(value));
    }
    if (!variant.settings.empty()) {
        //: the name of a run: its method and the settings that were tried
        return ShootoutQueue::tr("%1, sweep").arg(label).toStdString();
    }
    //: the name of a run: its method
    return ShootoutQueue::tr("%1, shoot-out").arg(label).toStdString();
}

} // namespace

ShootoutQueue::ShootoutQueue(Workspace& workspace, QObject* parent) : QObject(parent), m_workspace(workspace)
{
    connectRuns();
}

void ShootoutQueue::connectRuns()
{
    RunController* runs = m_workspace.runs();
    RunBridge* bridge = runs->bridge();
    connect(runs, &RunController::runStarting, this, &ShootoutQueue::onStarting);
    connect(runs, &RunController::runEnded, this, &ShootoutQueue::onEnded);
    connect(runs, &RunController::failed, this, &ShootoutQueue::onFailed);
    connect(runs, &RunController::stateChanged, this, [this] {
        if (m_isRunning && m_current < 0 && !m_workspace.runs()->isBusy()) {
            next(); // another run was in the way
        }
    });
    const auto take = [this](const train::Event& event) {
        if (m_current >= 0) {
            m_meter.onEvent(event);
            m_meter.row.ended.seconds = static_cast<double>(m_clock.elapsed()) / 1000;
            Q_EMIT progressed();
        }
    };
    connect(bridge, &RunBridge::started, this, take);
    connect(bridge, &RunBridge::evalDone, this, take);
    connect(bridge, &RunBridge::stepsDone, this, [take](const std::vector<train::StepDone>& steps) { take(steps.back()); });
}

double ShootoutQueue::secondsLeft() const
{
    return m_current < 0 ? -1 : m_workspace.runs()->secondsLeft();
}

void ShootoutQueue::start(const config::RunConfig& recipe, const QStringList& methods)
{
    std::vector<std::string> ids;
    for (const QString& method : methods) {
        ids.push_back(method.toStdString());
    }
    begin(store::newShootout(config::toJson(recipe), ids));
}

void ShootoutQueue::goOn(const store::ShootoutRecord& record)
{
    begin(record);
}

// Which entries are left is asked of the project, since a run may have been resumed, renamed or deleted since.
void ShootoutQueue::begin(store::ShootoutRecord record)
{
    if (m_isRunning || !m_workspace.project()) {
        return;
    }
    m_project = m_workspace.project();
    m_record = std::move(record);
    m_isRunning = true;
    m_waiting.clear();
    save();
    Q_EMIT changed();
    const auto work = [project = m_project, record = m_record] {
        std::vector<int> waiting;
        for (std::size_t i = 0; i < record.entries.size(); ++i) {
            const store::ShootoutEntry& entry = record.entries[i];
            const auto run = entry.run == 0 ? Result<store::RunRow>(Error{}) : project->run(entry.run);
            const bool isDone = entry.isCancelled || (run && run->state == "finished");
            if (!isDone) {
                waiting.push_back(static_cast<int>(i));
            }
        }
        return waiting;
    };
    startJob(this, work, [this](const std::vector<int>& waiting) {
        m_waiting = waiting;
        std::erase_if(m_waiting, [this](int entry) { return m_record.entries[static_cast<std::size_t>(entry)].isCancelled; });
        next();
    });
}

void ShootoutQueue::next()
{
    if (!m_isRunning || m_current >= 0 || m_workspace.runs()->isBusy()) {
        return;
    }
    if (m_waiting.empty() || m_project != m_workspace.project()) {
        finish();
        return;
    }
    const int entry = m_waiting.front();
    m_waiting.erase(m_waiting.begin());
    m_current = entry;
    m_hasBegun = false;
    m_isPassing = false;
    Q_EMIT changed();
    startJob(this, [] { train::giveMemoryBack(); }, [this, entry] {
        if (m_current == entry) {
            launch(entry);
        }
    });
}

void ShootoutQueue::launch(int at)
{
    store::ShootoutEntry& entry = m_record.entries[static_cast<std::size_t>(at)];
    if (m_workspace.runs()->isBusy()) { // somebody was faster
        m_waiting.insert(m_waiting.begin(), at);
        m_current = -1;
        Q_EMIT changed();
        return;
    }
    m_meter.row = {};
    m_meter.row.method = entry.method;
    m_meter.row.settings = train::variantOf(entry.method).settings;
    m_clock.start();
    entry.sentence.clear();
    if (entry.run != 0) {
        m_workspace.runs()->resume(entry.run);
        return;
    }
    const auto recipe = config::fromJson(m_record.recipe);
    auto config = recipe ? train::withMethod(*recipe, entry.method) : recipe;
    if (!config) {
        onFailed(QString::fromStdString(config.message()));
        return;
    }
    m_meter.row.learningRate = config->optimizer.learningRate;
    config->run.name = nameOf(entry.method);
    m_workspace.runs()->start(*config);
}

void ShootoutQueue::onStarting(qint64 id)
{
    if (m_current < 0) {
        return;
    }
    m_record.entries[static_cast<std::size_t>(m_current)].run = id;
    m_hasBegun = true;
    save();
    Q_EMIT changed();
    if (m_isPassing) { // cancelled while it was made ready
        m_workspace.runs()->stop();
    }
}

void ShootoutQueue::onEnded(qint64 id)
{
    if (m_current < 0 || m_record.entries[static_cast<std::size_t>(m_current)].run != id) {
        return;
    }
    const int ended = std::exchange(m_current, -1);
    const auto go = [this, ended](bool stopped) {
        if (stopped && !m_isPassing) {
            finish(); // stopped from elsewhere: that meant all of it
        } else {
            m_record.entries[static_cast<std::size_t>(ended)].isCancelled = m_isPassing && stopped;
            save();
            Q_EMIT changed();
            next();
        }
    };
    startJob(this, [project = m_project, id] { return project->run(id); },
             [go](const Result<store::RunRow>& run) { go(run && run->state == "stopped"); });
}

// Before it had begun; what fails later ends as a run.
void ShootoutQueue::onFailed(const QString& sentence)
{
    if (m_current < 0 || m_hasBegun) {
        return;
    }
    m_record.entries[static_cast<std::size_t>(std::exchange(m_current, -1))].sentence = sentence.toStdString();
    save();
    Q_EMIT changed();
    next();
}

void ShootoutQueue::cancel(int at)
{
    if (!m_isRunning || at < 0 || at >= static_cast<int>(m_record.entries.size())) {
        return;
    }
    if (at == m_current) {
        m_isPassing = true;
        m_workspace.runs()->stop();
        return;
    }
    if (std::erase(m_waiting, at) > 0) {
        m_record.entries[static_cast<std::size_t>(at)].isCancelled = true;
        save();
        Q_EMIT changed();
    }
}

void ShootoutQueue::cancelAll()
{
    for (const int entry : std::vector<int>(m_waiting)) {
        cancel(entry);
    }
    if (m_current >= 0) {
        cancel(m_current);
    } else {
        finish();
    }
}

void ShootoutQueue::finish()
{
    m_isRunning = false;
    m_current = -1;
    m_waiting.clear();
    Q_EMIT changed();
}

void ShootoutQueue::save()
{
    m_saving.start(this, [project = m_project, record = m_record] { return store::saveShootout(*project, record); }, [this](const Result<void>& saved) {
        if (!saved) {
            m_workspace.say(QString::fromStdString(saved.error().message));
        }
    });
}

} // namespace luthier::ui
