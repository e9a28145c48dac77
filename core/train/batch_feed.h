// SPDX-License-Identifier: GPL-3.0-or-later
// BatchFeed: the steps of a plan in order, made ahead on a thread of its own so that the device never waits for
// them. Internal to core: names torch types.
//
// Threads: next() from one thread.
#pragma once

#include "core/train/batch_plan.h"
#include "core/train/micro_batch.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace luthier::train {

struct StepBatches {
    std::vector<MicroBatch> batches; // in CPU memory
    std::int64_t tokens = 0;
    std::int64_t trained = 0;
    BatchCursor after;               // where the next step begins
    double epoch = 0;                // epochs seen once this step is done
};

class BatchFeed {
public:
    // Store and plan must outlive the feed. Goes on for ever, epoch after epoch.
    BatchFeed(const TokenStore& store, const BatchPlan& plan, BatchCursor start, bool pinned);

    StepBatches next(); // throws what making it threw

private:
    void work(const std::stop_token& stop);
    StepBatches make(const EpochPlan& epoch, BatchCursor at, std::int64_t steps) const;

    const TokenStore& m_store;
    const BatchPlan& m_plan;
    BatchCursor m_cursor; // of the thread
    bool m_pinned = false;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<StepBatches> m_ready;  // guarded by m_mutex
    std::exception_ptr m_problem;     // guarded by m_mutex
    std::jthread m_thread;            // last: stops before the rest goes
};

} // namespace luthier::train
