// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/ranks/ranked_run.h"

#include "core/cli/display.h"
#include "core/cli/ranks/queue_again.h"
#include "core/ranks/launcher.h"
#include "core/ranks/team.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace luthier::cli {

namespace {

// Flags with one value that the ranks get anew, or not at all.
constexpr std::array kOwnFlags{"--devices", "--ranks", "--device", "--threads"};

std::vector<std::string> ownArguments()
{
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::vector<std::string> arguments;
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = std::min(all.find('\0', begin), all.size());
        arguments.push_back(all.substr(begin, end - begin));
        begin = end + 1;
    }
    arguments.erase(arguments.begin(), arguments.begin() + (arguments.empty() ? 0 : 1));
    if (const auto launch = std::find(arguments.begin(), arguments.end(), "launch"); launch != arguments.end()) {
        *launch = "tune"; // what each rank does
    }
    return arguments;
}

std::vector<std::string> withoutOwnFlags(const std::vector<std::string>& arguments)
{
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string name = arguments[i].substr(0, arguments[i].find('='));
        if (std::find(kOwnFlags.begin(), kOwnFlags.end(), name) == kOwnFlags.end()) {
            kept.push_back(arguments[i]);
        } else if (name == arguments[i]) {
            ++i; // its value
        }
    }
    return kept;
}

std::int64_t threadsOf(const Globals& globals, std::size_t ranks)
{
    return globals.threads > 0 ? globals.threads
                               : std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency()) / static_cast<std::int64_t>(ranks));
}

std::string deviceOf(const ranks::RankPlace& place, const std::string& asked)
{
    if (asked.rfind("cuda:", 0) == 0 || asked == "cpu") {
        return asked;
    }
    return asked == "cuda" || ranks::numCards() > 0 ? "cuda:" + std::to_string(place.localRank) : std::string("cpu");
}

} // namespace

void addRankFlags(CLI::App& app, RankFlags& flags)
{
    app.add_option("--devices", flags.devices, "Share each step: all, cuda:0,cuda:1, a number of cards, or cpu:2")->option_text("LIST");
    app.add_option("--ranks", flags.ranks, "So many processes that share each step, a card each where there are cards")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{256}))
        ->option_text("N");
}

Result<std::vector<std::string>> devicesFor(const RankFlags& flags, const Globals& globals)
{
    const int cards = ranks::numCards();
    if (!flags.devices.empty()) {
        auto devices = ranks::devicesOf(flags.devices, cards);
        if (devices && flags.ranks > 0 && flags.ranks != static_cast<std::int64_t>(devices->size())) {
            return Error{"--ranks " + std::to_string(flags.ranks) + " and --devices " + flags.devices + " name different numbers of ranks; leave --ranks away"};
        }
        return devices;
    }
    const bool onCards = globals.device.rfind("cuda", 0) == 0 || (cards > 0 && globals.device != "cpu");
    return ranks::devicesOf(onCards ? std::to_string(flags.ranks) : "cpu:" + std::to_string(flags.ranks), cards);
}

std::optional<int> launchedRanks(const RankFlags& flags, Context& context)
{
    if (!flags.areGiven()) {
        return std::nullopt;
    }
    if (const auto place = ranks::placeFromEnvironment(); !place || *place) {
        return context.fail(place ? "--devices and --ranks start ranks here, but " + (*place)->startedBy + " has started this program as one of "
                                        + std::to_string((*place)->size) + " already; leave them away"
                                  : place.message());
    }
    const auto devices = devicesFor(flags, context.globals);
    if (!devices) {
        return context.fail(devices.message());
    }
    const std::vector<std::string> arguments = withoutOwnFlags(ownArguments());
    ranks::LaunchPlan plan;
    for (const std::string& device : *devices) {
        std::vector<std::string> command = arguments;
        command.insert(command.end(), {"--device", device, "--threads", std::to_string(threadsOf(context.globals, devices->size()))});
        plan.commands.push_back(std::move(command));
    }
    ranks::LaunchControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.interrupt(); }, kRunIsKept);
    const auto ended = ranks::launch(plan, control);
    if (!ended) {
        return context.fail(ended.message());
    }
    if (!ended->sentence.empty()) {
        context.console.error(ended->sentence);
    }
    return ended->code == kInterrupted && asksToBeQueuedAgain() ? kQueueAgain : ended->code;
}

void tellOtherRanks(const std::string& sentence)
{
    const auto place = ranks::placeFromEnvironment();
    if (place && *place && !(*place)->storeIsKept) { // else whoever started them sees this one end
        ranks::tellOthers(**place, sentence);
    }
}

Result<std::shared_ptr<ranks::Team>> joinRanks(std::string& device, Context& context)
{
    const auto place = ranks::placeFromEnvironment();
    if (!place) {
        return place.error();
    }
    if (!*place) {
        return std::shared_ptr<ranks::Team>();
    }
    device = deviceOf(**place, device);
    std::function<void(const std::string&)> onWaiting;
    if ((*place)->leads()) {
        onWaiting = [&console = context.console](const std::string& sentence) { console.warning(oneLine(sentence)); };
    }
    return ranks::join(**place, device, onWaiting);
}

} // namespace luthier::cli
