// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/trained_rows.h"

#include "core/base/hash.h"
#include "core/data/example_text.h"
#include "core/data/row_walk.h"
#include "core/train/plan/held_out_list.h"
#include "core/train/run.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <unordered_set>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

using Hashes = std::unordered_set<std::uint64_t>;

// What a row of a training file was to the run.
enum class Use : std::uint8_t { None, Learned, HeldOut };

struct SeenRow {
    Use use = Use::None; // none: it was left out, or gives no example
    std::uint64_t hash = 0;
};

Result<std::vector<SeenRow>> rowsSeen(const data::Dataset& file, const Hashes& heldOut, const base::CancelToken& cancel)
{
    std::vector<SeenRow> seen(static_cast<std::size_t>(file.rowCount()));
    data::WalkOptions options;
    options.cancel = cancel;
    auto walked = data::walkRows(file.rowCount(), options, [&](std::int64_t row, std::size_t) {
        const auto example = file.isExcluded(row) ? Result<data::Example>(Error{"left out"}) : file.example(row);
        if (!example) {
            return;
        }
        const auto content = heldOut.empty() ? Result<Json>(Json()) : file.row(row);
        const bool isHeldOut = !heldOut.empty() && content && heldOut.contains(base::rowHash(base::dumpJson(*content)));
        seen[static_cast<std::size_t>(row)] = {isHeldOut ? Use::HeldOut : Use::Learned, data::exampleHash(*example)};
    });
    return walked ? Result<std::vector<SeenRow>>(std::move(seen)) : walked.error();
}

// data.limit counts good rows, file by file.
Result<Hashes> learned(const fs::path& runFolder, const train::RunRows& rows, std::int64_t limit, const base::CancelToken& cancel)
{
    const bool isSplit = rows.heldOut.empty() && train::hasHeldOutList(runFolder);
    const auto heldOut = isSplit ? train::readHeldOutList(runFolder) : Result<Hashes>(Hashes());
    if (!heldOut) {
        return heldOut.error();
    }
    Hashes hashes;
    std::int64_t left = limit > 0 ? limit : std::numeric_limits<std::int64_t>::max();
    for (const train::RunFile& named : rows.train) {
        const auto file = named.open({}, cancel);
        const auto seen = file ? rowsSeen(**file, *heldOut, cancel) : Result<std::vector<SeenRow>>(file.error());
        if (!seen) {
            return seen.error();
        }
        for (const SeenRow& row : *seen) {
            const bool isThere = row.use != Use::None && left > 0;
            left -= isThere ? 1 : 0;
            if (isThere && row.use == Use::Learned) {
                hashes.insert(row.hash);
            }
        }
    }
    return hashes;
}

// The folder of the run whose result this is; empty: it is no run's.
fs::path runFolderOf(const fs::path& result)
{
    constexpr std::array<std::string_view, 5> kOfRun{"adapter", "model", "best", "checkpoints", "as-result"};
    std::error_code code;
    const fs::path whole = fs::absolute(result, code).lexically_normal();
    fs::path folder = whole.has_filename() ? whole : whole.parent_path();
    constexpr int kDeepest = 3; // checkpoints/step-40/adapter
    for (int i = 0; i < kDeepest; ++i, folder = folder.parent_path()) {
        const bool isOfRun = std::find(kOfRun.begin(), kOfRun.end(), folder.filename().string()) != kOfRun.end();
        if (isOfRun && fs::exists(folder.parent_path() / "recipe.json", code)) {
            return fs::weakly_canonical(folder.parent_path(), code);
        }
    }
    return {};
}

} // namespace

Result<evaluation::TrainedOn> trainedOn(Project* project, const fs::path& runFolder, const config::RunConfig& config, const std::string& name,
                                        const std::vector<evaluation::EvalRow>& rows, const base::CancelToken& cancel)
{
    const auto files = project == nullptr ? runRows(nullptr, config.data) : runRows(*project, runFolder, config.data);
    const auto hashes = files ? learned(runFolder, *files, config.data.limit, cancel) : Result<Hashes>(files.error());
    if (!hashes) {
        return hashes.error();
    }
    evaluation::TrainedOn trained{name, {}};
    for (const evaluation::EvalRow& row : rows) {
        if (row.hash != 0 && hashes->contains(row.hash)) {
            trained.rows.push_back(row.row);
        }
    }
    return trained;
}

std::vector<evaluation::TrainedOn> trainedOn(Project* project, const std::vector<RunRow>& runs, const std::vector<evaluation::EvalSystem>& systems,
                                             const std::vector<evaluation::EvalRow>& rows, std::vector<std::string>& problems, const base::CancelToken& cancel)
{
    std::vector<evaluation::TrainedOn> all;
    std::vector<fs::path> done;
    std::error_code code;
    const auto look = [&](const fs::path& folder, const std::string& name, const Result<config::RunConfig>& config) {
        done.push_back(fs::weakly_canonical(folder, code));
        auto trained = config ? trainedOn(project, folder, *config, name, rows, cancel) : Result<evaluation::TrainedOn>(config.error());
        if (!trained) {
            problems.push_back("Whether " + name + " learned from some of these rows cannot be told: " + trained.message());
        } else if (!trained->rows.empty()) {
            all.push_back(std::move(*trained));
        }
    };
    for (const RunRow& run : runs) {
        look(run.folder, "run \"" + (run.name.empty() ? std::to_string(run.id) : run.name) + "\"", config::fromJson(run.recipe));
    }
    for (const evaluation::EvalSystem& system : systems) {
        std::vector<fs::path> results{system.model};
        for (const auto& adapter : system.adapters) {
            results.push_back(adapter.path);
        }
        for (const fs::path& result : results) {
            const fs::path folder = runFolderOf(result);
            if (!folder.empty() && std::find(done.begin(), done.end(), folder) == done.end()) {
                look(folder, system.title, train::readRunFolder(folder));
            }
        }
    }
    return all;
}

} // namespace luthier::store
