// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/data_checkup.h"

#include "ui/models/data/data_document.h"

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr double kMinFraction = 0.02; // before that a guess of the time left is noise
constexpr std::int64_t kParts = 1000; // of progress, over all stages

struct Stage {
    double from;
    double to;
};
// By how long they take on ordinary rows.
constexpr Stage kChecking{0.0, 0.35};
constexpr Stage kComparing{0.35, 0.8};
constexpr Stage kCounting{0.8, 0.95};
constexpr Stage kTrying{0.95, 1.0};

data::WalkOptions optionsOf(const JobControl& control, Stage stage)
{
    data::WalkOptions options;
    options.cancel = control.cancel;
    if (control.progress) {
        options.progress = [tell = control.progress, stage](std::int64_t done, std::int64_t total) {
            const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
            tell(static_cast<std::int64_t>(kParts * (stage.from + (stage.to - stage.from) * share)), kParts);
        };
    }
    return options;
}

} // namespace

DataCheckup::DataCheckup(DataDocument* document) : QObject(document), m_document(document)
{
    connect(document, &DataDocument::rowEdited, this, [this](qint64 row) { recheck({row}); });
    connect(document, &DataDocument::rowsEdited, this, &DataCheckup::recheck);
    connect(document, &DataDocument::exclusionsChanged, this, &DataCheckup::recount);
}

Result<DataCheckup::Found> DataCheckup::work(const data::Dataset& dataset, const data::Encoder& encoder, const JobControl& control)
{
    auto found = std::make_shared<Findings>();
    // Tokens are counted by the document already.
    auto report = data::checkRows(dataset, {}, optionsOf(control, kChecking));
    if (!report) {
        return report.error();
    }
    found->report = std::move(*report);
    auto duplicates = data::findDuplicates(dataset, {.near = true}, optionsOf(control, kComparing));
    if (!duplicates) {
        return duplicates.error();
    }
    found->duplicates = std::move(*duplicates);
    auto statistics = data::statisticsOf(dataset, nullptr, optionsOf(control, kCounting));
    if (!statistics) {
        return statistics.error();
    }
    found->statistics = std::move(*statistics);
    auto unread = data::findUnread(dataset, {encoder.tokenizer ? &encoder : nullptr, {}, {"synthetic"}}, optionsOf(control, kTrying));
    if (!unread) {
        return unread.error();
    }
    found->unread = std::move(*unread);
    std::vector<bool> excluded(static_cast<std::size_t>(dataset.rowCount()));
    for (const std::int64_t row : dataset.exclusions()) {
        excluded[static_cast<std::size_t>(row)] = true;
    }
    Counts counts = countsOf(*found, {}, excluded);
    return Found{std::move(found), std::move(counts)};
}

void DataCheckup::start()
{
    m_fraction = 0;
    m_problem.clear();
    m_editedMeanwhile = false;
    m_clock.start();
    m_job.start(
        this, [dataset = m_document->dataset(), encoder = m_document->encoder()](const JobControl& control) { return work(*dataset, encoder, control); },
        [this](const Result<Found>& found) {
            if (found) {
                m_result = found->first;
                m_masks.clear();
                m_isStale = m_editedMeanwhile;
                takeCounts(found->second);
                recount(); // rows may have been left out while it ran
            } else {
                m_problem = QString::fromStdString(found.message());
            }
            Q_EMIT progressChanged();
            Q_EMIT changed();
        },
        [this](std::int64_t done, std::int64_t total) {
            m_fraction = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(total, 1));
            Q_EMIT progressChanged();
        });
    Q_EMIT progressChanged();
}

void DataCheckup::cancel()
{
    m_job.cancel();
    Q_EMIT progressChanged();
}

void DataCheckup::forget()
{
    m_job.cancel();
    m_counting.cancel();
    m_result.reset();
    m_masks.clear();
    m_counts.clear();
    m_isStale = false;
    Q_EMIT progressChanged();
    Q_EMIT changed();
}

std::optional<double> DataCheckup::secondsLeft() const
{
    if (m_fraction < kMinFraction) {
        return std::nullopt;
    }
    return static_cast<double>(m_clock.elapsed()) / 1000.0 * (1 - m_fraction) / m_fraction;
}

