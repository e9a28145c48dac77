// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench/bench_memory.h"

#include "core/base/child.h"
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/scratch_folder.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/train/bench/bench_memory.h"

#include <algorithm>
#include <cmath>

namespace luthier::cli {

namespace {

namespace fs = std::filesystem;

constexpr double kCpuPercent = 10;
constexpr double kCardPercent = 5;

struct Measured {
    std::int64_t predicted = 0;
    std::int64_t peak = 0;
    Json parts;

    double percent() const { return peak > 0 ? 100 * (static_cast<double>(predicted) / static_cast<double>(peak) - 1) : 0; }
};

Result<Measured> measureCase(const train::MemoryCase& one, const fs::path& folder, Context& context)
{
    std::vector<std::string> command{base::ownProgram().string(), "plan", one.recipe.string(), "--measure", "--json"};
    for (const auto& [flag, value] : {std::pair<std::string, std::string>("--device", context.globals.deviceOrAuto()), {"--threads", std::to_string(context.globals.threads)}}) {
        if (!value.empty() && value != "0") {
            command.insert(command.end(), {flag, value});
        }
    }
    const auto code = base::runChild(command, folder / "out", folder / "err", context.cancel);
    if (!code) {
        return code.error();
    }
    if (*code != 0) {
        const auto said = base::readFile(folder / "err");
        return Error{one.name + ": " + (said ? *said : said.message())};
    }
    const auto json = base::readJson(folder / "out");
    if (!json) {
        return json.error();
    }
    return Measured{json->at("memory").at("total").get<std::int64_t>(), json->at("measured").get<std::int64_t>(), json->at("memory")};
}

void print(Console& console, const train::MemoryCase& one, const Measured& measured)
{
    if (console.isJson()) {
        console.line({{"name", one.name}, {"value", measured.peak}, {"unit", "bytes"}, {"limit", measured.predicted},
                      {"share", static_cast<double>(measured.peak) / static_cast<double>(measured.predicted)}, {"off_percent", measured.percent()},
                      {"parts", measured.parts}});
        return;
    }
    console.text(one.name + std::string(one.name.size() < 44 ? 44 - one.name.size() : 1, ' ') + byteSize(static_cast<double>(measured.predicted)) + " predicted, "
                 + byteSize(static_cast<double>(measured.peak)) + " measured, " + (measured.percent() > 0 ? "+" : "") + fixed(measured.percent(), 1) + " %");
}

} // namespace

int benchMemory(const MemoryBenchFlags& flags, Context& context)
{
    const base::ScratchFolder folder("luthier-bench");
    if (folder.path().empty()) {
        return context.fail("no folder for temporary files could be made in " + fs::temp_directory_path().string());
    }
    const std::string device = context.globals.deviceOrAuto();
    const bool isCard = device.starts_with("cuda");
    const bool isLarge = flags.size == "large" || (flags.size == "auto" && isCard);
    context.console.progress("writing models of random weights");
    const auto cases = train::writeMemoryCases({folder.path(), base::bundledModel(), isLarge, flags.only}, context.cancel);
    if (!cases) {
        return context.fail(cases.message());
    }
    const double within = flags.within > 0 ? flags.within : isCard ? kCardPercent : kCpuPercent;
    double worst = 0;
    double sum = 0;
    std::int64_t beyond = 0;
    std::int64_t number = 0;
    for (const train::MemoryCase& one : *cases) {
        context.console.progress(counted(++number) + "/" + counted(static_cast<std::int64_t>(cases->size())) + " " + one.name);
        const auto measured = measureCase(one, folder.path(), context);
        context.console.endProgress();
        if (!measured) {
            if (context.cancel.isCancelled()) {
                return context.fail(measured.message());
            }
            context.console.note(oneLine(measured.message()));
            ++beyond;
            continue;
        }
        print(context.console, one, *measured);
        const double off = std::abs(measured->percent());
        worst = std::max(worst, off);
        sum += off;
        beyond += off > within;
    }
    if (cases->empty()) {
        return context.fail("no recipe's name holds \"" + flags.only + "\"");
    }
    const double mean = sum / static_cast<double>(cases->size());
    if (context.console.isJson()) {
        context.console.line({{"name", "memory"}, {"value", worst}, {"unit", "percent"}, {"limit", within}, {"share", worst / within}, {"mean", mean},
                              {"recipes", cases->size()}, {"beyond", beyond}});
    } else {
        context.console.text(counted(static_cast<std::int64_t>(cases->size())) + " recipes: off by " + fixed(mean, 1) + " % on average, at most "
                             + fixed(worst, 1) + " %; " + counted(beyond) + " by more than " + fixed(within, 0) + " %");
    }
    return beyond == 0 ? kDone : context.fail(counted(beyond) + " predictions are off by more than " + fixed(within, 0) + " %");
}

} // namespace luthier::cli
