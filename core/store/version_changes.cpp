// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/version_changes.h"

#include <set>

namespace luthier::store {

std::optional<Json> editIn(const Snapshot& snapshot, std::int64_t row)
{
    const auto found = snapshot.edits.find(row);
    return found == snapshot.edits.end() ? std::nullopt : std::optional<Json>(found->second);
}

std::vector<RowChange> versionChanges(const Snapshot& from, const Snapshot& to)
{
    std::set<std::int64_t> rows;
    for (const Snapshot* snapshot : {&from, &to}) {
        for (const auto& [row, edited] : snapshot->edits) {
            rows.insert(row);
        }
        rows.insert(snapshot->excluded.begin(), snapshot->excluded.end());
    }
    std::vector<RowChange> changes;
    for (const std::int64_t row : rows) {
        RowChange change{row, editIn(from, row), editIn(to, row)};
        if (change.before != change.after || from.excluded.contains(row) != to.excluded.contains(row)) {
            changes.push_back(std::move(change));
        }
    }
    return changes;
}

EditStep stepTowards(const std::vector<RowChange>& rows, const Snapshot& wanted, const Snapshot& now)
{
    EditStep step;
    for (const RowChange& change : rows) {
        const std::int64_t row = change.row;
        if (editIn(now, row) != editIn(wanted, row)) {
            step.rows.push_back({row, editIn(now, row), editIn(wanted, row)});
        }
        if (wanted.excluded.contains(row) != now.excluded.contains(row)) {
            (wanted.excluded.contains(row) ? step.excluded : step.included).push_back(row);
        }
    }
    return step;
}

} // namespace luthier::store
