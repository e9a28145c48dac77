// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/map/map_layout.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>

namespace luthier::data {

namespace {

constexpr float kA = 1.577f;
constexpr float kB = 0.895f;
constexpr float kMostMove = 4; // of one force, so that two points in one place do not fly apart
constexpr int kPushes = 4;     // for each pull
constexpr float kExtent = 10;  // of the beginning

float clamped(float value)
{
    return std::clamp(value, -kMostMove, kMostMove);
}

class Layout {
public:
    Layout(const RowFeatures& features, const Neighbours& neighbours, std::uint64_t seed)
        : m_neighbours(neighbours), m_random(seed), m_points(features.size())
    {
        float largest = 1e-12f;
        for (std::size_t i = 0; i < features.size(); ++i) {
            const auto point = features.point(i);
            m_points[i] = {point[0], point.size() > 1 ? point[1] : 0};
            largest = std::max({largest, std::abs(m_points[i].x), std::abs(m_points[i].y)});
        }
        for (MapPoint& point : m_points) { // rows that are the same would never part
            point.x = point.x / largest * kExtent + static_cast<float>(m_random.uniform() - 0.5) * 0.01f;
            point.y = point.y / largest * kExtent + static_cast<float>(m_random.uniform() - 0.5) * 0.01f;
        }
    }

    Result<std::vector<MapPoint>> run(const base::Progress& progress, const base::CancelToken& cancel)
    {
        const int rounds = m_points.size() > 20000 ? 80 : 200;
        for (int round = 0; round < rounds; ++round) {
            if (cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            const float rate = 1 - static_cast<float>(round) / static_cast<float>(rounds);
            for (std::size_t i = 0; i < m_points.size(); ++i) {
                move(i, rate);
            }
            if (progress) {
                progress(round + 1, rounds);
            }
        }
        return scaled();
    }

private:
    void move(std::size_t index, float rate)
    {
        const auto near = m_neighbours.of(index);
        const auto distances = m_neighbours.distancesOf(index);
        // The nearest pulls with full force, one twice as far as the mean hardly.
        const float first = near.empty() ? 0 : distances[0];
        const float scale = near.empty() ? 1 : std::max(1e-6f, distances[near.size() / 2] - first + 1e-3f);
        for (std::size_t k = 0; k < near.size(); ++k) {
            if (m_random.uniform() < std::exp(-(distances[k] - first) / scale)) {
                pull(m_points[index], m_points[near[k]], rate);
                for (int i = 0; i < kPushes; ++i) {
                    const auto other = static_cast<std::size_t>(m_random.below(m_points.size()));
                    if (other != index) {
                        push(m_points[index], m_points[other], rate);
                    }
                }
            }
        }
    }

    static void pull(MapPoint& a, MapPoint& b, float rate)
    {
        const float x = a.x - b.x;
        const float y = a.y - b.y;
        const float squared = x * x + y * y;
        if (squared <= 0) {
            return;
        }
        const float power = std::pow(squared, kB);
        const float force = -2 * kA * kB * power / squared / (1 + kA * power);
        a.x += clamped(force * x) * rate;
        a.y += clamped(force * y) * rate;
        b.x -= clamped(force * x) * rate;
        b.y -= clamped(force * y) * rate;
    }

    static void push(MapPoint& a, const MapPoint& b, float rate)
    {
        const float x = a.x - b.x;
        const float y = a.y - b.y;
        const float squared = x * x + y * y;
        const float force = 2 * kB / ((0.001f + squared) * (1 + kA * std::pow(squared, kB)));
        a.x += clamped(force * x) * rate;
        a.y += clamped(force * y) * rate;
    }

    std::vector<MapPoint> scaled()
    {
        const auto byX = [](const MapPoint& a, const MapPoint& b) { return a.x < b.x; };
        const auto byY = [](const MapPoint& a, const MapPoint& b) { return a.y < b.y; };
        const auto [left, right] = std::minmax_element(m_points.begin(), m_points.end(), byX);
        const auto [low, high] = std::minmax_element(m_points.begin(), m_points.end(), byY);
        const MapPoint middle{(left->x + right->x) / 2, (low->y + high->y) / 2};
        const float half = std::max({right->x - left->x, high->y - low->y, 1e-12f}) / 2;
        for (MapPoint& point : m_points) {
            point = {(point.x - middle.x) / half, (point.y - middle.y) / half};
        }
        return std::move(m_points);
    }

    const Neighbours& m_neighbours;
    base::Random m_random;
    std::vector<MapPoint> m_points;
};

} // namespace

Result<std::vector<MapPoint>> mapLayout(const RowFeatures& features, const Neighbours& neighbours, std::uint64_t seed,
                                        const base::Progress& progress, const base::CancelToken& cancel)
{
    return features.size() == 0 ? std::vector<MapPoint>{} : Layout(features, neighbours, seed).run(progress, cancel);
}

} // namespace luthier::data
