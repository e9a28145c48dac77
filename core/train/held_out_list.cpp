// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/held_out_list.h"

#include "core/base/files.h"
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

Result<std::unordered_set<std::uint64_t>> readHeldOutList(const fs::path& runFolder)
{
    const fs::path path = runFolder / kFile;
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

} // namespace luthier::train
