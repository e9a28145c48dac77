// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/run_rows.h"

namespace luthier::ui {

Result<std::map<std::string, data::Overlay>> editsOf(store::Project& project, const config::RunConfig& config)
{
    std::map<std::string, data::Overlay> overlays;
    for (const auto* files : {&config.data.train, &config.data.heldOut}) {
        for (const std::string& file : *files) {
            Result<data::Overlay> edits = project.edits(file);
            if (!edits) {
                return edits.error();
            }
            overlays[file] = std::move(*edits);
        }
    }
    return overlays;
}

Result<std::map<std::string, data::Exclusions>> exclusionsOf(store::Project& project, const config::RunConfig& config)
{
    std::map<std::string, data::Exclusions> all;
    for (const auto* files : {&config.data.train, &config.data.heldOut}) {
        for (const std::string& file : *files) {
            Result<data::Exclusions> rows = project.exclusions(file);
            if (!rows) {
                return rows.error();
            }
            all[file] = std::move(*rows);
        }
    }
    return all;
}

} // namespace luthier::ui
