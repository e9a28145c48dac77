// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/start/application.h"

#include "core/cli/command.h"
#include "core/fields/record.h"
#include "core/nn/threads.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace luthier::cli {

namespace {

struct Entry {
    CLI::App* app;
    Work work;
    std::optional<std::vector<std::string>> tensorVerbs;
    std::vector<std::string> plainFlags;

    bool worksWithTensors() const
    {
        if (std::any_of(plainFlags.begin(), plainFlags.end(), [&](const std::string& flag) { return app->count(flag) > 0; })) {
            return false;
        }
        const auto chosen = app->get_subcommands();
        return !tensorVerbs || std::any_of(chosen.begin(), chosen.end(), [&](const CLI::App* verb) {
            return std::find(tensorVerbs->begin(), tensorVerbs->end(), verb->get_name()) != tensorVerbs->end();
        });
    }
};

std::string checkDevice(const std::string& text)
{
    const bool numbered = text.rfind("cuda:", 0) == 0 && text.size() > 5
        && text.find_first_not_of("0123456789", 5) == std::string::npos;
    return text == "auto" || text == "cpu" || text == "cuda" || numbered ? ""
                                                                         : "give auto, cpu, cuda or cuda:N";
}

void addGlobals(CLI::App& app, Globals& globals)
{
    app.add_flag("--json", globals.json, "Results on stdout as JSON and nothing else");
    app.add_flag("--quiet", globals.quiet, "No progress on stderr; warnings stay");
    app.add_option("--threads", globals.threads, "CPU threads; 0: one for each physical core")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{4096}))
        ->option_text("N");
    app.add_option("--device", globals.device, "Where to compute: auto, cpu, cuda, cuda:N")
        ->check(checkDevice)
        ->option_text("DEVICE");
    app.add_option("--dtype", globals.dtype, "Number format: auto, fp32, bf16; fp16 for answers on a card, never for training")
        ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}))
        ->option_text("DTYPE");
}

std::string footerOf(const Command& command)
{
    std::string footer
        = "Every command also takes --json --quiet --threads N --device D --dtype T.\n\nExamples:\n  ";
    for (const char c : command.examples) {
        footer += c == '\n' ? std::string("\n  ") : std::string(1, c);
    }
    return footer;
}

std::vector<Entry> addCommands(CLI::App& app)
{
    std::vector<Entry> entries;
    for (const Command& command : commands()) {
        CLI::App* sub = app.add_subcommand(command.name, command.summary);
        sub->group("Commands")->fallthrough();
        sub->footer(footerOf(command));
        entries.push_back({sub, command.setup(*sub), command.tensorVerbs, command.plainFlags});
    }
    return entries;
}

// The innermost command that was chosen.
const CLI::App* chosen(const CLI::App& app)
{
    const auto subs = app.get_subcommands();
    return subs.empty() ? &app : chosen(*subs.front());
}

std::string pathOf(const CLI::App* app)
{
    return app->get_parent() ? pathOf(app->get_parent()) + " " + app->get_name() : app->get_name();
}

std::vector<std::string> flagsOf(const CLI::App* app)
{
    std::vector<std::string> names;
    for (; app; app = app->get_parent()) {
        for (const CLI::Option* option : app->get_options()) {
            for (const auto& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

std::vector<std::string> namesBelow(const CLI::App* app)
{
    std::vector<std::string> names;
    for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(sub->get_name());
    }
    return names;
}

// What was not understood, with the nearest thing that would be.
std::string usageSentence(const CLI::App& app, const CLI::ParseError& error)
{
    const CLI::App* at = chosen(app);
    const auto rest = app.remaining(true);
    const auto below = namesBelow(at);
    if (!rest.empty() && rest.front().rfind("-", 0) == 0) {
        const auto flag = rest.front().substr(0, rest.front().find('='));
        return "unknown flag \"" + flag + "\"; did you mean \"" + fields::nearest(flag, flagsOf(at)) + "\"?";
    }
    if (!rest.empty() && !below.empty()) {
        return "there is no command \"" + rest.front() + "\"; did you mean \""
               + fields::nearest(rest.front(), below) + "\"?";
    }
    if (!rest.empty()) {
        return "\"" + rest.front() + "\" was not expected here";
    }
    if (!below.empty()) {
        std::string all;
        for (const auto& name : below) {
            all += (all.empty() ? "" : ", ") + name;
        }
        return "a command is missing; there are " + all;
    }
    return error.what();
}

int wrongUsage(const CLI::App& app, const CLI::ParseError& error)
{
    Console console({});
    console.error(usageSentence(app, error) + " (see " + pathOf(chosen(app)) + " --help)");
    return kWrongUsage;
}

int runGuarded(const Work& work, Context& context)
{
    try {
        return work(context);
    } catch (const std::bad_alloc&) {
        return context.fail("the memory is full; use a smaller batch, shorter examples or a smaller model");
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        return context.fail(what.substr(0, what.find('\n')));
    }
}

} // namespace

int runCommandLine(int argc, char** argv, void (*startTensors)())
{
    Interrupts interrupts;
    CLI::App app{"Luthier tunes language models on this machine.\n"
                 "Start with: luthier first-tune",
                 "luthier"};
    Globals globals;
    app.set_version_flag("--version", "luthier " LUTHIER_VERSION);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.get_formatter()->column_width(34);
    app.require_subcommand(1);
    addGlobals(app, globals);
    const auto entries = addCommands(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return app.exit(done);
    } catch (const CLI::ParseError& error) {
        return wrongUsage(app, error);
    }
    const auto entry
        = std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return e.app->parsed(); });
    if (!startTensors) {
        nn::setThreads(globals.threads);
    } else if (entry->worksWithTensors()) {
        startTensors();
    }
    Console console({globals.json, globals.quiet, [&interrupts] { interrupts.trigger(); }});
    Context context{globals, console, interrupts, interrupts.token()};
    const int code = runGuarded(entry->work, context);
    return code == kDone && console.isClosed() ? kFailed : code;
}

} // namespace luthier::cli
