// SPDX-License-Identifier: GPL-3.0-or-later
// BatchFeed: the steps of a plan in order, made ahead on a thread of its own so that the device never waits for
// them. Internal to core: names torch types.
//
// Threads: next() from one thread.
#pragma once

#include "core/train/step/batch_source.h"
#include "core/train/step/step_share.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace luthier::train {

class BatchFeed : public BatchSource {
public:
    // Store and plan must outlive the feed. Goes on for ever, epoch after epoch. Whether batches are packed, the plan says. A rank
    // of several makes its share of each step alone.
    BatchFeed(const ItemStore& store, const BatchPlan& plan, BatchCursor start, BatchForm form, Share share = {});

    StepBatches next() override;

private:
    void work(const std::stop_token& stop);
    StepBatches make(const EpochPlan& epoch, BatchCursor at, std::int64_t steps) const;

    const ItemStore& m_store;
    const BatchPlan& m_plan;
    BatchCursor m_cursor; // of the thread
    BatchForm m_form;
    Share m_share;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<StepBatches> m_ready;  // guarded by m_mutex
    std::exception_ptr m_problem;     // guarded by m_mutex
    std::jthread m_thread;            // last: stops before the rest goes
};

} // namespace luthier::train
