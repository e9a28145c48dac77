// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/run_rows.h"

namespace luthier::train {

Result<std::shared_ptr<data::Dataset>> RunFile::open(const base::Progress& progress, const base::CancelToken& cancel) const
{
    return data::Dataset::open(path, {format, edits, progress, cancel, excluded, columns});
}

RunRows runRows(const config::DataSettings& settings)
{
    RunRows rows;
    for (const std::string& path : settings.train) {
        rows.train.push_back({path, settings.format, settings.columns});
    }
    for (const std::string& path : settings.heldOut) {
        rows.heldOut.push_back({path, settings.format, settings.columns});
    }
    return rows;
}

} // namespace luthier::train
