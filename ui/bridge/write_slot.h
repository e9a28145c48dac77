// SPDX-License-Identifier: GPL-3.0-or-later
// WriteSlot: keeps on the disk what changes again and again: one write at a time, and behind it the last that was asked for meanwhile,
// also where the slot ends before its turn has come: it is then written before the destructor returns, and nobody is told.
//
// Who reads again what the slot writes asks by whenWritten(): a reading beside a write may find what was there before, and the next
// write would then put that back.
// Threads: GUI thread; the write is a job that owns what it writes. The slot belongs to its context, or ends before it.
#pragma once

#include "core/base/result.h"
#include "ui/bridge/job.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace luthier::ui {

class WriteSlot {
public:
    using Write = std::function<Result<void>()>;
    using Done = std::function<void(const Result<void>&)>; // of writes that were made

    WriteSlot() = default;
    WriteSlot(const WriteSlot&) = delete;
    WriteSlot& operator=(const WriteSlot&) = delete;
    ~WriteSlot()
    {
        if (m_next.write) {
            static_cast<void>(writeInOrder(*m_order, ++m_number, m_next.write));
        }
    }

    void start(QObject* context, Write write, Done done)
    {
        if (m_isWriting) {
            m_next = {context, std::move(write), std::move(done)};
            return;
        }
        m_isWriting = true;
        const auto work = [order = m_order, number = ++m_number, write = std::move(write)] { return writeInOrder(*order, number, write); };
        startJob(context, work, [this, done = std::move(done), here = std::weak_ptr(m_here)](const Result<void>& written) {
            if (here.expired()) { // the slot has ended before its context
                return;
            }
            m_isWriting = false;
            done(written);
            if (auto next = std::exchange(m_next, {}); next.write) {
                start(next.context, std::move(next.write), std::move(next.done));
            }
            if (!m_isWriting) {
                if (const auto then = std::exchange(m_then, nullptr)) {
                    then();
                }
            }
        });
    }
    bool isWriting() const { return m_isWriting; }

    // At once where nothing is being written, otherwise behind all that is; of several that wait the last. Empty: nothing waits any more.
    void whenWritten(std::function<void()> then)
    {
        m_then = nullptr;
        if (m_isWriting) {
            m_then = std::move(then);
        } else if (then) {
            then();
        }
    }

private:
    struct Next {
        QObject* context = nullptr;
        Write write;
        Done done;
    };
    struct Order { // outlives the slot with its last job, which may not have begun when the slot ends
        std::mutex mutex;
        std::uint64_t written = 0; // guarded by mutex
    };

    static Result<void> writeInOrder(Order& order, std::uint64_t number, const Write& write)
    {
        const std::lock_guard lock(order.mutex);
        if (number < order.written) { // a newer one is there already
            return {};
        }
        order.written = number;
        return write();
    }

    std::shared_ptr<bool> m_here = std::make_shared<bool>(true);
    std::shared_ptr<Order> m_order = std::make_shared<Order>();
    std::uint64_t m_number = 0; // of the last write
    bool m_isWriting = false;
    Next m_next;
    std::function<void()> m_then;
};

} // namespace luthier::ui
