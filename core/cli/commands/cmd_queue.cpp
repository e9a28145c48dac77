// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/away/asked_queue.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/cli/runs/queue_turns.h"
#include "core/cli/table.h"
#include "core/cli/tune_run.h"
#include "core/ranks/launcher.h"
#include "core/store/project_lock.h"
#include "core/train/plan/run_plan.h"
#include "core/train/start_point.h"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

namespace luthier::cli {

namespace queue_command {
namespace {

using away::Queue;
using ProjectPointer = std::shared_ptr<store::Project>;

constexpr auto kTakenWithin = std::chrono::seconds(3); // a window that has the project open looks every second
constexpr auto kLook = std::chrono::milliseconds(50);

struct Verb;

struct Flags {
    std::string project;
    std::vector<std::string> recipes;
    std::vector<std::string> settings;
    std::vector<std::int64_t> places;
    away::RunPlace place;
    bool first = false;
    bool isBeside = false; // another program has the project open
    const Verb* verb = nullptr;
};

enum class Takes { Nothing, Recipes, Place, Places };

struct Verb {
    const char* name;
    const char* summary;
    Takes takes;
    bool writes;
    int (*run)(const Flags&, ProjectPointer, Context&);
};

// "cpu:2", "gpubox"; empty: this process.
std::string placeText(const away::RunPlace& place)
{
    std::string hosts;
    for (const std::string& host : place.hosts) {
        hosts += (hosts.empty() ? "" : ", ") + host;
    }
    return hosts.empty() ? place.devices : place.devices.empty() ? hosts : hosts + ": " + place.devices;
}

void show(const Queue& queue, Context& context)
{
    Table table({{"place", false, true}, {"name", true}, {"state"}, {"method"}, {"data", true}, {"where"}});
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const away::WaitingRun& one = queue[i];
        if (context.console.isJson()) {
            context.console.line({{"place", i + 1}, {"name", one.name()}, {"run", one.run == 0 ? Json() : Json(one.run)}, {"where", away::toJson(one.place)}, {"recipe", config::toJson(one.config)}});
        }
        table.add({std::to_string(i + 1), one.name(), one.run == 0 ? "waits" : "run " + std::to_string(one.run), one.config.method.kind,
                   one.config.data.train.empty() ? "-" : one.config.data.train.front() + (one.config.data.train.size() > 1 ? ", ..." : ""), placeText(one.place)});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No run waits; luthier queue add RECIPE.json --project DIR adds one." : table.toText(context.console.width()));
    }
}

int listQueue(const Flags&, ProjectPointer project, Context& context)
{
    const auto queue = away::askedQueue(*project);
    if (!queue) {
        return context.fail(queue.message());
    }
    show(*queue, context);
    return kDone;
}

bool isTaken(const std::filesystem::path& asked, const Context& context)
{
    const auto until = std::chrono::steady_clock::now() + kTakenWithin;
    std::error_code code;
    while (std::filesystem::exists(asked, code)) {
        if (std::chrono::steady_clock::now() >= until || context.cancel.isCancelled()) {
            return false;
        }
        std::this_thread::sleep_for(kLook);
    }
    return !away::wasRefused(asked);
}

// Reads the queue, changes it, keeps and shows it. The change's error leaves it as it was. Where another program has the project open, that
// one is asked.
int changed(const Flags& flags, const ProjectPointer& project, Context& context, const std::function<Result<void>(Queue&)>& change)
{
    std::string problem;
    auto queue = flags.isBeside ? away::askedQueue(*project) : away::takenQueue(*project, problem);
    if (!problem.empty()) {
        context.console.warning(problem);
    }
    const Queue before = queue ? *queue : Queue();
    auto done = queue ? change(*queue) : Result<void>(queue.error());
    std::filesystem::path asked;
    if (done && flags.isBeside) {
        const auto file = away::askForChange(project->folder(), {before, *queue});
        asked = file ? *file : std::filesystem::path();
        done = file ? Result<void>() : Result<void>(file.error());
    } else if (done) {
        done = away::keepWaitingRuns(*project, *queue);
    }
    if (!done) {
        return context.fail(done.message());
    }
    show(*queue, context);
    if (flags.isBeside) {
        context.console.note(isTaken(asked, context) ? "The program that has the project open has taken this into its queue."
                                                       : "Another program has the project open and has not looked at its queue yet. This is kept in the project's folder, and whoever works on the queue next takes it.");
    }
    return kDone;
}

Result<void> checkPlace(const away::RunPlace& place)
{
    if (!place.hosts.empty() || place.devices.empty()) {
        return {};
    }
    const auto devices = ranks::devicesOf(place.devices, ranks::numCards());
    return devices ? Result<void>() : devices.error();
}

// What cannot begin is refused now and not at night.
Result<away::WaitingRun> waitingFor(const std::string& recipe, const Flags& flags, store::Project& project, Context& context)
{
    auto config = readTuneConfig(recipe, flags.settings, context.globals);
    auto checked = config ? checkRules(*config) : Result<void>(config.error());
    checked = checked ? checkPlace(flags.place) : checked;
    auto started = checked ? train::startedFrom(*config) : Result<train::Started>(checked.error());
    const auto rows = started ? store::runRows(&project, started->config.data) : Result<train::RunRows>(started.error());
    if (!rows) {
        return Error{rows.message()};
    }
    train::PlanControl control;
    control.threads = context.globals.threads;
    control.isStopped = [&context] { return context.cancel.isCancelled(); };
    const auto plan = train::planRun(started->config, *rows, control);
    if (!plan || !plan->sizeProblem.empty()) {
        return Error{plan ? plan->sizeProblem : plan.message()};
    }
    for (const std::string& sentence : plan->rows.warnings) {
        context.console.warning(sentence);
    }
    return away::WaitingRun{std::move(*config), flags.place};
}

int addToQueue(const Flags& flags, ProjectPointer project, Context& context)
{
    return changed(flags, project, context, [&](Queue& queue) -> Result<void> {
        Queue added;
        for (const std::string& recipe : flags.recipes) {
            auto one = waitingFor(recipe, flags, *project, context);
            if (!one) {
                return one.error();
            }
            added.push_back(std::move(*one));
        }
        const bool isBegun = !queue.empty() && queue.front().run != 0; // its turn has come
        queue.insert(flags.first ? queue.begin() + (isBegun ? 1 : 0) : queue.end(), added.begin(), added.end());
        return {};
    });
}

Result<std::size_t> placeIn(const Queue& queue, std::int64_t place)
{
    if (place < 1 || place > static_cast<std::int64_t>(queue.size())) {
        return Error{queue.empty() ? "no run waits in the queue"
                                   : "place " + std::to_string(place) + ": the queue has places 1 to " + std::to_string(queue.size()) + "; luthier queue lists them"};
    }
    return static_cast<std::size_t>(place - 1);
}

int removeFromQueue(const Flags& flags, ProjectPointer project, Context& context)
{
    std::vector<std::int64_t> places = flags.places;
    std::sort(places.rbegin(), places.rend());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return changed(flags, project, context, [&](Queue& queue) -> Result<void> {
        for (const std::int64_t place : places) { // the last first, so that numbers stay
            const auto at = placeIn(queue, place);
            if (!at) {
                return at.error();
            }
            const store::RunId run = queue[*at].run;
            if (run != 0 && flags.isBeside) {
                return Error{"run " + std::to_string(run) + " has begun, and another program has the project open: stop it or take it out there"};
            }
            if (run != 0) {
                context.console.warning("Run " + std::to_string(run) + " stays in the project as it is; luthier resume goes on with it.");
            }
            queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(*at));
        }
        return {};
    });
}

Result<void> moveBy(Queue& queue, std::int64_t place, int by)
{
    const auto at = placeIn(queue, place);
    const auto to = at ? placeIn(queue, place + by) : at;
    if (!to) {
        return Error{at ? "place " + std::to_string(place) + " is the " + (by < 0 ? "first" : "last") + " of the queue" : at.message()};
    }
    if (queue[std::min(*at, *to)].run != 0) {
        return Error{"run " + std::to_string(queue[std::min(*at, *to)].run) + " has begun and goes on before all others; luthier queue remove takes it out"};
    }
    std::swap(queue[*at], queue[*to]);
    return {};
}

int moveEarlier(const Flags& flags, ProjectPointer project, Context& context)
{
    return changed(flags, project, context, [&](Queue& queue) { return moveBy(queue, flags.places.front(), -1); });
}

int moveLater(const Flags& flags, ProjectPointer project, Context& context)
{
    return changed(flags, project, context, [&](Queue& queue) { return moveBy(queue, flags.places.front(), 1); });
}

int startQueue(const Flags&, ProjectPointer project, Context& context)
{
    return QueueTurns(std::move(project), context).run();
}

constexpr std::array kVerbs = {
    Verb{"list", "The runs that wait, in their order", Takes::Nothing, false, listQueue},
    Verb{"add", "Let recipes wait behind those that are there, checked now", Takes::Recipes, true, addToQueue},
    Verb{"remove", "Take runs out of the queue, by their places", Takes::Places, true, removeFromQueue},
    Verb{"earlier", "Let a run begin before the one above it", Takes::Place, true, moveEarlier},
    Verb{"later", "Let a run begin behind the one below it", Takes::Place, true, moveLater},
    Verb{"start", "Train them one after the other; after Ctrl-C or a kill the next start goes on where this one was", Takes::Nothing, true, startQueue},
};

void addFlagsOf(CLI::App& sub, const Verb& verb, Flags& flags)
{
    if (verb.takes == Takes::Place || verb.takes == Takes::Places) {
        sub.add_option("place", flags.places, "Place in the queue, from 1")->required()->expected(1, verb.takes == Takes::Place ? 1 : 1000)->option_text("PLACE");
    } else if (verb.takes == Takes::Recipes) {
        sub.add_option("recipe", flags.recipes, "Recipe file")->required()->option_text("RECIPE.json ...");
        sub.add_option("--set", flags.settings, "Change a setting of the recipes; may be repeated")->allow_extra_args(false)->option_text("KEY=VALUE");
        sub.add_flag("--first", flags.first, "Before all others that wait");
        sub.add_option("--devices", flags.place.devices, "Share each step: all, cuda:0,cuda:1, a number of cards, or cpu:2")->option_text("LIST");
        sub.add_option("--ssh", flags.place.hosts, "On other machines, as ssh names them; the first keeps the results")->delimiter(',')->option_text("HOST,...");
        sub.add_option("--program", flags.place.program, "With --ssh: the program luthier there")->option_text("luthier");
        sub.add_option("--port", flags.place.port, "With several hosts: where the first one listens")->check(CLI::Range(1, 65535))->option_text("29500");
    }
}

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Project folder; add makes it where there is none")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.require_subcommand(0, 1);
    flags.verb = &kVerbs.front();
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        addFlagsOf(*sub, verb, flags);
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const Flags& asked, Context& context)
{
    Flags flags = asked;
    flags.isBeside = flags.verb->writes && flags.verb->takes != Takes::Nothing && !flags.project.empty() && store::ProjectLock::isHeld(flags.project);
    const ProjectUse use = flags.isBeside ? ProjectUse::Look : flags.verb->takes == Takes::Recipes ? ProjectUse::Make : flags.verb->writes ? ProjectUse::Write : ProjectUse::Look;
    return inProject(flags.project, use, "queue", context, [&](ProjectPointer project) { return flags.verb->run(flags, std::move(project), context); });
}

} // namespace
} // namespace queue_command

Command queueCommand()
{
    return command<queue_command::Flags>("queue", "Runs that wait for their turn: list, add, remove, earlier, later, start",
                                         "luthier queue add recipe.json other.json --project ~/tunes\n"
                                         "luthier queue add recipe.json --set optimizer.learning_rate=1e-4 --project ~/tunes\n"
                                         "luthier queue --project ~/tunes\n"
                                         "luthier queue earlier 2 --project ~/tunes\n"
                                         "luthier queue start --project ~/tunes",
                                         queue_command::setup, queue_command::run)
        .withTensorsOnlyIn({"add", "start"});
}

} // namespace luthier::cli
