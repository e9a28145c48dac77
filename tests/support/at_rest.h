// SPDX-License-Identifier: GPL-3.0-or-later
// AtRest: waits for the end of what a window was asked for instead of a while: until no job runs, nothing that other threads told is
// still to be heard, and nothing waits for a moment of its own (a check when typing pauses, a frame that is drawn). What comes round
// again and again (a clock, a look at memory) is no such thing. Made before the window, on its thread.
#pragma once

#include "ui/bridge/job.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QTimer>
#include <QtTest>

#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_set>

// Qt's own way for tools to hear of every object: QHooks of qhooks_p.h, the same since 5.4.
extern Q_CORE_EXPORT quintptr qtHookData[];

namespace luthier::support {

class AtRest : public QObject {
public:
    AtRest()
    {
        qtHookData[kAdded] = reinterpret_cast<quintptr>(&added);
        qtHookData[kRemoved] = reinterpret_cast<quintptr>(&removed);
        QCoreApplication::instance()->installEventFilter(this);
    }
    ~AtRest() override
    {
        qtHookData[kAdded] = 0;
        qtHookData[kRemoved] = 0;
        known().objects.clear();
    }

    // What moves for longer than `milliseconds` moves on.
    void wait(int milliseconds = 3000)
    {
        QElapsedTimer waited;
        waited.start();
        for (int quiet = 0; quiet < kQuietRounds && waited.elapsed() < milliseconds;) {
            ui::waitForJobs();
            m_isTold = false;
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
            QCoreApplication::processEvents();
            const bool waits = timerWaits();
            quiet = m_isTold || waits ? 0 : quiet + 1;
            if (waits) {
                QTest::qWait(kRoundMs);
            }
        }
    }

protected:
    bool eventFilter(QObject* object, QEvent* event) override
    {
        m_isTold = m_isTold || event->type() == QEvent::MetaCall;
        return QObject::eventFilter(object, event);
    }

private:
    struct Known {
        std::thread::id thread = std::this_thread::get_id();
        std::mutex mutex;
        std::unordered_set<QObject*> objects; // guarded by mutex; made on this thread
    };
    static Known& known()
    {
        static Known one;
        return one;
    }
    static void added(QObject* object)
    {
        Known& all = known();
        if (std::this_thread::get_id() == all.thread) {
            const std::lock_guard lock(all.mutex);
            all.objects.insert(object);
        }
    }
    static void removed(QObject* object)
    {
        Known& all = known();
        const std::lock_guard lock(all.mutex);
        all.objects.erase(object);
    }

    // One that fires once and soon; a wait of seconds (words that stay to be read) changes nothing that was asked for.
    static bool timerWaits()
    {
        Known& all = known();
        const std::lock_guard lock(all.mutex);
        for (QObject* object : all.objects) {
            if (const auto* timer = qobject_cast<const QTimer*>(object)) {
                if (timer->isActive() && timer->interval() <= kSoonMs && (timer->isSingleShot() || timer->interval() == 0)) {
                    return true;
                }
            } else if (std::strcmp(object->metaObject()->className(), "QSingleShotTimer") == 0) {
                return true;
            }
        }
        return false;
    }

    static constexpr int kAdded = 3; // places in qtHookData
    static constexpr int kRemoved = 4;
    static constexpr int kQuietRounds = 3; // what one round's events post is done in the next
    static constexpr int kRoundMs = 5;
    static constexpr int kSoonMs = 1000;

    bool m_isTold = false;
};

} // namespace luthier::support
