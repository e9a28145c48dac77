// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/base/paths.h"
#include "core/cli/data/files.h"
#include "core/cli/data/left_behind.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/making/made_files.h"

#include <CLI/App.hpp>

#include <algorithm>

namespace luthier::cli {

namespace mix_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    std::vector<double> weights;
    std::int64_t rows = 0; // 0: as many as there are
    std::string general;
    double share = 0.1;    // of general rows
    std::int64_t seed = 42;
    std::string to;
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "The mixture (.jsonl, .csv, .tsv)")->required();
    app.add_option("--weight", flags.weights, "Of each file, in their order; usually as many rows as it has")->option_text("W...");
    app.add_option("--rows", flags.rows, "Rows in all; usually as many as there are, none twice")->check(CLI::NonNegativeNumber)->option_text("N");
    app.add_option("--general", flags.general, "Mix in rows of this file against forgetting; \"bundled\": general texts that come with Luthier")
        ->option_text("FILE");
    app.add_option("--share", flags.share, "Of the mixture that is general; usually 0.1")->check(CLI::Range(0.0, 0.9))->option_text("X");
    addSeed(app, flags.seed);
    addTo(app, flags.to, "Write all rows in this shape");
}

struct Mixture {
    std::vector<std::string> files;
    std::vector<data::MixedSet> sets;
    std::vector<data::MixSource> sources;
};

// The general set is one more source, whose weight gives it its share of all.
Result<Mixture> mixtureOf(const Flags& flags, Context& context)
{
    Mixture mixture;
    mixture.files = flags.files;
    if (!flags.general.empty()) {
        const bool isBundled = flags.general == "bundled";
        mixture.files.push_back(isBundled ? (base::datasetsFolder() / "general_heldout.jsonl").string() : flags.general);
        if (isBundled) {
            context.console.warning("these general texts are learned then: do not measure forgetting with the same ones");
        }
    }
    auto sets = openAll(mixture.files, flags, context);
    if (!sets) {
        return sets.error();
    }
    double sum = 0;
    for (std::size_t i = 0; i < sets->size(); ++i) {
        auto good = data::goodRows(*(*sets)[i], walkOptions(mixture.files[i] + ": row", context));
        if (!good) {
            return good.error();
        }
        const bool isGeneral = i >= flags.files.size();
        const double weight = isGeneral                ? sum * flags.share / (1 - flags.share)
                              : flags.weights.empty() ? static_cast<double>(good->size())
                                                      : flags.weights[i];
        sum += isGeneral ? 0 : weight;
        mixture.sources.push_back({static_cast<std::int64_t>(good->size()), weight});
        mixture.sets.push_back({(*sets)[i], std::move(*good)});
    }
    return mixture;
}

// Without weights every own row is taken once, and general ones as many as the share asks for.
std::int64_t totalOf(const Flags& flags, const Mixture& mixture)
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

// Rows of several shapes in one file would be read by the shape of the first, and the others be bad.
const data::RowShape* shapeFor(const Mixture& mixture, const Flags& flags, Context& context)
{
    if (!flags.to.empty()) {
        return data::findRowShape(flags.to);
    }
    const auto& first = mixture.sets.front().dataset->format();
    const bool isOne = std::all_of(mixture.sets.begin(), mixture.sets.end(),
                                   [&](const data::MixedSet& set) { return set.dataset->format().id == first.id; });
    if (!isOne) {
        context.console.warning("the files have rows of several shapes, so all are written as chat, plain texts as ones to be continued; "
                                "--to says otherwise");
    }
    return isOne ? nullptr : data::findRowShape("chat");
}

int run(const Flags& flags, Context& context)
{
    if (!flags.weights.empty() && flags.weights.size() != flags.files.size()) {
        return context.fail("give one --weight for each file, in their order: " + std::to_string(flags.files.size())
                            + " files, " + std::to_string(flags.weights.size()) + " weights");
    }
    auto mixture = mixtureOf(flags, context);
    auto rows = mixture ? data::mixRows(mixture->sources, totalOf(flags, *mixture), static_cast<std::uint64_t>(flags.seed))
                        : Result<std::vector<data::MixedRow>>(mixture.error());
    if (!rows) {
        return context.fail(rows.message());
    }
    const data::RowShape* shape = shapeFor(*mixture, flags, context);
    auto written = data::writeMixture(mixture->sets, *rows, shape, flags.out, walkOptions(flags.out + ": row", context));
    if (!written) {
        return context.fail(written.message());
    }
    std::vector<std::vector<std::int64_t>> taken(mixture->files.size()); // rows of each
    for (const data::MixedRow& mixed : *rows) {
        taken[mixed.source].push_back(mixture->sets[mixed.source].rows[mixed.row]);
    }
    Json leftBehind = Json::array();
    Json sources = Json::array();
    std::string text = base::amount(*written, "row") + " written to " + flags.out;
    for (std::size_t i = 0; i < taken.size(); ++i) {
        const auto count = static_cast<std::int64_t>(taken[i].size());
        sources.push_back({{"file", mixture->files[i]}, {"good", mixture->sources[i].rows}, {"rows", count}});
        text += (i ? ", " : ": ") + counted(count) + " of " + mixture->files[i];
        std::sort(taken[i].begin(), taken[i].end());
        taken[i].erase(std::unique(taken[i].begin(), taken[i].end()), taken[i].end()); // one may be taken again
        noteLeftBehind(*mixture->sets[i].dataset, taken[i], shape ? shape->id : "", context.console, leftBehind);
    }
    return tell({{"out", flags.out}, {"rows", *written}, {"left_behind", std::move(leftBehind)}, {"sources", std::move(sources)}}, text, context);
}

} // namespace
} // namespace mix_verb

Command mixVerb()
{
    return dataVerb("mix", "Several files in one, shuffled, by weight", mix_verb::setup, mix_verb::run);
}

} // namespace luthier::cli
