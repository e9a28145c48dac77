// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/held_out_list.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "held_out.json";
constexpr const char* kKey = "row_hashes";

} // namespace

Result<void> writeHeldOutList(const fs::path& runFolder, const std::vector<std::uint64_t>& rowHashes)
{
    return base::writeFileAtomically(runFolder / kFile, base::dumpJson(Json{{kKey, rowHashes}}) + "\n");
}

bool hasHeldOutList(const fs::path& runFolder)
{
    std::error_code code;
    return fs::exists(runFolder / kFile, code);
}

Result<std::unordered_set<std::uint64_t>> readHeldOutList(const fs::path& runFolder)
{
    const fs::path path = runFolder / kFile;
    if (!hasHeldOutList(runFolder)) {
        return Error{"the run in " + runFolder.string() + " holds no rows out"};
    }
    const auto json = base::readJson(path);
    if (!json) {
        return json.error();
    }
    const auto list = json->is_object() ? json->find(kKey) : json->end();
    std::unordered_set<std::uint64_t> hashes;
    if (list != json->end() && list->is_array()) {
        for (const Json& hash : *list) {
            if (hash.is_number_unsigned()) {
                hashes.insert(hash.get<std::uint64_t>());
            }
        }
    }
    return hashes;
}

Result<void> eachHeldOutRow(const fs::path& runFolder, const RunRows& rows, const TakeRow& take, const base::CancelToken& cancel)
{
    const bool ownFiles = !rows.heldOut.empty();
    const auto list = ownFiles ? Result<std::unordered_set<std::uint64_t>>(std::unordered_set<std::uint64_t>{}) : readHeldOutList(runFolder);
    if (!list) {
        return list.error();
    }
    const auto isHeldOut = [&](const data::Dataset& file, std::int64_t row) {
        const auto content = ownFiles ? Result<Json>(Json()) : file.row(row);
        return ownFiles || (content && list->contains(base::rowHash(base::dumpJson(*content))));
    };
    bool isWanted = true;
    for (const RunFile& named : ownFiles ? rows.heldOut : rows.train) {
        if (!isWanted) {
            break;
        }
        const auto file = named.open({}, cancel);
        if (!file) {
            return file.error();
        }
        for (std::int64_t row = 0; isWanted && row < (*file)->rowCount() && !cancel.isCancelled(); ++row) {
            if (!(*file)->isExcluded(row) && isHeldOut(**file, row)) {
                isWanted = take(**file, row);
            }
        }
    }
    return {};
}

} // namespace luthier::train
