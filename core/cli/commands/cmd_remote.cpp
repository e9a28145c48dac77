// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/ranks/far_printing.h"

#include <CLI/App.hpp>

#include <array>

namespace luthier::cli {

namespace remote_command {
namespace {

struct Flags;
struct Verb {
    const char* name;
    const char* summary;
    int (*run)(const Flags&, Context&);
};

struct Flags {
    std::string folder;
    std::string project;
    bool checkpoints = false;
    const Verb* verb = nullptr;
};

int follow(const Flags& flags, Context& context)
{
    return followAndTell(flags.folder, flags.project, context);
}

int resume(const Flags& flags, Context& context)
{
    const auto going = remote::goOnFar(flags.folder);
    return going ? followAndTell(flags.folder, flags.project, context) : context.fail(going.message());
}

int stop(const Flags& flags, Context& context)
{
    const auto stopped = remote::stopFar(flags.folder);
    return stopped ? kDone : context.fail(stopped.message());
}

int fetch(const Flags& flags, Context& context)
{
    const auto fetched = remote::fetchFar(flags.folder, flags.checkpoints, context.cancel);
    return fetched ? kDone : context.fail(fetched.message());
}

constexpr std::array kVerbs{
    Verb{"follow", "What the run says, from where it was last seen; its results at the end", follow},
    Verb{"resume", "Go on from its last checkpoint where it has ended there, and follow it", resume},
    Verb{"stop", "Stop it, with a checkpoint", stop},
    Verb{"fetch", "What it has written so far", fetch},
};

void setup(CLI::App& app, Flags& flags)
{
    app.require_subcommand(1);
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
        sub->add_option("folder", flags.folder, "Folder that luthier launch --ssh was given as --out")->required()->option_text("DIR");
        if (verb.run == follow || verb.run == resume) {
            sub->add_option("--project", flags.project, "Record the run in this project folder")->option_text("DIR");
        }
        if (verb.run == fetch) {
            sub->add_flag("--checkpoints", flags.checkpoints, "Checkpoints, too, so that the run can be resumed here");
        }
    }
}

int run(const Flags& flags, Context& context)
{
    return flags.verb->run(flags, context);
}

} // namespace
} // namespace remote_command

Command remoteCommand()
{
    return command<remote_command::Flags>("remote", "A run on another machine: follow, resume, stop, fetch",
                          "luthier remote follow runs/first\nluthier remote stop runs/first\nluthier remote resume runs/first\nluthier remote fetch runs/first --checkpoints", remote_command::setup, remote_command::run);
}

} // namespace luthier::cli
