// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_filters.h"

#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/data_losses.h"

#include <QCoreApplication>

#include <algorithm>

namespace luthier::ui {
namespace {

const QString kCheck = QStringLiteral("check:");
const QString kTag = QStringLiteral("tag:");
const QString kCopies = QStringLiteral("copies");
const QString kNearCopies = QStringLiteral("nearCopies");
const QString kOddLength = QStringLiteral("oddLength");
const QString kOddScript = QStringLiteral("oddScript");

QString said(const char* text, const char* context = "RowFilter")
{
    return QCoreApplication::translate(context, text);
}

// Counted with the tokens, while rows are being judged.
bool isCounted(RowFilter filter)
{
    return filter != RowFilter::All && filter != RowFilter::Excluded && filter != RowFilter::Edited;
}

RowFilterItem factOf(const DataDocument& document, const FilterRow& row)
{
    const char* section = row.filter == RowFilter::All ? "" : isCounted(row.filter) ? "Checks" : "Rows";
    RowFilterItem item{QString::fromLatin1(row.id), section[0] == '\0' ? QString() : said(section), said(row.label), said(row.help), {},
                       document.counts().of(row.filter), document.isChecking() && isCounted(row.filter)};
    item.remedy = row.filter == RowFilter::Excluded ? Remedy::Include : isCounted(row.filter) ? Remedy::Exclude : Remedy::None;
    item.isMeasured = !isCounted(row.filter) || row.filter == RowFilter::Broken || document.hasEncoder();
    return item;
}

void appendFacts(const DataDocument& document, bool areCounted, std::vector<RowFilterItem>& items)
{
    for (const FilterRow& row : rowFilters()) {
        if (row.filter != RowFilter::All && isCounted(row.filter) == areCounted) {
            items.push_back(factOf(document, row));
        }
    }
}

void appendChecks(const DataDocument& document, std::vector<RowFilterItem>& items)
{
    const DataCheckup& checkup = *document.checkup();
    const std::size_t first = items.size();
    const QString section = said("Checks");
    const auto copies = [&](const QString& id, const char* label, const char* help, Likeness likeness) {
        items.push_back({id, section, said(label), said(help), said("Keep one of each and leave out the others."),
                         checkup.numAlike(likeness), false, Remedy::KeepOne});
    };
    copies(kCopies, QT_TRANSLATE_NOOP("RowFilter", "The same row again"),
           QT_TRANSLATE_NOOP("RowFilter", "Rows the model would see as one and the same; it learns them twice as hard."), Likeness::Exact);
    copies(kNearCopies, QT_TRANSLATE_NOOP("RowFilter", "Nearly the same"),
           QT_TRANSLATE_NOOP("RowFilter", "Rows that share at least four fifths of their word sequences, the same ones included."), Likeness::Near);
    for (std::size_t i = 0; i < data::checks().size(); ++i) {
        const data::Check& check = data::checks()[i];
        if (check.asksModel) {
            continue; // rows that are too long are counted with the tokens, as "cut at the limit"
        }
        items.push_back({kCheck + QString::fromLatin1(check.id), section, said(check.label, "Check"), said(check.help, "Check"),
                         said(check.remedy, "Check"), checkup.count(static_cast<int>(i)), false, Remedy::Exclude});
    }
    const auto odd = [&](const QString& id, const char* label, const char* help, const std::vector<std::int64_t>& rows) {
        items.push_back({id, section, said(label), said(help), said("Look at them; leave out what does not belong here."),
                         static_cast<std::int64_t>(checkup.included(rows).size()), false, Remedy::Exclude});
    };
    odd(kOddLength, QT_TRANSLATE_NOOP("RowFilter", "Unusual length"),
        QT_TRANSLATE_NOOP("RowFilter", "Rows far longer or shorter than the others (three quartile distances, on a logarithmic scale)."),
        checkup.hasResult() ? checkup.statistics().lengthOutliers : std::vector<std::int64_t>());
    odd(kOddScript, QT_TRANSLATE_NOOP("RowFilter", "Another script"),
        QT_TRANSLATE_NOOP("RowFilter", "Rows whose letters are of another script than most rows'."),
        checkup.hasResult() ? checkup.statistics().scriptOutliers : std::vector<std::int64_t>());
    for (std::size_t i = first; i < items.size() && !checkup.hasResult(); ++i) {
        items[i].isMeasured = false;
        items[i].remedy = Remedy::None;
        items[i].advice = said("\"Check all rows\" looks for them.");
    }
}

void appendTags(const DataDocument& document, std::vector<RowFilterItem>& items)
{
    for (const auto& [tag, count] : document.tagCounts()) {
        const QString name = QString::fromStdString(tag);
        items.push_back({kTag + name, said("Tags"), name, said("Rows with this tag. T tags the selected rows."), {}, count, false,
                         Remedy::Exclude});
    }
}

struct LossRow {
    LossFilter filter;
    const char* id;
    const char* label;
    const char* help;
    const char* advice;
};
constexpr LossRow kLosses[] = {
    {LossFilter::Hardest, "loss:hardest", QT_TRANSLATE_NOOP("RowFilter", "Hardest"),
     QT_TRANSLATE_NOOP("RowFilter", "The tenth of the rows with the highest loss after the newest run that measured them, the highest first."),
     QT_TRANSLATE_NOOP("RowFilter", "Look whether they are hard or wrong; more examples like the hard ones help.")},
    {LossFilter::NeverLearned, "loss:never", QT_TRANSLATE_NOOP("RowFilter", "Never learned"),
     QT_TRANSLATE_NOOP("RowFilter", "Rows above the median loss whose loss fell by less than a tenth of what the median row's fell by."),
     QT_TRANSLATE_NOOP("RowFilter", "Look at them; mend the answer or leave the row out.")},
    {LossFilter::SuspectLabel, "loss:suspect", QT_TRANSLATE_NOOP("RowFilter", "Suspect label"),
     QT_TRANSLATE_NOOP("RowFilter", "Rows never learned though the rows most like them were: their answer may be wrong."),
     QT_TRANSLATE_NOOP("RowFilter", "Read the answer; mend it or leave the row out.")},
};

void appendLosses(const DataDocument& document, std::vector<RowFilterItem>& items)
{
    const DataLosses& losses = *document.losses();
    for (const LossRow& row : kLosses) {
        RowFilterItem item{QString::fromLatin1(row.id), said("Losses"), said(row.label), said(row.help), said(row.advice),
                           static_cast<std::int64_t>(losses.rowsOf(row.filter).size()), false, Remedy::Exclude};
        if (!losses.hasResult()) {
            item.advice = losses.problem().isEmpty()
                              ? said("No run has measured the rows of this file yet: switch on \"run.row_losses\" in a recipe and train.")
                              : losses.problem();
            item.remedy = Remedy::None;
            item.isMeasured = false;
        }
        items.push_back(item);
    }
}

std::vector<std::int64_t> flattened(const DataCheckup::Groups& groups)
{
    std::vector<std::int64_t> rows;
    for (const auto& group : groups) {
        rows.insert(rows.end(), group.begin(), group.end());
    }
    return rows;
}

std::vector<std::int64_t> rowsWithTag(const DataDocument& document, const std::string& tag)
{
    std::vector<std::int64_t> rows;
    for (const auto& [row, tags] : document.tags()) {
        if (tags.contains(tag)) {
            rows.push_back(row);
        }
    }
    return rows;
}

} // namespace

std::vector<RowFilterItem> filterItems(const DataDocument& document)
{
    std::vector<RowFilterItem> items{factOf(document, rowFilters().front())};
    appendFacts(document, true, items);
    appendChecks(document, items);
    appendFacts(document, false, items);
    appendTags(document, items);
    appendLosses(document, items);
    for (RowFilterItem& item : items) {
        const bool isAll = item.id == idOf(RowFilter::All);
        item.fold = isAll || item.count > 0 ? FilterFold::None : item.isMeasured ? FilterFold::Nothing : FilterFold::Unmeasured;
    }
    std::stable_sort(items.begin(), items.end(), [](const RowFilterItem& left, const RowFilterItem& right) { return left.fold < right.fold; });
    return items;
}

std::optional<RowFilterItem> findFilter(const DataDocument& document, const QString& id)
{
    for (const RowFilterItem& item : filterItems(document)) {
        if (item.id == id) {
            return item;
        }
    }
    return std::nullopt;
}

QString idOf(RowFilter filter)
{
    const auto rows = rowFilters();
    const auto at = std::find_if(rows.begin(), rows.end(), [filter](const FilterRow& row) { return row.filter == filter; });
    return QString::fromLatin1(at->id);
}

std::optional<std::vector<std::int64_t>> rowsOfFilter(const DataDocument& document, const QString& id)
{
    for (const FilterRow& row : rowFilters()) {
        if (id == QLatin1String(row.id)) {
            return row.filter == RowFilter::All ? std::nullopt : std::optional(document.rowsOf(row.filter));
        }
    }
    if (id.startsWith(kTag)) {
        return rowsWithTag(document, id.mid(kTag.size()).toStdString());
    }
    for (const LossRow& row : kLosses) {
        if (id == QLatin1String(row.id)) {
            return document.losses()->rowsOf(row.filter);
        }
    }
    const DataCheckup& checkup = *document.checkup();
    if (!checkup.hasResult()) {
        return findFilter(document, id) ? std::optional(std::vector<std::int64_t>()) : std::nullopt; // nobody has looked
    }
    if (id == kCopies || id == kNearCopies) {
        return flattened(checkup.groups(id == kCopies ? Likeness::Exact : Likeness::Near));
    }
    if (id == kOddLength || id == kOddScript) {
        return checkup.included(id == kOddLength ? checkup.statistics().lengthOutliers : checkup.statistics().scriptOutliers);
    }
    const int check = data::findCheck(id.mid(kCheck.size()).toStdString());
    return check < 0 ? std::nullopt : std::optional(checkup.rowsOf(check));
}

} // namespace luthier::ui
