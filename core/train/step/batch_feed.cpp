// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/batch_feed.h"

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::size_t kAhead = 3;

} // namespace

BatchFeed::BatchFeed(const ItemStore& store, const BatchPlan& plan, BatchCursor start, BatchForm form, Share share)
    : m_store(store), m_plan(plan), m_cursor(start), m_form{plan.isPacked(), form.perSequence, form.pinned, form.mismatches, form.maxLength, form.shared},
      m_share(share),
      m_thread([this](const std::stop_token& stop) { work(stop); })
{
}

StepBatches BatchFeed::make(const EpochPlan& epoch, BatchCursor at, std::int64_t steps) const
{
    StepBatches step;
    const auto size = static_cast<std::size_t>(m_plan.settings().accumulation);
    const std::size_t first = static_cast<std::size_t>(at.step) * size;
    std::vector<std::span<const std::uint32_t>> batches;
    for (std::size_t i = first; i < std::min(first + size, epoch.numBatches()); ++i) {
        batches.push_back(epoch.batch(i));
    }
    for (const StepPart& part : shareOf(m_store, batches, m_form, m_share)) {
        step.add(makeMicroBatch(m_store, part.items, m_form));
        step.places.push_back(part.place);
    }
    step.epoch = static_cast<double>(at.epoch) + static_cast<double>(at.step + 1) / static_cast<double>(steps);
    step.after = at.step + 1 < steps ? BatchCursor{at.epoch, at.step + 1} : BatchCursor{at.epoch + 1, 0};
    return step;
}

void BatchFeed::work(const std::stop_token& stop)
{
    try {
        while (!stop.stop_requested()) {
            const auto epoch = m_cursor.epoch;
            const EpochPlan plan = m_plan.epoch(epoch);
            const std::int64_t steps = m_plan.stepsOf(plan);
            if (m_cursor.step >= steps) { // the data has fewer rows than when the run was stopped
                m_cursor = {epoch + 1, 0};
            }
            while (m_cursor.epoch == epoch) {
                StepBatches step = make(plan, m_cursor, steps);
                m_cursor = step.after;
                std::unique_lock lock(m_mutex);
                if (!m_changed.wait(lock, stop, [this] { return m_ready.size() < kAhead; })) {
                    return;
                }
                m_ready.push_back(std::move(step));
                m_changed.notify_all();
            }
        }
    } catch (...) {
        const std::lock_guard lock(m_mutex);
        m_problem = std::current_exception();
        m_changed.notify_all();
    }
}

StepBatches BatchFeed::next()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return !m_ready.empty() || m_problem; });
    if (m_ready.empty()) {
        std::rethrow_exception(m_problem);
    }
    StepBatches step = std::move(m_ready.front());
    m_ready.pop_front();
    m_changed.notify_all();
    return step;
}

} // namespace luthier::train
