// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/version_diff.h"

#include "core/store/version_changes.h"

#include <QCoreApplication>

namespace luthier::ui {
namespace {

QString textOf(const data::Dataset& dataset, const store::Snapshot& snapshot, std::int64_t row)
{
    const std::optional<Json> edited = store::editIn(snapshot, row);
    const std::string raw = edited ? std::string() : dataset.rawRow(row);
    const Result<Json> parsed = edited ? Result<Json>(*edited) : base::parseJson(raw);
    const QString text = QString::fromStdString(parsed ? base::dumpJson(*parsed, 2) : raw);
    return snapshot.excluded.contains(row) ? QCoreApplication::translate("VersionDiff", "(excluded)") + u'\n' + text : text;
}

} // namespace

std::vector<Replacement> versionDiff(const data::Dataset& dataset, const store::Snapshot& from, const store::Snapshot& to)
{
    std::vector<Replacement> differences;
    for (store::RowChange& change : store::versionChanges(from, to)) {
        const std::int64_t row = change.row;
        if (row < dataset.rowCount()) {
            differences.push_back({std::move(change), textOf(dataset, from, row), textOf(dataset, to, row)});
        }
    }
    return differences;
}

} // namespace luthier::ui
