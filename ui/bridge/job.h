// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs: work of the core on a thread of the shared pool, its result on the GUI thread.
//
//   startJob(this, [path] { return readTable(path); }, [this](const Result<Table>& table) { show(table); });
//
// `work` runs on the pool and must own what it uses (copies, shared_ptr). `done` runs on the GUI thread, later,
// never inside startJob, and not at all when `context` is gone. Exceptions must not leave `work`.
// JobSlot is for work whose newest answer alone counts: starting again cancels the last and drops its result. Once a job's
// result has come, or it was cancelled, nothing more is heard of its progress.
//
// Threads: start from the GUI thread.
#pragma once

#include "core/base/cancel.h"

#include <QPointer>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

class QObject;

namespace luthier::ui {

// What `work` may ask and tell while it runs; progress reaches the GUI thread about thirty times a second.
struct JobControl {
    base::CancelToken cancel;
    base::Progress progress;
};

namespace detail {

// `work` returns what is to be called on the GUI thread.
void post(QObject* context, std::function<std::function<void()>()> work);

base::Progress batchedProgress(QObject* context, base::Progress onProgress);

template <class Work>
auto call(Work& work, const JobControl& control)
{
    if constexpr (std::is_invocable_v<Work&, const JobControl&>) {
        return work(control);
    } else {
        return work();
    }
}

} // namespace detail

template <class Work, class Done>
void startJob(QObject* context, Work work, Done done, JobControl control = {})
{
    using Value = decltype(detail::call(work, control));
    detail::post(context, [work = std::move(work), done = std::move(done), control = std::move(control)]() mutable {
        if constexpr (std::is_void_v<Value>) {
            detail::call(work, control);
            return std::function<void()>(std::move(done));
        } else {
            auto value = std::make_shared<Value>(detail::call(work, control));
            return std::function<void()>([done = std::move(done), value]() mutable { done(std::as_const(*value)); });
        }
    });
}

class JobSlot {
public:
    JobSlot() = default;
    ~JobSlot() { cancel(); }
    JobSlot(const JobSlot&) = delete;
    JobSlot& operator=(const JobSlot&) = delete;

    // onProgress may be empty; it runs on the GUI thread.
    template <class Work, class Done>
    void start(QObject* context, Work work, Done done, base::Progress onProgress = {})
    {
        cancel();
        m_current = std::make_shared<Current>();
        const auto own = m_current;
        if (onProgress) {
            // It comes a frame later, so behind the result of a job that told something at its end.
            own->control.progress = detail::batchedProgress(context, [weak = std::weak_ptr(own), tell = std::move(onProgress)](std::int64_t at, std::int64_t total) {
                if (const auto job = weak.lock(); job && job->isHeard) {
                    tell(at, total);
                }
            });
        }
        startJob(context, std::move(work),
                 [this, own, done = std::move(done)](const auto&... value) mutable {
                     if (own->isHeard) { // cancelled: this slot may be gone, too
                         own->isHeard = false;
                         m_current.reset();
                         done(value...);
                     }
                 },
                 own->control);
    }

    bool isRunning() const { return m_current != nullptr; }
    void cancel()
    {
        if (m_current) {
            m_current->isHeard = false;
            m_current->control.cancel.cancel();
            m_current.reset();
        }
    }

private:
    struct Current {
        JobControl control;
        bool isHeard = true; // of the GUI thread alone
    };
    std::shared_ptr<Current> m_current;
};

// Waits until all jobs have returned. For the end of the program and of tests.
void waitForJobs();

} // namespace luthier::ui
