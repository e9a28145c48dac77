// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/recorder.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace luthier::store {

namespace {

constexpr std::chrono::milliseconds kBatchTime{500}; // so that an event is on the disk within a second, its writing counted
constexpr int kLastTries = 3; // when the run is over and the disk still refuses
constexpr std::chrono::milliseconds kLastPause{300};

// After these nothing may be missing from the project, whatever happens next.
bool isUrgent(const train::Event& event)
{
    return std::holds_alternative<train::CheckpointSaved>(event)
           || std::holds_alternative<train::RunEnded>(event);
}

} // namespace

struct Recorder::State {
    State(std::shared_ptr<Project> project, RunId run, std::function<void(std::string)> onProblem)
        : project(std::move(project)), run(run), onProblem(std::move(onProblem)), thread([this] { work(); })
    {
    }

    void work();
    bool write();
    void takeRowLosses();
    void tell(const std::string& problem);

    const std::shared_ptr<Project> project;
    const RunId run;
    const std::function<void(std::string)> onProblem;

    std::mutex mutex;
    std::condition_variable wake;
    std::vector<train::Event> pending; // guarded by mutex
    bool urgent = false;               // guarded by mutex
    bool ending = false;               // guarded by mutex
    std::uint64_t taken = 0;           // events that came; guarded by mutex
    std::uint64_t tried = 0;           // of them, those whose writing was tried; guarded by mutex
    std::condition_variable settled;

    std::vector<train::Event> batch; // of the thread alone; what could not be written stays in it
    std::string told;                // of the thread alone; the same problem is told once

    std::thread thread; // last: it uses all of the above
};

void Recorder::State::work()
{
    std::unique_lock lock(mutex);
    while (!ending || !pending.empty()) {
        if (batch.empty()) {
            wake.wait(lock, [this] { return ending || !pending.empty(); });
        }
        wake.wait_for(lock, kBatchTime, [this] { return ending || urgent; });
        urgent = false;
        batch.insert(batch.end(), std::make_move_iterator(pending.begin()),
                     std::make_move_iterator(pending.end()));
        pending.clear();
        const std::uint64_t last = taken;
        lock.unlock();
        write();
        lock.lock();
        tried = last;
        settled.notify_all();
    }
    lock.unlock();
    for (int i = 1; !batch.empty() && i < kLastTries; ++i) {
        std::this_thread::sleep_for(kLastPause);
        write();
    }
    if (!batch.empty()) {
        tell("the last " + std::to_string(batch.size()) + " events of run " + std::to_string(run)
             + " are not in the project; its folder holds all that was saved. " + told);
    }
}

bool Recorder::State::write()
{
    if (batch.empty()) {
        return true;
    }
    const Result<void> written = project->appendEvents(run, batch);
    if (written) {
        if (std::holds_alternative<train::RunEnded>(batch.back())) {
            takeRowLosses();
        }
        batch.clear();
        told.clear();
    } else if (written.message() != told) {
        told = written.message();
        tell(told + " What the run says is kept and tried again.");
    }
    return written.ok();
}

// What the run measured lies in its folder.
void Recorder::State::takeRowLosses()
{
    const auto row = project->run(run);
    const auto losses = row ? data::readRowLosses(row->folder) : Result<data::FileLosses>(row.error());
    if (!losses) {
        return tell(losses.message());
    }
    for (const auto& [path, rows] : *losses) {
        if (auto saved = project->saveRowLosses(run, path, rows); !saved) {
            tell(saved.message());
        }
    }
}

void Recorder::State::tell(const std::string& problem)
{
    if (onProblem) {
        onProblem(problem);
    }
}

Recorder::Recorder(std::shared_ptr<Project> project, RunId run, std::function<void(std::string)> onProblem)
    : m_state(std::make_unique<State>(std::move(project), run, std::move(onProblem)))
{
}

Recorder::~Recorder()
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->ending = true;
    }
    m_state->wake.notify_one();
    m_state->thread.join();
}

void Recorder::onEvent(const train::Event& event)
{
    // Stages come often and only matter while they last.
    if (std::holds_alternative<train::StageChanged>(event)) {
        return;
    }
    bool wakes = false;
    {
        const std::lock_guard lock(m_state->mutex);
        wakes = m_state->pending.empty() || isUrgent(event);
        m_state->urgent = m_state->urgent || isUrgent(event);
        m_state->pending.push_back(event);
        ++m_state->taken;
    }
    if (wakes) {
        m_state->wake.notify_one();
    }
}

void Recorder::settle()
{
    std::unique_lock lock(m_state->mutex);
    const std::uint64_t last = m_state->taken;
    if (m_state->tried >= last) {
        return;
    }
    m_state->urgent = true;
    m_state->wake.notify_one();
    m_state->settled.wait(lock, [&] { return m_state->tried >= last; });
}

} // namespace luthier::store
