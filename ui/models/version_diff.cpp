// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/version_diff.h"

#include <QCoreApplication>

#include <set>

namespace luthier::ui {
namespace {

std::optional<Json> editOf(const store::Snapshot& snapshot, std::int64_t row)
{
    const auto found = snapshot.edits.find(row);
    return found == snapshot.edits.end() ? std::nullopt : std::optional<Json>(found->second);
}

QString textOf(const data::Dataset& dataset, const store::Snapshot& snapshot, std::int64_t row)
{
    const std::optional<Json> edited = editOf(snapshot, row);
    const std::string raw = edited ? std::string() : dataset.rawRow(row);
    const Result<Json> parsed = edited ? Result<Json>(*edited) : base::parseJson(raw);
    const QString text = QString::fromStdString(parsed ? base::dumpJson(*parsed, 2) : raw);
    return snapshot.excluded.contains(row) ? QCoreApplication::translate("VersionDiff", "(excluded)") + u'\n' + text : text;
}

} // namespace

std::vector<Replacement> versionDiff(const data::Dataset& dataset, const store::Snapshot& from, const store::Snapshot& to)
{
    std::set<std::int64_t> rows;
    for (const store::Snapshot* snapshot : {&from, &to}) {
        for (const auto& [row, edited] : snapshot->edits) {
            rows.insert(row);
        }
        rows.insert(snapshot->excluded.begin(), snapshot->excluded.end());
    }
    std::vector<Replacement> differences;
    for (const std::int64_t row : rows) {
        const bool isSame = editOf(from, row) == editOf(to, row) && from.excluded.contains(row) == to.excluded.contains(row);
        if (!isSame && row < dataset.rowCount()) {
            differences.push_back({{row, editOf(from, row), editOf(to, row)}, textOf(dataset, from, row), textOf(dataset, to, row)});
        }
    }
    return differences;
}

store::EditStep stepTowards(const std::vector<store::RowChange>& rows, const store::Snapshot& wanted, const store::Snapshot& now)
{
    store::EditStep step;
    for (const store::RowChange& change : rows) {
        const std::int64_t row = change.row;
        if (editOf(now, row) != editOf(wanted, row)) {
            step.rows.push_back({row, editOf(now, row), editOf(wanted, row)});
        }
        if (wanted.excluded.contains(row) != now.excluded.contains(row)) {
            (wanted.excluded.contains(row) ? step.excluded : step.included).push_back(row);
        }
    }
    return step;
}

} // namespace luthier::ui
