// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/making/made_files.h"

#include "core/base/hash.h"
#include "core/data/making/continuation.h"

namespace luthier::data {

namespace {

constexpr std::int64_t kTold = 1024; // rows between two words about progress

// False: cancelled.
bool goesOn(const WalkOptions& options, std::int64_t done, std::int64_t total)
{
    if (done % kTold == 0 && options.progress) {
        options.progress(done, total);
    }
    return !options.cancel.isCancelled();
}

} // namespace

std::function<std::uint64_t(std::int64_t row)> stratumOfTags(std::map<std::int64_t, std::set<std::string>> tags)
{
    return [tags = std::move(tags)](std::int64_t row) -> std::uint64_t {
        const auto found = tags.find(row);
        std::string all;
        for (const std::string& tag : found == tags.end() ? std::set<std::string>() : found->second) {
            all += tag + '\n';
        }
        return all.empty() ? 0 : base::rowHash(all);
    };
}

Result<void> addSides(const std::vector<SplitSide>& sides, const RowOf& rowOf, RowSink& train, RowSink& heldOut,
                      const WalkOptions& options)
{
    const auto total = static_cast<std::int64_t>(sides.size());
    for (std::int64_t row = 0; row < total; ++row) {
        if (!goesOn(options, row, total)) {
            return Error{"cancelled"};
        }
        const SplitSide side = sides[static_cast<std::size_t>(row)];
        if (side == SplitSide::None) {
            continue;
        }
        auto json = rowOf(row);
        auto written = json ? (side == SplitSide::HeldOut ? heldOut : train).write(*json) : Result<void>(json.error());
        if (!written) {
            return written;
        }
    }
    return {};
}

SplitCounts countSides(const std::vector<SplitSide>& sides)
{
    SplitCounts counts;
    for (const SplitSide side : sides) {
        (side == SplitSide::Train ? counts.train : side == SplitSide::HeldOut ? counts.heldOut : counts.left) += 1;
    }
    return counts;
}

Result<SplitCounts> writeSplit(const Dataset& dataset, const std::vector<SplitSide>& sides, const std::filesystem::path& train,
                               const std::filesystem::path& heldOut, const WalkOptions& options)
{
    auto trainSink = RowSink::create(train);
    auto heldOutSink = trainSink ? RowSink::create(heldOut) : std::move(trainSink);
    if (!heldOutSink) {
        return heldOutSink.error();
    }
    auto written
        = addSides(sides, [&](std::int64_t row) { return dataset.row(row); }, *trainSink, *heldOutSink, options);
    written = written ? trainSink->commit(options.cancel) : written;
    written = written ? heldOutSink->commit(options.cancel) : written;
    return written ? Result<SplitCounts>(countSides(sides)) : written.error();
}

Result<void> addAugmented(const Dataset& dataset, const AugmentSettings& settings, RowSink& sink, AugmentCounts& counts,
                          const WalkOptions& options)
{
    auto sides = splitRows(dataset, {settings.heldOutShare, settings.seed, {}}, options);
    if (!sides) {
        return sides.error();
    }
    for (std::int64_t row = 0; row < dataset.rowCount(); ++row) {
        if (!goesOn(options, row, dataset.rowCount())) {
            return Error{"cancelled"};
        }
        const SplitSide side = (*sides)[static_cast<std::size_t>(row)];
        if (side == SplitSide::None) {
            ++counts.left;
            continue;
        }
        auto json = dataset.row(row);
        auto written = json ? sink.write(*json) : Result<void>(json.error());
        ++counts.kept;
        // A row that will be held out may have no likeness among those that are learned.
        const bool changes = side == SplitSide::Train && json && !isSynthetic(*json);
        for (std::int64_t time = 0; changes && written && time < settings.times; ++time) {
            for (const auto& [way, strength] : settings.ways) {
                auto changed = augmented(*way, *json, row + 1, settings.seed + static_cast<std::uint64_t>(time), strength);
                if (changed && written) {
                    written = sink.write(*changed);
                    ++counts.made;
                }
            }
        }
        if (!written) {
            return written;
        }
    }
    return {};
}

Result<AugmentCounts> writeAugmented(const Dataset& dataset, const AugmentSettings& settings, const std::filesystem::path& out,
                                     const WalkOptions& options)
{
    auto sink = RowSink::create(out);
    if (!sink) {
        return sink.error();
    }
    AugmentCounts counts;
    auto done = addAugmented(dataset, settings, *sink, counts, options);
    done = done ? sink->commit(options.cancel) : done;
    return done ? Result<AugmentCounts>(counts) : done.error();
}

Result<Json> mixedRow(const Dataset& dataset, std::int64_t row, const RowShape* shape)
{
    auto json = dataset.row(row);
    if (!json || shape == nullptr) {
        return json;
    }
    auto example = dataset.example(row);
    if (example && example->kind == ExampleKind::Text && shape->id != std::string_view("text")) {
        example = continuationOf(*example);
    }
    auto made = example ? shape->toRow(*example) : Result<Json>(example.error());
    if (made && isSynthetic(*json)) {
        (*made)["synthetic"] = true; // the mark keeps it out of held-out rows
    }
    return made;
}

Result<std::vector<std::uint32_t>> goodRows(const Dataset& dataset, const WalkOptions& options)
{
    std::vector<std::uint8_t> good(static_cast<std::size_t>(dataset.rowCount()));
    auto walked = walkRows(dataset.rowCount(), options, [&](std::int64_t row, std::size_t) {
        good[static_cast<std::size_t>(row)] = !dataset.isExcluded(row) && dataset.example(row).ok();
    });
    if (!walked) {
        return walked.error();
    }
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < good.size(); ++i) {
        if (good[i]) {
            rows.push_back(static_cast<std::uint32_t>(i));
        }
    }
    return rows;
}

