// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/making/mixing.h"

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/data/field_path.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace luthier::data {

namespace {

constexpr std::int64_t kMostRows = std::int64_t{1} << 32;

Result<double> sumOfWeights(const std::vector<MixSource>& sources)
{
    double sum = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (!std::isfinite(sources[i].weight) || sources[i].weight < 0) {
            return Error{"the weight of source " + std::to_string(i + 1) + " must be a number of at least 0"};
        }
        if (sources[i].rows <= 0 && sources[i].weight > 0) {
            return Error{"source " + std::to_string(i + 1) + " has no rows; leave it out or give it the weight 0"};
        }
        sum += sources[i].weight;
    }
    return sum > 0 ? Result<double>(sum) : Error{"all weights are 0; give at least one source a weight"};
}

} // namespace

Result<std::vector<std::int64_t>> mixCounts(const std::vector<MixSource>& sources, std::int64_t total)
{
    const auto sum = sumOfWeights(sources);
    if (!sum) {
        return sum.error();
    }
    if (total == 0) {
        double most = std::numeric_limits<double>::max();
        for (const MixSource& source : sources) {
            if (source.weight > 0) {
                most = std::min(most, static_cast<double>(source.rows) * *sum / source.weight);
            }
        }
        total = static_cast<std::int64_t>(most + 1e-9);
    }
    if (total < 0 || total > kMostRows) {
        return Error{"a mixture has between 1 and 4,294,967,296 rows"};
    }
    std::vector<std::int64_t> counts;
    std::vector<std::pair<double, std::size_t>> rests; // negative, so that the largest comes first
    std::int64_t given = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const double exact = static_cast<double>(total) * sources[i].weight / *sum;
        counts.push_back(static_cast<std::int64_t>(exact));
        rests.emplace_back(static_cast<double>(counts.back()) - exact, i);
        given += counts.back();
    }
    std::sort(rests.begin(), rests.end());
    for (std::size_t i = 0; given < total && i < rests.size(); ++i) {
        if (sources[rests[i].second].weight > 0) {
            ++counts[rests[i].second];
            ++given;
        }
    }
    return counts;
}

Result<std::vector<MixedRow>> mixRows(const std::vector<MixSource>& sources, std::int64_t total, std::uint64_t seed)
{
    const auto counts = mixCounts(sources, total);
    if (!counts) {
        return counts.error();
    }
    base::Random random(seed);
    std::vector<MixedRow> mixed;
    for (std::size_t source = 0; source < sources.size(); ++source) {
        std::vector<std::uint32_t> order;
        for (std::int64_t left = (*counts)[source]; left > 0;) {
            order.resize(static_cast<std::size_t>(sources[source].rows));
            std::iota(order.begin(), order.end(), 0U);
            random.shuffle(order);
            const auto take = std::min<std::int64_t>(left, sources[source].rows);
            for (std::int64_t i = 0; i < take; ++i) {
                mixed.push_back({static_cast<std::uint32_t>(source), order[static_cast<std::size_t>(i)]});
            }
            left -= take;
        }
    }
    random.shuffle(mixed);
    return mixed;
}

std::int64_t generalRows(std::int64_t rows, double share)
{
    return share <= 0 || share >= 1 ? 0 : std::llround(static_cast<double>(rows) * share / (1 - share));
}

Result<std::vector<SplitSide>> splitRows(const Dataset& dataset, const SplitSettings& settings, const WalkOptions& options)
{
    const auto count = static_cast<std::size_t>(dataset.rowCount());
    std::vector<SplitSide> sides(count, SplitSide::None);
    std::vector<std::uint64_t> hashes(count);
    std::vector<std::uint64_t> strata(count);
    std::vector<std::uint8_t> natural(count);
    auto walked = walkRows(dataset.rowCount(), options, [&](std::int64_t index, std::size_t) {
        const auto place = static_cast<std::size_t>(index);
        auto row = dataset.row(index);
        if (!row || dataset.isExcluded(index) || !dataset.format().toExample(*row)) {
            return;
        }
        sides[place] = SplitSide::Train;
        hashes[place] = base::rowHash(base::dumpJson(*row));
        natural[place] = isSynthetic(*row) ? 0 : 1;
        if (settings.stratum) {
            strata[place] = settings.stratum(index);
        } else if (!settings.stratifyBy.empty()) {
            strata[place] = stratumOf(*row, settings.stratifyBy);
        }
    });
    if (!walked) {
        return walked.error();
    }
    std::vector<std::size_t> rows; // that may be held out
    std::vector<std::uint64_t> ofRows;
    std::vector<std::uint64_t> strataOfRows;
    for (std::size_t i = 0; i < count; ++i) {
        if (natural[i]) {
            rows.push_back(i);
            ofRows.push_back(hashes[i]);
            strataOfRows.push_back(strata[i]);
        }
    }
    const auto held = holdOutByStratum(ofRows, strataOfRows, settings.share, settings.seed);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        sides[rows[i]] = held[i] ? SplitSide::HeldOut : SplitSide::Train;
    }
    return sides;
}

std::uint64_t stratumOf(const Json& row, const std::string& field)
{
    const auto value = textAt(row, field);
    return value ? base::rowHash(*value) : 0;
}

bool isSynthetic(const Json& row)
{
    const auto mark = row.is_object() ? row.find("synthetic") : row.end();
    return row.is_object() && mark != row.end()
           && ((mark->is_boolean() && mark->get<bool>()) || *mark == Json("true"));
}

} // namespace luthier::data
