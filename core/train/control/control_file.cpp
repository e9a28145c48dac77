// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/control/control_file.h"

#include "core/base/files.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sstream>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "control.jsonl";
constexpr const char* kTaken = "control.taken";
constexpr auto kLookEvery = std::chrono::milliseconds(500);

std::string linesOf(const fs::path& path)
{
    std::error_code code;
    const auto content = fs::exists(path, code) ? base::readFile(path) : Result<std::string>(std::string());
    return content ? *content : std::string();
}

// The rename takes what is there away from its writer, who then begins anew.
void obeyAll(const fs::path& folder, StopControl& control)
{
    std::error_code code;
    if (!fs::exists(folder / kFile, code)) {
        return;
    }
    fs::rename(folder / kFile, folder / kTaken, code);
    if (code) {
        return;
    }
    std::istringstream lines(linesOf(folder / kTaken));
    fs::remove(folder / kTaken, code);
    for (std::string line; std::getline(lines, line);) {
        if (const auto request = base::parseJson(line)) {
            static_cast<void>(obey(*request, control)); // askRun wrote it, or somebody who can look at what it takes
        }
    }
}

} // namespace

Result<void> askRun(const fs::path& runFolder, const std::vector<Json>& requests)
{
    std::string lines = linesOf(runFolder / kFile);
    for (const Json& request : requests) {
        lines += base::dumpJson(request) + "\n";
    }
    return base::writeFileAtomically(runFolder / kFile, lines);
}

Result<void> obey(const Json& request, StopControl& control)
{
    const std::string what = request.is_object() && request.contains("do") && request.at("do").is_string() ? request.at("do").get<std::string>() : std::string();
    if (what == "hold" || what == "go") {
        control.setHeld(what == "hold");
    } else if (what == "park") {
        control.requestPark();
    } else if (what == "stop") {
        control.requestStop();
    } else if (what == "keep") {
        control.requestKeep();
    } else if (what == "rate" && request.contains("learning_rate") && request.at("learning_rate").is_number()) {
        control.ask(RateAsked{request.at("learning_rate").get<double>()});
    } else if (what == "try" && request.contains("prompt") && request.at("prompt").is_string()) {
        control.ask(PromptAsked{request.at("prompt").get<std::string>()});
    } else {
        return Error{"\"" + base::dumpJson(request) + "\" asks nothing that a run knows: hold, go, park, stop, keep, rate or try"};
    }
    return {};
}

ControlWatch::ControlWatch(fs::path runFolder, StopControl& control)
{
    std::error_code code;
    fs::remove(runFolder / kFile, code); // asked of an earlier sitting
    m_thread = std::jthread([folder = std::move(runFolder), &control](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        while (!stop.stop_requested()) {
            obeyAll(folder, control);
            std::unique_lock lock(mutex);
            wake.wait_for(lock, stop, kLookEvery, [] { return false; });
        }
    });
}

} // namespace luthier::train
