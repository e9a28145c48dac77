// SPDX-License-Identifier: GPL-3.0-or-later
// RowFilters: all that the rows of a document can be filtered by, as one list with counts: what is known of each row,
// what the checks found, and tags. Every count is the number of rows that its filter shows. After "all" stands what is
// wrong with rows, then what a person did to them, tags and losses; what found nothing and what nobody has looked for is
// folded together at the end.
//
// Threads: GUI thread only.
#pragma once

#include "ui/models/data/row_facts.h"

#include <QString>

#include <optional>
#include <vector>

namespace luthier::ui {

class DataDocument;

enum class Remedy { None, Exclude, Include, KeepOne };
enum class FilterFold { None, Nothing, Unmeasured }; // found nothing; nobody has looked yet

struct RowFilterItem {
    QString id;      // "all", "cut", "check:email", "copies", "tag:good", "loss:hardest"
    QString section; // translated
    QString label;
    QString help;    // what it means
    QString advice;  // what to do about it
    std::int64_t count = 0;
    bool isGrowing = false;
    Remedy remedy = Remedy::None;
    bool isMeasured = true; // false: nothing has looked yet, and the count says nothing
    FilterFold fold = FilterFold::None;
};

std::vector<RowFilterItem> filterItems(const DataDocument& document);
std::optional<RowFilterItem> findFilter(const DataDocument& document, const QString& id);

// nullopt: every row. An unknown id shows every row.
std::optional<std::vector<std::int64_t>> rowsOfFilter(const DataDocument& document, const QString& id);
QString idOf(RowFilter filter);

} // namespace luthier::ui
