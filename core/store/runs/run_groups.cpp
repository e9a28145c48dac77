// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/run_groups.h"

#include "core/store/runs/run_search.h"
#include "core/store/shootout_record.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace luthier::store {

namespace {

std::string groupModel(const RunRow& run, const Sweeps&)
{
    const std::string path = settingOf(run, "model.path");
    const std::filesystem::path folder = std::filesystem::path(path).lexically_normal();
    return path == "-" ? std::string() : folder.has_filename() ? folder.filename().string() : folder.parent_path().filename().string();
}

std::string groupMethod(const RunRow& run, const Sweeps&)
{
    const std::string kind = settingOf(run, "method.kind");
    return kind == "-" ? std::string() : kind;
}

std::string groupTag(const RunRow& run, const Sweeps&)
{
    return run.tags.empty() ? std::string() : run.tags.front();
}

std::string groupSweep(const RunRow& run, const Sweeps& sweeps)
{
    const auto found = sweeps.find(run.id);
    return found == sweeps.end() ? std::string() : found->second;
}

} // namespace

std::span<const RunGrouping> runGroupings()
{
    static constexpr std::array<RunGrouping, 4> table{{
        {"model", "Model", groupModel},
        {"method", "Method", groupMethod},
        {"tag", "First tag", groupTag},
        {"sweep", "Sweep", groupSweep},
    }};
    return table;
}

const RunGrouping* findRunGrouping(std::string_view id)
{
    const auto all = runGroupings();
    const auto found = std::find_if(all.begin(), all.end(), [&](const RunGrouping& grouping) { return grouping.id == id; });
    return found == all.end() ? nullptr : &*found;
}

void putTogether(std::vector<RunRow>& runs, const RunGrouping& grouping, const Sweeps& sweeps)
{
    std::stable_sort(runs.begin(), runs.end(), [&](const RunRow& a, const RunRow& b) {
        const std::string left = grouping.of(a, sweeps);
        const std::string right = grouping.of(b, sweeps);
        return left.empty() != right.empty() ? right.empty() : left < right;
    });
}

Sweeps sweepsOf(Project& project)
{
    Sweeps sweeps;
    const auto kept = project.value(kShootoutsKey);
    for (const Json& record : kept && kept->is_array() ? *kept : Json::array()) {
        const std::string created = record.is_object() ? record.value("created", std::string()) : std::string();
        const Json entries = record.is_object() ? record.value("entries", Json::array()) : Json::array();
        for (const Json& entry : entries) {
            const RunId run = entry.is_object() && entry.contains("run") && entry["run"].is_number_integer() ? entry["run"].get<RunId>() : 0;
            if (run > 0 && !created.empty()) {
                sweeps[run] = created;
            }
        }
    }
    return sweeps;
}

} // namespace luthier::store
