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
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

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

// Measured on a card by its allocator's counts, which are of one process: several at once do not disturb each other.
constexpr unsigned kMostAtOnce = 4;
constexpr unsigned kCoresOfOne = 4;

unsigned atOnce(bool isCard)
{
    return isCard ? std::clamp(std::thread::hardware_concurrency() / kCoresOfOne, 1u, kMostAtOnce) : 1;
}

Result<Measured> measureCase(const train::MemoryCase& one, Context& context)
{
    const fs::path folder = one.recipe.parent_path();
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

// How far predictions were off.
struct Summary {
    double worst = 0;
    double sum = 0;
    std::int64_t measured = 0;
    std::int64_t beyond = 0; // or not measured at all

    void add(double percent, double within)
    {
        worst = std::max(worst, std::abs(percent));
        sum += std::abs(percent);
        ++measured;
        beyond += std::abs(percent) > within;
    }
};

// Cases in their order, each as soon as one before it is done; a family's model is written when its first case comes.
class Measuring {
public:
    Measuring(const train::MemoryCases& wanted, const std::vector<train::MemoryCase>& cases, double within, Context& context)
        : m_wanted(wanted), m_cases(cases), m_within(within), m_context(context)
    {
        for (const train::MemoryCase& one : cases) {
            m_models.try_emplace(one.family);
        }
    }

    Summary run()
    {
        std::vector<std::thread> workers;
        for (unsigned i = 1; i < atOnce(m_wanted.isCard); ++i) {
            workers.emplace_back([this] { work(); });
        }
        work();
        for (std::thread& worker : workers) {
            worker.join();
        }
        m_context.console.endProgress();
        return m_summary;
    }

private:
    struct Model {
        std::once_flag once;
        std::string failed = {};
    };

    void work()
    {
        for (std::size_t next = m_next++; next < m_cases.size() && !m_context.cancel.isCancelled(); next = m_next++) {
            const train::MemoryCase& one = m_cases[next];
            m_context.console.progress(counted(static_cast<std::int64_t>(next) + 1) + "/" + counted(static_cast<std::int64_t>(m_cases.size())) + " " + one.name);
            take(one, measured(one));
        }
    }

    Result<Measured> measured(const train::MemoryCase& one)
    {
        Model& model = m_models.at(one.family);
        std::call_once(model.once, [&] {
            const auto written = train::writeMemoryModel(one.family, m_wanted);
            model.failed = written ? std::string() : written.message();
        });
        return model.failed.empty() ? measureCase(one, m_context) : Result<Measured>(Error{one.name + ": " + model.failed});
    }

    void take(const train::MemoryCase& one, const Result<Measured>& result)
    {
        const std::lock_guard lock(m_mutex);
        m_context.console.endProgress();
        if (result) {
            print(m_context.console, one, *result);
            m_summary.add(result->percent(), m_within);
        } else if (!m_context.cancel.isCancelled()) {
            m_context.console.warning(oneLine(result.message()));
            ++m_summary.beyond;
        }
    }

    const train::MemoryCases& m_wanted;
    const std::vector<train::MemoryCase>& m_cases;
    double m_within;
    Context& m_context;
    std::map<std::string, Model> m_models;
    std::atomic<std::size_t> m_next = 0;
    std::mutex m_mutex;
    Summary m_summary; // guarded by m_mutex
};

void printSummary(Console& console, const Summary& summary, std::size_t recipes, double within)
{
    const double mean = summary.sum / static_cast<double>(std::max<std::int64_t>(1, summary.measured));
    if (console.isJson()) {
        console.line({{"name", "memory"}, {"value", summary.worst}, {"unit", "percent"}, {"limit", within}, {"share", summary.worst / within},
                      {"mean", mean}, {"recipes", recipes}, {"measured", summary.measured}, {"beyond", summary.beyond}});
        return;
    }
    console.text(counted(static_cast<std::int64_t>(recipes)) + " recipes: off by " + fixed(mean, 1) + " % on average, at most " + fixed(summary.worst, 1)
                 + " %; " + counted(summary.beyond) + " by more than " + fixed(within, 0) + " %, or not measured");
}

} // namespace

int benchMemory(const MemoryBenchFlags& flags, Context& context)
{
    const base::ScratchFolder folder("luthier-bench");
    if (folder.path().empty()) {
        return context.fail("no folder for temporary files could be made in " + fs::temp_directory_path().string());
    }
    const bool isCard = context.globals.deviceOrAuto().starts_with("cuda");
    const bool isLarge = flags.size == "large" || (flags.size == "auto" && isCard);
    const train::MemoryCases wanted{folder.path(), base::bundledModel(), isLarge, flags.only, isCard};
    const auto cases = train::writeMemoryCases(wanted);
    if (!cases) {
        return context.fail(cases.message());
    }
    if (cases->empty()) {
        return context.fail("no recipe's name holds \"" + flags.only + "\"");
    }
    const double within = flags.within > 0 ? flags.within : isCard ? kCardPercent : kCpuPercent;
    const Summary summary = Measuring(wanted, *cases, within, context).run();
    if (context.cancel.isCancelled()) {
        return context.fail("cancelled");
    }
    printSummary(context.console, summary, cases->size(), within);
    return summary.beyond == 0 ? kDone : context.fail(counted(summary.beyond) + " predictions are off by more than " + fixed(within, 0) + " %, or not measured");
}

} // namespace luthier::cli
