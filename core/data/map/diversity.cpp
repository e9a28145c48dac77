// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/map/diversity.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace luthier::data {

namespace {

constexpr std::size_t kMostDistances = std::size_t{2} << 30;

class FarthestPoints {
public:
    FarthestPoints(const RowFeatures& features, const base::Progress& progress, const base::CancelToken& cancel)
        : m_features(features), m_progress(progress), m_cancel(cancel)
    {
    }

    Result<std::vector<std::size_t>> run(std::size_t keep)
    {
        m_keep = std::min(keep, m_features.size());
        const std::size_t parts = m_features.size() * m_keep / kMostDistances + 1;
        for (std::size_t part = 0; part < parts; ++part) {
            std::vector<std::size_t> own;
            for (std::size_t i = part; i < m_features.size(); i += parts) {
                own.push_back(i);
            }
            // Rounded so that the shares add up.
            if (!take(own, m_keep * (part + 1) / parts - m_keep * part / parts)) {
                return Error{"cancelled"};
            }
        }
        return std::move(m_taken);
    }

private:
    bool take(const std::vector<std::size_t>& own, std::size_t count)
    {
        std::vector<float> nearest(own.size(), std::numeric_limits<float>::max());
        std::size_t next = middleOf(own);
        for (std::size_t taken = 0; taken < std::min(count, own.size()); ++taken) {
            if (m_cancel.isCancelled()) {
                return false;
            }
            m_taken.push_back(own[next]);
            const auto point = m_features.point(own[next]);
            nearest[next] = -1; // not again, also when all others are the same
            for (std::size_t i = 0; i < own.size(); ++i) {
                if (nearest[i] >= 0) {
                    nearest[i] = std::min(nearest[i], squaredDistance(point, m_features.point(own[i])));
                }
            }
            next = static_cast<std::size_t>(std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
            if (m_progress && m_taken.size() % 64 == 0) {
                m_progress(static_cast<std::int64_t>(m_taken.size()), static_cast<std::int64_t>(m_keep));
            }
        }
        return true;
    }

    // The point nearest to the centre, which is the origin of the main directions.
    std::size_t middleOf(const std::vector<std::size_t>& own) const
    {
        const std::vector<float> centre(m_features.dimensions, 0);
        std::size_t best = 0;
        for (std::size_t i = 1; i < own.size(); ++i) {
            if (squaredDistance(centre, m_features.point(own[i])) < squaredDistance(centre, m_features.point(own[best]))) {
                best = i;
            }
        }
        return best;
    }

    const RowFeatures& m_features;
    const base::Progress& m_progress;
    const base::CancelToken& m_cancel;
    std::size_t m_keep = 0;
    std::vector<std::size_t> m_taken;
};

template <class Value>
std::vector<std::size_t> largest(std::size_t size, std::size_t count, Value valueOf)
{
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    count = std::min(count, size);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                      [&](std::size_t a, std::size_t b) { return valueOf(a) != valueOf(b) ? valueOf(a) > valueOf(b) : a < b; });
    order.resize(count);
    return order;
}

} // namespace

Result<std::vector<std::size_t>> farthestPoints(const RowFeatures& features, std::size_t keep, const base::Progress& progress,
                                                const base::CancelToken& cancel)
{
    return FarthestPoints(features, progress, cancel).run(keep);
}

std::vector<std::size_t> rarestRows(const Neighbours& neighbours, std::size_t count)
{
    if (neighbours.each == 0) {
        return {};
    }
    return largest(neighbours.indices.size() / neighbours.each, count, [&](std::size_t i) {
        const auto distances = neighbours.distancesOf(i);
        return std::accumulate(distances.begin(), distances.end(), 0.0f);
    });
}

std::vector<std::size_t> longestRows(const RowFeatures& features, std::size_t count)
{
    return largest(features.size(), count, [&](std::size_t i) { return features.bytes[i]; });
}

} // namespace luthier::data
