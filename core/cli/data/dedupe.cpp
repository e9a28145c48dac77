// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/checks/duplicates.h"

#include <CLI/App.hpp>

#include <algorithm>

namespace luthier::cli {

namespace dedupe_verb {
namespace {

struct Flags : DataFlags, NearFlags {
    std::string out;
    std::string against; // held-out file to compare with
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "Write the rows without the repeated ones (.jsonl, .csv, .tsv)");
    addNear(app, flags);
    app.add_option("--against", flags.against, "Also rows that stand in this held-out file")->option_text("FILE");
}

using Groups = std::vector<std::vector<std::int64_t>>;

Json groupsJson(const Groups& groups)
{
    Json list = Json::array();
    for (const auto& group : groups) {
        list.push_back(rowsFromOne(group));
    }
    return list;
}

std::vector<std::int64_t> rowsOf(const std::vector<data::OverlapPair>& pairs)
{
    std::vector<std::int64_t> rows;
    for (const auto& pair : pairs) {
        rows.push_back(pair.row);
    }
    return rows;
}

Json pairsJson(const std::vector<data::OverlapPair>& pairs)
{
    Json list = Json::array();
    for (const auto& pair : pairs) {
        list.push_back({{"row", pair.row + 1}, {"held_out", pair.heldOut + 1}, {"exact", pair.isExact}});
    }
    return list;
}

struct Found {
    Json object;
    std::vector<std::int64_t> surplus; // rows to leave out, from 0, ascending
};

Result<Found> findAll(const data::Dataset& dataset, const std::string& file, const Flags& flags, Context& context)
{
    const data::DuplicateSettings settings{flags.near, flags.similarity, data::DuplicateSettings{}.shingleWords};
    auto duplicates = data::findDuplicates(dataset, settings, walkOptions(file + ":", context));
    if (!duplicates) {
        return duplicates.error();
    }
    const auto exact = data::Duplicates::surplus(duplicates->exact);
    Found found;
    found.surplus = flags.near ? data::Duplicates::surplus(duplicates->near) : exact;
    found.object = {{"file", file}, {"rows", dataset.rowCount()}, {"duplicates", exact.size()}};
    // Rows nearly the same as an earlier one that are not quite the same as one.
    found.object["near_duplicates"] = flags.near ? Json(found.surplus.size() - exact.size()) : Json();
    found.object["groups"] = groupsJson(flags.near ? duplicates->near : duplicates->exact);
    if (!flags.against.empty()) {
        auto heldOut = openData(flags.against, flags, context);
        if (!heldOut) {
            return heldOut.error();
        }
        auto pairs = data::findOverlap(dataset, **heldOut, settings, walkOptions(file + " against held out:", context));
        if (!pairs) {
            return pairs.error();
        }
        found.object["overlap"] = pairsJson(*pairs);
        const auto rows = rowsOf(*pairs);
        found.surplus.insert(found.surplus.end(), rows.begin(), rows.end());
        std::sort(found.surplus.begin(), found.surplus.end());
        found.surplus.erase(std::unique(found.surplus.begin(), found.surplus.end()), found.surplus.end());
    }
    return found;
}

std::string told(const Json& object)
{
    std::string text = object["file"].get<std::string>() + ": " + base::amount(object["rows"].get<std::int64_t>(), "row") + ", "
                       + counted(object["duplicates"].get<std::int64_t>()) + " repeat an earlier one";
    if (!object["near_duplicates"].is_null()) {
        text += ", " + counted(object["near_duplicates"].get<std::int64_t>()) + " nearly do";
    }
    if (object.contains("overlap")) {
        text += ", " + counted(static_cast<std::int64_t>(object["overlap"].size())) + " stand in the held-out data";
    }
    if (object.contains("written")) {
        text += "; " + base::amount(object["written"].get<std::int64_t>(), "row") + " written to " + object["out"].get<std::string>();
    }
    return oneLine(text);
}

int run(const Flags& flags, Context& context)
{
    if (!flags.out.empty() && flags.files.size() > 1) {
        return context.fail("--out takes the rows of one file; mix several into one first");
    }
    for (const auto& file : flags.files) {
        auto dataset = openData(file, flags, context);
        auto found = dataset ? findAll(**dataset, file, flags, context) : Result<Found>(dataset.error());
        if (!found) {
            return context.fail(found.message());
        }
        if (!flags.out.empty()) {
            auto written = writeRest(**dataset, found->surplus, flags.out, context);
            if (!written) {
                return context.fail(written.message());
            }
            found->object["out"] = flags.out;
            found->object["written"] = *written;
        }
        context.console.endProgress();
        if (context.console.isJson()) {
            context.console.line(found->object);
        } else {
            context.console.text(told(found->object));
        }
    }
    return kDone;
}

} // namespace
} // namespace dedupe_verb

Command dedupeVerb()
{
    return dataVerb("dedupe", "Rows that repeat an earlier one, or nearly do", dedupe_verb::setup, dedupe_verb::run);
}

} // namespace luthier::cli