Result<void> addRows(const Dataset& dataset, const std::vector<std::int64_t>& rows, const RowShape* shape, RowSink& sink, SaveCounts& counts,
                     const WalkOptions& options)
{
    const auto total = static_cast<std::int64_t>(rows.size());
    for (std::int64_t i = 0; i < total; ++i) {
        if (!goesOn(options, i, total)) {
            return Error{"cancelled"};
        }
        const std::int64_t row = rows[static_cast<std::size_t>(i)];
        if (dataset.isExcluded(row)) {
            ++counts.excluded;
            continue;
        }
        if (auto json = mixedRow(dataset, row, shape); !json) {
            counts.first = counts.unfit++ == 0 ? dataset.path().string() + ": " + json.message() : counts.first;
        } else if (auto written = sink.write(*json); !written) {
            return written;
        } else {
            ++counts.saved;
        }
    }
    return {};
}

Result<SaveCounts> saveRows(const Dataset& dataset, const std::vector<std::int64_t>& rows, const RowShape* shape, const std::filesystem::path& out,
                            const WalkOptions& options)
{
    auto sink = RowSink::create(out);
    if (!sink) {
        return sink.error();
    }
    SaveCounts counts;
    auto written = addRows(dataset, rows, shape, *sink, counts, options);
    if (written && counts.saved == 0) {
        return Error{counts.unfit > 0 ? "no row could be saved. The first: " + counts.first : "every one of these rows is left out of training; take them in again to save them"};
    }
    written = written ? sink->commit(options.cancel) : written;
    return written ? Result<SaveCounts>(counts) : written.error();
}

Result<std::int64_t> writeMixture(const std::vector<MixedSet>& sets, const std::vector<MixedRow>& mixed, const RowShape* shape,
                                  const std::filesystem::path& out, const WalkOptions& options)
{
    auto sink = RowSink::create(out);
    if (!sink) {
        return sink.error();
    }
    for (std::size_t i = 0; i < mixed.size(); ++i) {
        if (!goesOn(options, static_cast<std::int64_t>(i), static_cast<std::int64_t>(mixed.size()))) {
            return Error{"cancelled"};
        }
        const MixedSet& set = sets[mixed[i].source];
        const std::int64_t row = set.rows[mixed[i].row];
        auto json = mixedRow(*set.dataset, row, shape);
        if (!json) {
            return Error{set.dataset->path().string() + ": row " + std::to_string(row + 1) + ": " + json.message()};
        }
        if (auto written = sink->write(*json); !written) {
            return written.error();
        }
    }
    auto done = sink->commit(options.cancel);
    return done ? Result<std::int64_t>(sink->count()) : done.error();
}

} // namespace luthier::data
