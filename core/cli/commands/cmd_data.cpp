// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/verbs.h"

#include <CLI/App.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace luthier::cli {

namespace data_command {
namespace {

constexpr std::array kVerbs = {
    showVerb, checkVerb, statsVerb, dedupeVerb, splitVerb, mixVerb, augmentVerb, overlapVerb, diverseVerb, mapVerb,
    lossVerb, batchVerb, generateVerb, acceptVerb, replaceVerb, convertVerb, editVerb, tagVerb, excludeVerb, includeVerb,
    undoVerb, redoVerb, historyVerb, versionsVerb,
};

struct Flags {
    Work chosen;
};

void setup(CLI::App& app, Flags& flags)
{
    app.require_subcommand(1);
    for (const auto& verb : kVerbs) {
        const Command row = verb();
        CLI::App* sub = app.add_subcommand(row.name, row.summary);
        sub->group("Commands");
        sub->parse_complete_callback([&flags, work = row.setup(*sub)] { flags.chosen = work; });
    }
}

int run(const Flags& flags, Context& context)
{
    return flags.chosen(context);
}

std::vector<std::string> tensorVerbs()
{
    std::vector<std::string> names;
    for (const auto& verb : kVerbs) {
        if (Command row = verb(); !row.tensorVerbs) {
            names.push_back(std::move(row.name));
        }
    }
    return names;
}

} // namespace
} // namespace data_command

Command dataCommand()
{
    return command<data_command::Flags>("data", "Look at data files, clean, split, mix and convert them",
                          "luthier data show rows.jsonl --first 5\n"
                          "luthier data check rows.jsonl more.csv --model MODEL --json\n"
                          "luthier data dedupe rows.jsonl --near --out clean.jsonl\n"
                          "luthier data split clean.jsonl --out set.jsonl\n"
                          "luthier data convert rows.csv --to chat --out rows.jsonl\n"
                          "luthier data edit rows.jsonl --row 3 --turn 2 --set \"Better so.\" --project ~/tunes\n"
                          "luthier data exclude rows.jsonl --check refusal --project ~/tunes",
                          data_command::setup, data_command::run)
        .withTensorsOnlyIn(data_command::tensorVerbs());
}

} // namespace luthier::cli
