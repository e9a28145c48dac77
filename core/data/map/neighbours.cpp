// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/map/neighbours.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace luthier::data {

namespace {

constexpr std::size_t kTrees = 8;
constexpr std::size_t kLeaf = 48; // points at most, unless they are all alike
constexpr std::size_t kExact = 600;

// One tree: an order of the points in which those of a leaf stand together, and where each leaf begins and ends.
struct Tree {
    std::vector<std::uint32_t> order;
    std::vector<std::uint32_t> leafOf;               // of each point
    std::vector<std::pair<std::size_t, std::size_t>> leaves;
};

class TreeMaker {
public:
    TreeMaker(const RowFeatures& features, std::uint64_t seed) : m_features(features), m_random(seed) {}

    Tree make()
    {
        m_tree.order.resize(m_features.size());
        m_tree.leafOf.resize(m_features.size());
        std::iota(m_tree.order.begin(), m_tree.order.end(), 0u);
        std::vector<std::pair<std::size_t, std::size_t>> open{{0, m_features.size()}};
        while (!open.empty()) {
            const auto [begin, end] = open.back();
            open.pop_back();
            const std::size_t middle = end - begin <= kLeaf ? begin : split(begin, end);
            if (middle == begin) {
                addLeaf(begin, end);
            } else {
                open.emplace_back(begin, middle);
                open.emplace_back(middle, end);
            }
        }
        return std::move(m_tree);
    }

private:
    void addLeaf(std::size_t begin, std::size_t end)
    {
        for (std::size_t i = begin; i < end; ++i) {
            m_tree.leafOf[m_tree.order[i]] = static_cast<std::uint32_t>(m_tree.leaves.size());
        }
        m_tree.leaves.emplace_back(begin, end);
    }

    // Halves at the median along the line between two of the points, so that the depth is bounded.
    std::size_t split(std::size_t begin, std::size_t end)
    {
        const auto pick = [&] { return m_features.point(m_tree.order[begin + m_random.below(end - begin)]); };
        const auto a = pick();
        const auto b = pick();
        m_keys.resize(m_features.size());
        for (std::size_t i = begin; i < end; ++i) {
            const auto point = m_features.point(m_tree.order[i]);
            float key = 0;
            for (std::size_t k = 0; k < point.size(); ++k) {
                key += point[k] * (a[k] - b[k]);
            }
            m_keys[m_tree.order[i]] = key;
        }
        const auto first = m_tree.order.begin();
        const std::size_t middle = begin + (end - begin) / 2;
        std::nth_element(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(middle),
                         first + static_cast<std::ptrdiff_t>(end), [&](std::uint32_t x, std::uint32_t y) {
                             return m_keys[x] != m_keys[y] ? m_keys[x] < m_keys[y] : x < y;
                         });
        return middle;
    }

    const RowFeatures& m_features;
    base::Random m_random;
    Tree m_tree;
    std::vector<float> m_keys;
};

std::vector<Tree> treesOf(const RowFeatures& features, std::uint64_t seed)
{
    std::vector<Tree> trees;
    if (features.size() <= kExact) { // one leaf with all
        Tree all;
        all.order.resize(features.size());
        std::iota(all.order.begin(), all.order.end(), 0u);
        all.leafOf.assign(features.size(), 0);
        all.leaves = {{0, features.size()}};
        trees.push_back(std::move(all));
        return trees;
    }
    for (std::size_t i = 0; i < kTrees; ++i) {
        trees.push_back(TreeMaker(features, base::Random(seed + i).next()).make());
    }
    return trees;
}

using Found = std::pair<float, std::uint32_t>; // squared distance, point

} // namespace

Result<Neighbours> nearestNeighbours(const RowFeatures& features, std::size_t each, std::uint64_t seed, const WalkOptions& options)
{
    Neighbours result;
    result.each = features.size() > 1 ? std::min(each, std::min(features.size() - 1, kLeaf / 2 - 1)) : 0;
    result.indices.resize(features.size() * result.each);
    result.distances.resize(features.size() * result.each);
    const auto trees = treesOf(features, seed);
    auto walked = walkRows(static_cast<std::int64_t>(features.size()), options, [&](std::int64_t row, std::size_t) {
        const auto index = static_cast<std::size_t>(row);
        std::vector<std::uint32_t> near;
        for (const Tree& tree : trees) {
            const auto [begin, end] = tree.leaves[tree.leafOf[index]];
            near.insert(near.end(), tree.order.begin() + static_cast<std::ptrdiff_t>(begin),
                        tree.order.begin() + static_cast<std::ptrdiff_t>(end));
        }
        std::sort(near.begin(), near.end());
        near.erase(std::unique(near.begin(), near.end()), near.end());
        std::vector<Found> found;
        for (const std::uint32_t other : near) {
            if (other != index) {
                found.emplace_back(squaredDistance(features.point(index), features.point(other)), other);
            }
        }
        const auto wanted = static_cast<std::ptrdiff_t>(std::min(result.each, found.size()));
        std::partial_sort(found.begin(), found.begin() + wanted, found.end());
        for (std::size_t i = 0; i < result.each; ++i) {
            result.indices[index * result.each + i] = found[i].second;
            result.distances[index * result.each + i] = std::sqrt(found[i].first);
        }
    });
    return walked ? Result<Neighbours>(std::move(result)) : walked.error();
}

} // namespace luthier::data
