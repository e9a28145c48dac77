// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/job.h"

#include "core/data/sources/columnar_lines.h"

#include <QCoreApplication>
#include <QMetaObject>
#include <QThread>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>
#include <mutex>

namespace luthier::ui {
namespace {

// Jobs wait for disks, and two answers may be written at once; none of them may keep a short job waiting.
constexpr int kMinThreads = 8;
constexpr int kFrameMs = 33;

QThreadPool& pool()
{
    static QThreadPool& instance = []() -> QThreadPool& {
        static QThreadPool made;
        made.setMaxThreadCount(std::max(kMinThreads, QThread::idealThreadCount()));
        qAddPostRoutine([] {
            data::stopColumnarWork(); // or the end would wait with the jobs that wait for rows
            made.waitForDone();
        });
        return made;
    }();
    return instance;
}

// The newest progress of one job; told at most once a frame.
struct ProgressState {
    std::mutex mutex;
    std::int64_t done = 0;
    std::int64_t total = 0;
    bool scheduled = false;
    base::Progress tell;
};

void deliver(const std::shared_ptr<ProgressState>& state)
{
    std::int64_t done = 0;
    std::int64_t total = 0;
    {
        const std::lock_guard lock(state->mutex);
        done = state->done;
        total = state->total;
        state->scheduled = false;
    }
    state->tell(done, total);
}

} // namespace

namespace detail {

void post(QObject* context, std::function<std::function<void()>()> work)
{
    // The guard is read on the GUI thread only, where contexts die; the application outlives the pool's work.
    pool().start([guard = QPointer<QObject>(context), work = std::move(work)]() mutable {
        std::function<void()> done = work();
        QCoreApplication* app = QCoreApplication::instance();
        if (app == nullptr) {
            return;
        }
        // Also what the work holds ends on the GUI thread: it may be the last owner of a widget's value.
        QMetaObject::invokeMethod(
            app,
            [guard = std::move(guard), done = std::move(done), work = std::move(work)] {
                if (guard) {
                    done();
                }
            },
            Qt::QueuedConnection);
    });
}

base::Progress batchedProgress(QObject* context, base::Progress onProgress)
{
    if (!onProgress) {
        return {};
    }
    auto state = std::make_shared<ProgressState>();
    state->tell = std::move(onProgress);
    return [guard = QPointer<QObject>(context), state](std::int64_t done, std::int64_t total) {
        {
            const std::lock_guard lock(state->mutex);
            state->done = done;
            state->total = total;
            if (std::exchange(state->scheduled, true)) {
                return;
            }
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, state] {
                if (guard) {
                    QTimer::singleShot(kFrameMs, guard.data(), [state] { deliver(state); });
                }
            },
            Qt::QueuedConnection);
    };
}

} // namespace detail

void waitForJobs()
{
    pool().waitForDone();
}

} // namespace luthier::ui
