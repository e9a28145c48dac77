// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/scored_files.h"

#include "core/data/sources/row_source.h"

#include <algorithm>

namespace luthier::evaluation {

Result<bool> firstRowIs(const std::filesystem::path& path, bool (*isOne)(const Json& row))
{
    const auto source = data::openSource(path);
    if (!source) {
        return source.error();
    }
    const auto first = (*source)->rowCount() > 0 ? (*source)->row(0) : Result<Json>(Json());
    return first && isOne(*first);
}

Result<EvalRows> scoredRowsOfFile(const std::filesystem::path& path, const char* what, const EvalRowSettings& settings, const std::function<Result<EvalRow>(const Json& row)>& read,
                                  const base::CancelToken& cancel)
{
    const auto source = data::openSource(path);
    if (!source) {
        return source.error();
    }
    EvalRows rows;
    const std::int64_t all = (*source)->rowCount();
    const std::int64_t wanted = settings.limit > 0 ? std::min(settings.limit, all) : all;
    bool isGrouped = settings.groupBy.empty() || settings.groupBy == kNoGroups;
    for (std::int64_t i = 0; i < wanted; ++i) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const std::int64_t index = i * all / wanted;
        const auto json = (*source)->row(index);
        auto row = json ? read(*json) : Result<EvalRow>(json.error());
        if (!row) {
            rows.skipped.push_back({index + 1, row.message()});
            continue;
        }
        row->row = index + 1;
        if (!settings.groupBy.empty()) {
            row->group = settings.groupBy == kNoGroups ? "" : groupIn(*json, row->tags, settings.groupBy);
            isGrouped = isGrouped || !row->group.empty();
        }
        rows.rows.push_back(std::move(*row));
    }
    if (rows.rows.empty()) {
        return Error{path.string() + ": there is not " + what
                     + (rows.skipped.empty() ? "" : "; row " + std::to_string(rows.skipped.front().row) + ": " + rows.skipped.front().why)};
    }
    return isGrouped ? Result<EvalRows>(std::move(rows)) : Error{path.string() + ": " + nothingToGroupBy(settings.groupBy)};
}

} // namespace luthier::evaluation
