// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/checks/duplicates.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace overlap_verb {
namespace {

struct Flags : DataFlags, NearFlags {
    std::string out;
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "Write the training rows that are not held out");
    addNear(app, flags);
}

// The last file is the held-out one.
int run(const Flags& flags, Context& context)
{
    if (flags.files.size() != 2) {
        context.console.error("give the training file and the held-out file, in this order");
        return kWrongUsage;
    }
    auto sets = openAll(flags.files, flags, context);
    const data::DuplicateSettings settings{flags.near, flags.similarity, data::DuplicateSettings{}.shingleWords};
    auto pairs = sets ? data::findOverlap(*(*sets)[0], *(*sets)[1], settings, walkOptions(flags.files[0] + ": row", context))
                      : Result<std::vector<data::OverlapPair>>(sets.error());
    if (!pairs) {
        return context.fail(pairs.message());
    }
    Json list = Json::array();
    std::vector<std::int64_t> rows;
    for (const auto& pair : *pairs) {
        list.push_back({{"row", pair.row + 1}, {"held_out", pair.heldOut + 1}, {"exact", pair.isExact}});
        rows.push_back(pair.row);
    }
    Json object = {{"train", flags.files[0]}, {"held_out", flags.files[1]}, {"rows", (*sets)[0]->rowCount()}, {"overlap", std::move(list)}};
    std::string sentence = counted(static_cast<std::int64_t>(rows.size())) + " of " + base::amount((*sets)[0]->rowCount(), "row") + " of "
                           + flags.files[0] + " stand in " + flags.files[1] + (flags.near ? " or nearly do" : "");
    if (!flags.out.empty()) {
        auto written = writeRest(*(*sets)[0], rows, flags.out, context);
        if (!written) {
            return context.fail(written.message());
        }
        object["out"] = flags.out;
        object["written"] = *written;
        sentence += "; the other " + counted(*written) + " written to " + flags.out;
    } else if (!rows.empty()) {
        sentence += "; --out writes the training file without them";
    }
    return tell(object, sentence, context);
}

} // namespace
} // namespace overlap_verb

Command overlapVerb()
{
    return dataVerb("overlap", "Training rows that stand in the held-out file", overlap_verb::setup, overlap_verb::run);
}

} // namespace luthier::cli
