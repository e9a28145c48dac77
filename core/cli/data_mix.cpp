// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data_verbs.h"
#include "core/cli/display.h"
#include "core/base/paths.h"
#include "core/data/mixing.h"

namespace luthier::cli {

namespace {

// Rows that give an example, from 0.
Result<std::vector<std::uint32_t>> goodRows(const data::Dataset& dataset, Context& context)
{
    std::vector<std::uint8_t> good(static_cast<std::size_t>(dataset.rowCount()));
    auto walked = data::walkRows(dataset.rowCount(), walkOptions(dataset.path().string() + ": row", context),
                                 [&](std::int64_t row, std::size_t) { good[static_cast<std::size_t>(row)] = !dataset.isExcluded(row) && dataset.example(row).ok(); });
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

struct Mixture {
    std::vector<std::string> files;
    std::vector<std::shared_ptr<data::Dataset>> sets;
    std::vector<std::vector<std::uint32_t>> rows; // good ones of each
    std::vector<data::MixSource> sources;
};

// The general set is one more source, whose weight gives it its share of all.
Result<Mixture> mixtureOf(const DataFlags& flags, Context& context)
{
    Mixture mixture;
    mixture.files = flags.files;
    if (!flags.general.empty()) {
        const bool isBundled = flags.general == "bundled";
        mixture.files.push_back(isBundled ? (base::datasetsFolder() / "general_heldout.jsonl").string() : flags.general);
        if (isBundled) {
            context.console.note("these general texts are learned then: do not measure forgetting with the same ones");
        }
    }
    auto sets = openAll(mixture.files, flags, context);
    if (!sets) {
        return sets.error();
    }
    mixture.sets = std::move(*sets);
    double sum = 0;
    for (std::size_t i = 0; i < mixture.sets.size(); ++i) {
        auto good = goodRows(*mixture.sets[i], context);
        if (!good) {
            return good.error();
        }
        const bool isGeneral = i >= flags.files.size();
        const double weight = isGeneral                ? sum * flags.share / (1 - flags.share)
                              : flags.weights.empty() ? static_cast<double>(good->size())
                                                      : flags.weights[i];
        sum += isGeneral ? 0 : weight;
        mixture.sources.push_back({static_cast<std::int64_t>(good->size()), weight});
        mixture.rows.push_back(std::move(*good));
    }
    return mixture;
}

// Without weights every own row is taken once, and general ones as many as the share asks for.
std::int64_t totalOf(const DataFlags& flags, const Mixture& mixture)
{
    if (flags.rows > 0 || !flags.weights.empty()) {
        return flags.rows;
    }
    std::int64_t own = 0;
    for (std::size_t i = 0; i < flags.files.size(); ++i) {
        own += mixture.sources[i].rows;
    }
    return own + (flags.general.empty() ? 0 : data::generalRows(own, flags.share));
}

} // namespace

int mixFiles(const DataFlags& flags, Context& context)
{
    if (!flags.weights.empty() && flags.weights.size() != flags.files.size()) {
        return context.fail("give one --weight for each file, in their order: " + std::to_string(flags.files.size())
                            + " files, " + std::to_string(flags.weights.size()) + " weights");
    }
    auto mixture = mixtureOf(flags, context);
    auto rows = mixture ? data::mixRows(mixture->sources, totalOf(flags, *mixture), static_cast<std::uint64_t>(flags.seed))
                        : Result<std::vector<data::MixedRow>>(mixture.error());
    auto sink = rows ? data::RowSink::create(flags.out) : Result<data::RowSink>(rows.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    std::vector<std::int64_t> counts(mixture->files.size());
    for (const data::MixedRow& mixed : *rows) {
        if (context.cancel.isCancelled()) {
            return context.fail("cancelled");
        }
        auto json = shapedRow(*mixture->sets[mixed.source], mixture->rows[mixed.source][mixed.row], flags.to);
        auto written = json ? sink->write(*json) : Result<void>(json.error());
        if (!written) {
            return context.fail(written.message());
        }
        ++counts[mixed.source];
    }
    if (auto done = sink->commit(); !done) {
        return context.fail(done.message());
    }
    Json sources = Json::array();
    std::string text = counted(sink->count()) + " rows written to " + flags.out;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        sources.push_back({{"file", mixture->files[i]}, {"good", mixture->sources[i].rows}, {"rows", counts[i]}});
        text += (i ? ", " : ": ") + counted(counts[i]) + " of " + mixture->files[i];
    }
    return tell({{"out", flags.out}, {"rows", sink->count()}, {"sources", std::move(sources)}}, text, context);
}

} // namespace luthier::cli
