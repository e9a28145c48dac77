// SPDX-License-Identifier: GPL-3.0-or-later
// Command: one row of the table of verbs. A new verb is one file commands/cmd_<name>.cpp, one declaration here and one
// row in commands.cpp; help, global flags, exit codes and tests come from the table.
//
// A row's `setup` declares flags on its CLI::App and returns the work to do when the verb was chosen. The
// work returns the exit code: 0 done, 1 could not be done (one sentence on stderr), 2 wrong usage, 130
// interrupted.
//
// Threads: work runs on the main thread; Interrupts watches signals on a thread of its own.
#pragma once

#include "core/base/cancel.h"
#include "core/cli/console.h"
#include "core/cli/interrupts.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace luthier::cli {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kInterrupted = 130;

// Flags that every command takes, before or after its name. Empty strings: not given.
struct Globals {
    bool json = false;
    bool quiet = false;
    std::int64_t threads = 0; // 0: not given
    std::string device;
    std::string dtype;

    std::string deviceOrAuto() const { return device.empty() ? "auto" : device; }
    std::string dtypeOrAuto() const { return dtype.empty() ? "auto" : dtype; }
};

struct Context {
    const Globals& globals;
    Console& console;
    Interrupts& interrupts;
    base::CancelToken cancel; // set at the first Ctrl-C, and when nobody reads stdout any more

    // A result on stdout: the object where JSON is asked for, the text otherwise; gives kDone.
    int done(const Json& object, std::string_view text) const;
    // The sentence on stderr; the exit code of a failure, or of an interruption when that was the cause.
    int fail(const std::string& sentence) const;
};

using Work = std::function<int(Context&)>;

struct Command {
    std::string name;
    std::string summary;
    std::string examples; // one command line each, for --help
    std::function<Work(CLI::App&)> setup;
    // Which of its verbs work with tensors; not given: the command does throughout. The others run without LibTorch, which
    // takes a third of a second to load (start/application.h).
    std::optional<std::vector<std::string>> tensorVerbs = {};

    // Nothing but these verbs of it works with tensors.
    Command withTensorsOnlyIn(std::vector<std::string> verbs) &&
    {
        tensorVerbs = std::move(verbs);
        return std::move(*this);
    }

    // Flags that spare it tensors: given one of them it runs without LibTorch.
    std::vector<std::string> plainFlags = {};

    Command withoutTensorsGiven(std::vector<std::string> flags) &&
    {
        plainFlags = std::move(flags);
        return std::move(*this);
    }
};

std::span<const Command> commands();

// Lets flags live exactly as long as the command: setup fills a Flags, the work reads it.
template <class Flags>
Command command(std::string name, std::string summary, std::string examples, void (*setup)(CLI::App&, Flags&),
                int (*run)(const Flags&, Context&))
{
    return {.name = std::move(name), .summary = std::move(summary), .examples = std::move(examples), .setup = [setup, run](CLI::App& app) -> Work {
                auto flags = std::make_shared<Flags>();
                setup(app, *flags);
                return [flags, run](Context& context) { return run(*flags, context); };
            }};
}

Command adaptersCommand();
Command adviseCommand();
Command benchCommand();
Command compareCommand();
Command dataCommand();
Command detokenizeCommand();
Command evalCommand();
Command exportCommand();
Command firstTuneCommand();
Command generateCommand();
Command judgeCommand();
Command launchCommand();
Command mergeCommand();
Command modelsCommand();
Command planCommand();
Command promptsCommand();
Command queueCommand();
Command rateCommand();
Command recipeCommand();
Command renderCommand();
Command reportCommand();
Command resumeCommand();
Command rewardCommand();
Command rewardsCommand();
Command rolloutsCommand();
Command runsCommand();
Command scoreCommand();
Command shootoutCommand();
Command sweepCommand();
Command tokenizeCommand();
Command tuneCommand();

} // namespace luthier::cli
