// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/run_rows.h"

namespace luthier::ui {

namespace {

template <class Rows, class Read>
Result<std::map<std::string, Rows>> ofFiles(const config::RunConfig& config, const Read& read)
{
    std::map<std::string, Rows> all;
    for (const auto* files : {&config.data.train, &config.data.heldOut}) {
        for (const std::string& file : *files) {
            Result<Rows> rows = read(file);
            if (!rows) {
                return rows.error();
            }
            all[file] = std::move(*rows);
        }
    }
    return all;
}

} // namespace

Result<std::map<std::string, data::Overlay>> editsOf(store::Project& project, const config::RunConfig& config)
{
    return ofFiles<data::Overlay>(config, [&](const std::string& file) { return project.edits(file); });
}

Result<std::map<std::string, data::Exclusions>> exclusionsOf(store::Project& project, const config::RunConfig& config)
{
    return ofFiles<data::Exclusions>(config, [&](const std::string& file) { return project.exclusions(file); });
}

} // namespace luthier::ui
