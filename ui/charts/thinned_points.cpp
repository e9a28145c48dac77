// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/thinned_points.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr std::array<std::size_t, 4> kStretches{32, 256, 2048, 16384}; // points of a stretch

} // namespace

void ThinnedPoints::Stretch::take(const QCPGraphData& point)
{
    if (!std::isfinite(point.value)) {
        gap = hasGap ? gap : point;
        hasGap = true;
        return;
    }
    low = isEmpty || point.value < low.value ? point : low;
    high = isEmpty || point.value > high.value ? point : high;
    isEmpty = false;
}

void ThinnedPoints::follow(const QCPGraphDataContainer& all)
{
    const auto size = static_cast<std::size_t>(all.size());
    if (size < m_count || (m_count > 0 && all.at(static_cast<int>(m_count) - 1)->key != m_last)) {
        clear();
    }
    m_levels.resize(kStretches.size());
    for (std::size_t i = m_count; i < size; ++i) {
        const QCPGraphData& point = *all.at(static_cast<int>(i));
        for (std::size_t level = 0; level < kStretches.size(); ++level) {
            std::vector<Stretch>& stretches = m_levels[level];
            if (i / kStretches[level] >= stretches.size()) {
                stretches.emplace_back();
            }
            stretches.back().take(point);
        }
    }
    m_count = size;
    m_last = size > 0 ? all.at(static_cast<int>(size) - 1)->key : 0;
}

QVector<QCPGraphData> ThinnedPoints::between(const QCPGraphDataContainer& all, double first, double last, std::size_t most) const
{
    const auto begin = static_cast<std::size_t>(all.findBegin(first, true) - all.constBegin());
    const auto end = static_cast<std::size_t>(all.findEnd(last, true) - all.constBegin());
    QVector<QCPGraphData> points;
    const std::size_t count = end > begin ? end - begin : 0;
    std::size_t level = 0;
    while (level + 1 < kStretches.size() && 2 * count / kStretches[level] > most) {
        ++level;
    }
    if (count <= most || m_levels.empty()) {
        for (std::size_t i = begin; i < end; ++i) {
            points.append(*all.at(static_cast<int>(i)));
        }
        return points;
    }
    const std::size_t size = kStretches[level];
    points.append(*all.at(static_cast<int>(begin)));
    const auto add = [&points](const QCPGraphData& point) {
        if (point.key > points.back().key) {
            points.append(point);
        }
    };
    for (std::size_t i = begin / size; i <= (end - 1) / size && i < m_levels[level].size(); ++i) {
        const Stretch& stretch = m_levels[level][i];
        std::array<QCPGraphData, 3> some;
        std::size_t number = 0;
        if (!stretch.isEmpty) {
            some[number++] = stretch.low;
            some[number++] = stretch.high;
        }
        if (stretch.hasGap) {
            some[number++] = stretch.gap;
        }
        std::sort(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(number), [](const QCPGraphData& a, const QCPGraphData& b) { return a.key < b.key; });
        for (std::size_t k = 0; k < number; ++k) {
            if (some[k].key < all.at(static_cast<int>(end) - 1)->key) {
                add(some[k]);
            }
        }
    }
    add(*all.at(static_cast<int>(end) - 1));
    return points;
}

} // namespace luthier::ui
