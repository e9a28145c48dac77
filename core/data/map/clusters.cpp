// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/map/clusters.h"

#include "core/base/random.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace luthier::data {

namespace {

constexpr int kMostRounds = 25; // most points have found their group long before

class Clustering {
public:
    Clustering(const RowFeatures& features, const WalkOptions& options)
        : m_features(features), m_options(options), m_groups(features.size(), 0),
          m_distances(features.size(), std::numeric_limits<float>::max())
    {
        m_options.progress = {}; // of rounds, not of points
    }

    Result<std::vector<std::uint32_t>> run(std::size_t count, std::uint64_t seed, const base::Progress& progress)
    {
        base::Random random(seed);
        addMean(random.below(m_features.size()));
        while (m_numMeans < count) {
            if (auto nearer = assign(m_numMeans - 1); !nearer) {
                return nearer.error();
            }
            const std::size_t next = drawn(random);
            if (next == m_features.size()) {
                break; // every point is a mean already
            }
            addMean(next);
        }
        for (int round = 0; round < kMostRounds; ++round) {
            const std::vector<std::uint32_t> before = m_groups;
            std::fill(m_distances.begin(), m_distances.end(), std::numeric_limits<float>::max());
            if (auto assigned = assign(0); !assigned) {
                return assigned.error();
            }
            if (progress) {
                progress(round + 1, kMostRounds);
            }
            if (round > 0 && m_groups == before) {
                break;
            }
            moveMeans();
        }
        return ranked();
    }

private:
    std::span<const float> mean(std::size_t group) const { return std::span(m_means).subspan(group * m_features.dimensions, m_features.dimensions); }

    void addMean(std::size_t point)
    {
        const auto at = m_features.point(point);
        m_means.insert(m_means.end(), at.begin(), at.end());
        ++m_numMeans;
    }

    // Each point to the nearest mean from `first` on, where that is nearer than what it has.
    Result<void> assign(std::size_t first)
    {
        return walkRows(static_cast<std::int64_t>(m_features.size()), m_options, [this, first](std::int64_t i, std::size_t) {
            const auto at = static_cast<std::size_t>(i);
            for (std::size_t group = first; group < m_numMeans; ++group) {
                const float distance = squaredDistance(m_features.point(at), mean(group));
                if (distance < m_distances[at]) {
                    m_distances[at] = distance;
                    m_groups[at] = static_cast<std::uint32_t>(group);
                }
            }
        });
    }

    // A point by the square of its distance to the means so far; the number of points: none is apart from them.
    std::size_t drawn(base::Random& random) const
    {
        const double sum = std::accumulate(m_distances.begin(), m_distances.end(), 0.0);
        double left = random.uniform() * sum;
        for (std::size_t i = 0; sum > 0 && i < m_distances.size(); ++i) {
            left -= static_cast<double>(m_distances[i]);
            if (left < 0 && m_distances[i] > 0) {
                return i;
            }
        }
        return m_features.size();
    }

    void moveMeans()
    {
        std::vector<double> sums(m_means.size(), 0);
        std::vector<std::size_t> counts(m_numMeans, 0);
        for (std::size_t i = 0; i < m_groups.size(); ++i) {
            const auto point = m_features.point(i);
            ++counts[m_groups[i]];
            for (std::size_t d = 0; d < point.size(); ++d) {
                sums[m_groups[i] * m_features.dimensions + d] += static_cast<double>(point[d]);
            }
        }
        for (std::size_t i = 0; i < m_means.size(); ++i) {
            const std::size_t count = counts[i / m_features.dimensions];
            m_means[i] = count == 0 ? m_means[i] : static_cast<float>(sums[i] / static_cast<double>(count));
        }
    }

    std::vector<std::uint32_t> ranked() const
    {
        std::vector<std::size_t> counts(m_numMeans, 0);
        for (const std::uint32_t group : m_groups) {
            ++counts[group];
        }
        std::vector<std::uint32_t> order(m_numMeans);
        std::iota(order.begin(), order.end(), 0u);
        std::stable_sort(order.begin(), order.end(), [&counts](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
        std::vector<std::uint32_t> rank(m_numMeans);
        for (std::size_t i = 0; i < order.size(); ++i) {
            rank[order[i]] = static_cast<std::uint32_t>(i);
        }
        std::vector<std::uint32_t> groups(m_groups.size());
        std::transform(m_groups.begin(), m_groups.end(), groups.begin(), [&rank](std::uint32_t group) { return rank[group]; });
        return groups;
    }

    const RowFeatures& m_features;
    WalkOptions m_options;
    std::vector<std::uint32_t> m_groups;
    std::vector<float> m_distances; // squared, to the nearest mean
    std::vector<float> m_means;     // [m_numMeans, dimensions]
    std::size_t m_numMeans = 0;
};

} // namespace

Result<std::vector<std::uint32_t>> clusterRows(const RowFeatures& features, std::size_t count, std::uint64_t seed, const WalkOptions& options)
{
    return features.size() == 0 ? std::vector<std::uint32_t>() : Clustering(features, options).run(std::max<std::size_t>(count, 1), seed, options.progress);
}

} // namespace luthier::data
