// SPDX-License-Identifier: GPL-3.0-or-later
// WriteSlot: keeps on the disk what changes again and again: one write at a time, and behind it the last that was asked for meanwhile.
//
// Threads: GUI thread; the write is a job that owns what it writes. The slot belongs to its context.
#pragma once

#include "core/base/result.h"
#include "ui/bridge/job.h"

#include <functional>
#include <utility>

namespace luthier::ui {

class WriteSlot {
public:
    using Write = std::function<Result<void>()>;
    using Done = std::function<void(const Result<void>&)>; // of writes that were made

    void start(QObject* context, Write write, Done done)
    {
        if (m_isWriting) {
            m_next = [this, context, write = std::move(write), done = std::move(done)] { start(context, write, done); };
            return;
        }
        m_isWriting = true;
        startJob(context, std::move(write), [this, context, done = std::move(done)](const Result<void>& written) {
            m_isWriting = false;
            done(written);
            if (const auto next = std::exchange(m_next, nullptr)) {
                next();
            }
        });
    }
    bool isWriting() const { return m_isWriting; }

private:
    bool m_isWriting = false;
    std::function<void()> m_next;
};

} // namespace luthier::ui