// The comparison between rows stays as it was; it is made anew by the next check of all rows.
void DataCheckup::recheck(const std::vector<std::int64_t>& rows)
{
    m_editedMeanwhile = true;
    if (!m_result) {
        return;
    }
    m_isStale = true;
    Q_EMIT progressChanged();
    const auto work = [dataset = m_document->dataset(), rows] {
        std::vector<data::CheckMask> masks;
        masks.reserve(rows.size());
        for (const std::int64_t row : rows) {
            masks.push_back(data::checkRow(*dataset, row, {}).mask);
        }
        return masks;
    };
    startJob(this, work, [this, rows, result = m_result](const std::vector<data::CheckMask>& masks) {
        if (result != m_result) {
            return;
        }
        data::CheckMask across = 0;
        for (std::size_t i = 0; i < data::checks().size(); ++i) {
            across |= data::checks()[i].kind == data::CheckKind::AcrossRows ? data::CheckMask{1} << i : 0;
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i] < static_cast<std::int64_t>(m_result->report.masks.size())) {
                m_masks[rows[i]] = (m_result->report.masks[static_cast<std::size_t>(rows[i])] & across) | (masks[i] & ~across);
            }
        }
        recount();
    });
}

void DataCheckup::recount()
{
    if (!m_result) {
        return;
    }
    m_counting.start(
        this, [result = m_result, masks = m_masks, excluded = m_document->excluded()] { return countsOf(*result, masks, excluded); },
        [this](const Counts& counts) {
            takeCounts(counts);
            Q_EMIT changed();
        });
}

void DataCheckup::takeCounts(const Counts& counts)
{
    m_counts = counts.ofChecks;
    m_numExact = counts.exact;
    m_numNear = counts.near;
}

DataCheckup::Counts DataCheckup::countsOf(const Findings& findings, const Masks& masks, const std::vector<bool>& excluded)
{
    Counts counts;
    counts.ofChecks.assign(data::checks().size(), 0);
    auto again = masks.begin();
    for (std::size_t row = 0; row < findings.report.masks.size() && row < excluded.size(); ++row) {
        const bool isAgain = again != masks.end() && again->first == static_cast<std::int64_t>(row);
        const data::CheckMask mask = isAgain ? (again++)->second : findings.report.masks[row];
        for (std::size_t i = 0; mask != 0 && !excluded[row] && i < counts.ofChecks.size(); ++i) {
            counts.ofChecks[i] += mask >> i & 1U;
        }
    }
    counts.exact = countAlike(findings.duplicates.exact, excluded);
    counts.near = countAlike(findings.duplicates.near, excluded);
    return counts;
}

std::int64_t DataCheckup::countAlike(const Groups& groups, const std::vector<bool>& excluded)
{
    std::int64_t count = 0;
    for (const std::vector<std::int64_t>& group : groups) {
        const auto left = std::count_if(group.begin(), group.end(), [&excluded](std::int64_t row) { return !excluded[static_cast<std::size_t>(row)]; });
        count += left > 1 ? left : 0;
    }
    return count;
}

std::int64_t DataCheckup::count(int check) const
{
    return m_result ? m_counts[static_cast<std::size_t>(check)] : 0;
}

std::vector<std::int64_t> DataCheckup::rowsOf(int check) const
{
    if (!m_result) {
        return {};
    }
    std::vector<std::int64_t> rows = m_result->report.rowsOf(check);
    if (!m_masks.empty()) {
        std::erase_if(rows, [this](std::int64_t row) { return m_masks.contains(row); });
        for (const auto& [row, mask] : m_masks) {
            if ((mask >> check & 1U) != 0) {
                rows.push_back(row);
            }
        }
        std::sort(rows.begin(), rows.end());
    }
    return included(rows);
}

std::vector<std::int64_t> DataCheckup::included(const std::vector<std::int64_t>& rows) const
{
    std::vector<std::int64_t> kept;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept), [this](std::int64_t row) { return !m_document->isExcluded(row); });
    return kept;
}

DataCheckup::Groups DataCheckup::groups(Likeness likeness) const
{
    Groups kept;
    if (m_result) {
        for (const auto& group : likeness == Likeness::Exact ? m_result->duplicates.exact : m_result->duplicates.near) {
            if (std::vector<std::int64_t> rows = included(group); rows.size() > 1) {
                kept.push_back(std::move(rows));
            }
        }
    }
    return kept;
}

} // namespace luthier::ui
