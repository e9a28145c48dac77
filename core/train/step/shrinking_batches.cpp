// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/shrinking_batches.h"

#include "core/train/failure.h"

#include <algorithm>
#include <utility>

namespace luthier::train {

bool ShrinkingBatches::fits(std::span<const std::uint32_t> batch, std::size_t done, const Body& body) const
{
    try {
        body(batch, done);
        return true;
    } catch (const std::exception& problem) {
        if (batch.size() <= 1 || !isOutOfMemory(problem)) {
            throw;
        }
        return false; // what the pass held is gone once the handler is left
    }
}

bool ShrinkingBatches::each(std::span<const std::uint32_t> order, const std::function<bool()>& isStopped, const Body& body)
{
    std::size_t done = 0;
    while (done < order.size()) {
        if (isStopped()) {
            return false;
        }
        const auto batch = order.subspan(done, std::min(m_size, order.size() - done));
        if (fits(batch, done, body)) {
            done += batch.size();
        } else {
            m_smallerThan = std::max(m_smallerThan, batch.size());
            m_size = batch.size() / 2;
        }
    }
    return true;
}

std::string ShrinkingBatches::takeNotice()
{
    const std::size_t wanted = std::exchange(m_smallerThan, 0);
    return wanted == 0 ? std::string()
                       : "Memory has no room for " + std::to_string(wanted) + " rows at once here, so they are measured "
                             + std::to_string(m_size) + " at a time.";
}

} // namespace luthier::train
