// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/duplicates.h"

#include "core/data/checks/near_rows.h"
#include "core/data/example_text.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace luthier::data {

namespace {

// Rows of one or two data sets, numbered through.
class Pool {
public:
    void add(const Dataset& dataset)
    {
        m_sets.push_back(&dataset);
        m_begins.push_back(m_count);
        m_count += dataset.rowCount();
    }
    std::int64_t count() const { return m_count; }

    Result<Example> example(std::int64_t row) const
    {
        const std::size_t set = m_sets.size() > 1 && row >= m_begins[1] ? 1 : 0;
        const std::int64_t index = row - m_begins[set];
        return m_sets[set]->isExcluded(index) ? Result<Example>(Error{"left out"}) : m_sets[set]->example(index);
    }

private:
    std::vector<const Dataset*> m_sets;
    std::vector<std::int64_t> m_begins;
    std::int64_t m_count = 0;
};

using Groups = std::vector<std::vector<std::int64_t>>;

// Neighbours in a sorted list of (key, row) that share the key.
Groups groupsOf(std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed)
{
    std::sort(keyed.begin(), keyed.end());
    Groups groups;
    for (std::size_t first = 0; first < keyed.size();) {
        std::size_t end = first;
        while (end < keyed.size() && keyed[end].first == keyed[first].first) {
            ++end;
        }
        if (end - first > 1) {
            auto& group = groups.emplace_back();
            for (std::size_t i = first; i < end; ++i) {
                group.push_back(keyed[i].second);
            }
        }
        first = end;
    }
    std::sort(groups.begin(), groups.end());
    return groups;
}

Result<Duplicates> findIn(const Pool& pool, const DuplicateSettings& settings, const WalkOptions& options)
{
    if (pool.count() > std::numeric_limits<std::uint32_t>::max()) {
        return Error{"there are more than 4,294,967,295 rows; split the file and compare the parts"};
    }
    const auto count = static_cast<std::size_t>(pool.count());
    std::vector<std::uint64_t> hashes(count);
    std::vector<std::uint8_t> good(count);
    NearRows near(settings.near ? count : 0, settings, [&](std::int64_t row) {
        auto example = pool.example(row);
        return example ? wholeTextOf(*example) : std::string();
    });
    auto walked = walkRows(pool.count(), options, [&](std::int64_t row, std::size_t) {
        const auto place = static_cast<std::size_t>(row);
        if (auto example = pool.example(row)) {
            hashes[place] = exampleHash(*example);
            good[place] = 1;
            if (settings.near) {
                near.take(row, wholeTextOf(*example));
            }
        }
    });
    if (!walked) {
        return walked.error();
    }
    std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed;
    for (std::size_t i = 0; i < count; ++i) {
        if (good[i]) {
            keyed.emplace_back(hashes[i], static_cast<std::uint32_t>(i));
        }
    }
    Duplicates found;
    found.exact = groupsOf(std::move(keyed));
    if (settings.near) {
        auto joined = near.join(found.exact, good, options);
        if (!joined) {
            return joined.error();
        }
        found.near = std::move(*joined);
    }
    return found;
}

} // namespace

std::vector<std::int64_t> Duplicates::surplus(const Groups& groups)
{
    std::vector<std::int64_t> rows;
    for (const auto& group : groups) {
        rows.insert(rows.end(), group.begin() + 1, group.end());
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

Result<Duplicates> findDuplicates(const Dataset& dataset, const DuplicateSettings& settings, const WalkOptions& options)
{
    Pool pool;
    pool.add(dataset);
    return findIn(pool, settings, options);
}

Result<std::vector<OverlapPair>> findOverlap(const Dataset& train, const Dataset& heldOut, const DuplicateSettings& settings,
                                             const WalkOptions& options)
{
    Pool pool;
    pool.add(train);
    pool.add(heldOut);
    auto found = findIn(pool, settings, options);
    if (!found) {
        return found.error();
    }
    const std::int64_t border = train.rowCount();
    std::vector<OverlapPair> pairs;
    const auto take = [&](const Groups& groups, bool isExact) {
        for (const auto& group : groups) {
            const auto other = std::lower_bound(group.begin(), group.end(), border);
            for (auto row = group.begin(); other != group.end() && row != other; ++row) {
                pairs.push_back({*row, *other - border, isExact});
            }
        }
    };
    take(found->exact, true);
    take(found->near, false);
    std::sort(pairs.begin(), pairs.end(), [](const OverlapPair& a, const OverlapPair& b) {
        return a.row != b.row ? a.row < b.row : a.isExact > b.isExact;
    });
    pairs.erase(std::unique(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.row == b.row; }),
                pairs.end());
    return pairs;
}

} // namespace luthier::data
