// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/near_rows.h"

#include "core/base/random.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace luthier::data {

namespace {

constexpr std::size_t kRepresentatives = 8; // of a bucket; more would make crowded buckets quadratic
constexpr double kSketchSlack = 0.2;        // twice the spread of the estimate from 32 values

} // namespace

NearRows::NearRows(std::size_t numRows, const DuplicateSettings& settings, TextOf textOf)
    : m_count(numRows), m_settings(settings), m_textOf(std::move(textOf)), m_bands(numRows * kBands),
      m_sketches(numRows * kSketch), m_parents(numRows)
{
    std::iota(m_parents.begin(), m_parents.end(), 0U);
}

void NearRows::take(std::int64_t row, std::string_view text)
{
    const auto place = static_cast<std::size_t>(row);
    const MinHash least = minHashOf(shinglesOf(text, m_settings.shingleWords));
    for (std::size_t band = 0; band < kBands; ++band) {
        std::uint64_t hash = band;
        for (std::size_t i = 0; i < kBandRows; ++i) {
            hash = base::Random(hash ^ least[band * kBandRows + i]).next();
        }
        m_bands[band * m_count + place] = static_cast<std::uint32_t>(hash >> 32);
    }
    for (std::size_t i = 0; i < kSketch; ++i) {
        m_sketches[place * kSketch + i] = static_cast<std::uint8_t>(least[i * kMinHashes / kSketch]);
    }
}

std::uint32_t NearRows::rootOf(std::uint32_t row)
{
    while (m_parents[row] != row) {
        m_parents[row] = m_parents[m_parents[row]];
        row = m_parents[row];
    }
    return row;
}

void NearRows::unite(std::uint32_t a, std::uint32_t b)
{
    const std::uint32_t first = rootOf(a);
    const std::uint32_t second = rootOf(b);
    m_parents[std::max(first, second)] = std::min(first, second);
}

bool NearRows::isAlikeBySketch(std::uint32_t a, std::uint32_t b) const
{
    const std::uint8_t* left = &m_sketches[a * kSketch];
    const std::uint8_t* right = &m_sketches[b * kSketch];
    std::size_t same = 0;
    for (std::size_t i = 0; i < kSketch; ++i) {
        same += left[i] == right[i] ? 1 : 0;
    }
    return static_cast<double>(same) / kSketch >= m_settings.similarity - kSketchSlack;
}

// Each row against a few that came before it: one of every group seen so far in this bucket.
void NearRows::joinBucket(std::span<const std::uint64_t> bucket)
{
    std::vector<std::uint32_t> representatives;
    std::vector<std::vector<std::uint64_t>> known; // shingles of representatives; empty: not read yet
    for (const std::uint64_t entry : bucket) {
        const auto row = static_cast<std::uint32_t>(entry);
        std::vector<std::uint64_t> shingles;
        bool joined = false;
        for (std::size_t i = 0; i < representatives.size() && !joined; ++i) {
            if (rootOf(row) == rootOf(representatives[i])) {
                joined = true;
            } else if (isAlikeBySketch(row, representatives[i])) {
                if (shingles.empty()) {
                    shingles = shinglesOf(m_textOf(row), m_settings.shingleWords);
                }
                if (known[i].empty()) {
                    known[i] = shinglesOf(m_textOf(representatives[i]), m_settings.shingleWords);
                }
                joined = jaccard(shingles, known[i]) >= m_settings.similarity;
                if (joined) {
                    unite(row, representatives[i]);
                }
            }
        }
        if (!joined && representatives.size() < kRepresentatives) {
            representatives.push_back(row);
            known.push_back(std::move(shingles));
        }
    }
}

Result<std::vector<std::vector<std::int64_t>>>
NearRows::join(const std::vector<std::vector<std::int64_t>>& exact, const std::vector<std::uint8_t>& good,
               const WalkOptions& options)
{
    std::vector<bool> looked(good.begin(), good.end());
    for (const auto& group : exact) {
        for (const std::int64_t row : group) {
            unite(static_cast<std::uint32_t>(group.front()), static_cast<std::uint32_t>(row));
            // The same as an earlier one: it would only be found again.
            looked[static_cast<std::size_t>(row)] = row == group.front();
        }
    }
    std::vector<std::uint64_t> order; // band hash in the upper half, row in the lower
    for (std::size_t band = 0; band < kBands; ++band) {
        order.clear();
        for (std::size_t row = 0; row < m_count; ++row) {
            if (looked[row]) {
                order.push_back(static_cast<std::uint64_t>(m_bands[band * m_count + row]) << 32 | row);
            }
        }
        std::sort(order.begin(), order.end());
        for (std::size_t first = 0; first < order.size();) {
            std::size_t end = first + 1;
            while (end < order.size() && order[end] >> 32 == order[first] >> 32) {
                ++end;
            }
            if (end - first > 1) {
                joinBucket(std::span(order).subspan(first, end - first));
            }
            first = end;
            if (options.cancel.isCancelled()) {
                return Error{"cancelled"};
            }
        }
        if (options.progress) {
            options.progress(static_cast<std::int64_t>(band + 1), static_cast<std::int64_t>(kBands));
        }
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> rooted;
    for (std::size_t row = 0; row < m_count; ++row) {
        if (good[row]) {
            rooted.emplace_back(rootOf(static_cast<std::uint32_t>(row)), static_cast<std::uint32_t>(row));
        }
    }
    std::sort(rooted.begin(), rooted.end());
    std::vector<std::vector<std::int64_t>> groups;
    for (std::size_t i = 0; i < rooted.size(); ++i) {
        const bool continues = i > 0 && rooted[i].first == rooted[i - 1].first;
        if (continues) {
            if (groups.empty() || groups.back().front() != rooted[i].first) {
                groups.push_back({rooted[i].first});
            }
            groups.back().push_back(rooted[i].second);
        }
    }
    return groups;
}

} // namespace luthier::data
