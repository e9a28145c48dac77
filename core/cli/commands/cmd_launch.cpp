// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/disk_room.h"
#include "core/cli/ranks/far_printing.h"
#include "core/cli/ranks/ranked_run.h"
#include "core/cli/tune_run.h"
#include "core/ranks/launcher.h"
#include "core/remote/card_facts.h"
#include "core/train/plan/run_rows_file.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace luthier::cli {

namespace launch_command {
namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> settings;
    std::string out;
    std::string project;
    std::vector<std::string> hosts;
    std::string program = "luthier";
    std::int64_t port = 29500;
    bool detached = false;
    bool copies = false;
    bool describe = false;
    RankFlags ranks;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("recipe", flags.recipe, "Recipe file (luthier recipe --example lora prints one)")->option_text("RECIPE.json");
    app.add_option("--set", flags.settings, "Change a setting of the recipe; may be repeated")->allow_extra_args(false)->option_text("KEY=VALUE");
    app.add_option("--out", flags.out, "Folder for checkpoints and the result; new or empty")->option_text("DIR");
    app.add_option("--project", flags.project, "Record the run in this project folder")->option_text("DIR");
    addRankFlags(app, flags.ranks);
    app.add_option("--ssh", flags.hosts, "Other machines, as ssh names them; the first keeps the results")->delimiter(',')->option_text("HOST,...");
    app.add_option("--program", flags.program, "With --ssh: the program luthier there")->option_text("luthier");
    app.add_option("--port", flags.port, "With several hosts: where the first one listens")->check(CLI::Range(1, 65535))->option_text("29500");
    app.add_flag("--copy", flags.copies, "With --ssh: copy model and data, also where the same lies at the same path there");
    app.add_flag("--detach", flags.detached, "With --ssh: do not follow the run; luthier remote follow DIR does");
    app.add_flag("--describe", flags.describe, "Only say what this machine has; --ssh asks for it");
}

int describe(Context& context)
{
    const char* home = std::getenv("HOME");
    Json list = Json::array();
    for (const remote::CardFacts& card : remote::cardsHere(ranks::numCards())) {
        list.push_back({{"name", card.name}, {"total_bytes", card.totalBytes}, {"free_bytes", card.freeBytes}});
    }
    const Json facts{{"version", LUTHIER_VERSION},
                     {"home", home ? home : "/tmp"},
                     {"cards", ranks::numCards()},
                     {"list", list},
                     {"cores", static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()))},
                     {"free_bytes", base::freeBytes(home ? home : "/tmp").value_or(0)}};
    if (context.console.isJson()) {
        context.console.line(facts);
    } else {
        context.console.text("Luthier " LUTHIER_VERSION ", " + std::to_string(ranks::numCards()) + " cards");
    }
    return kDone;
}

int launchFar(const Flags& flags, Context& context)
{
    auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    if (!config) {
        return context.fail(config.message());
    }
    if (auto checked = checkRules(*config); !checked) {
        return context.fail(checked.message());
    }
    remote::FarPlan plan{flags.hosts, flags.program, flags.ranks.devices.empty() ? "all" : flags.ranks.devices, flags.copies, static_cast<int>(flags.port), *config, flags.out,
                         [&console = context.console](const std::string& doing) { console.progress(doing); }, context.cancel};
    if (!flags.project.empty()) { // what was edited and left out there
        auto project = store::Project::open(flags.project);
        auto rows = project ? store::runRows(project->get(), config->data) : Result<train::RunRows>(project.error());
        if (!rows) {
            return context.fail(rows.message());
        }
        plan.rows = train::areTouched(*rows) ? train::toJson(*rows) : Json();
    }
    if (flags.ranks.ranks > 0 && flags.ranks.devices.empty()) {
        plan.devices = "cpu:" + std::to_string(flags.ranks.ranks);
    }
    const auto started = remote::startFar(plan);
    context.console.endProgress();
    if (!started) {
        return context.fail(started.message());
    }
    context.console.note("The run goes on " + flags.hosts.front() + ", also without this program: luthier remote follow " + flags.out);
    return flags.detached ? kDone : followAndTell(flags.out, flags.project, context);
}

int run(const Flags& flags, Context& context)
{
    if (flags.describe) {
        return describe(context);
    }
    if (flags.recipe.empty() || (flags.out.empty() && (flags.project.empty() || !flags.hosts.empty()))) {
        context.console.error("say what is trained and where it goes: luthier launch --ssh HOST RECIPE.json --out DIR (see luthier launch --help)");
        return kWrongUsage;
    }
    if (!flags.hosts.empty()) {
        return launchFar(flags, context);
    }
    if (!flags.ranks.areGiven()) {
        context.console.error("say where: --devices all, --devices cpu:2, or --ssh HOST,HOST");
        return kWrongUsage;
    }
    const auto code = launchedRanks(flags.ranks, context);
    return code ? *code : kFailed;
}

} // namespace
} // namespace launch_command

Command launchCommand()
{
    return command<launch_command::Flags>("launch", "Train on several cards, or on other machines",
                          "luthier launch --devices all recipe.json --out runs/first\n"
                          "luthier launch --ssh gpubox recipe.json --out runs/first\n"
                          "luthier launch --ssh node1,node2 --devices all recipe.json --out runs/first",
                          launch_command::setup, launch_command::run);
}

} // namespace luthier::cli
