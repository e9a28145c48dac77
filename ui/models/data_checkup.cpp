// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data_checkup.h"

#include "ui/models/data_document.h"

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
constexpr Stage kCounting{0.8, 1.0};

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
    connect(document, &DataDocument::rowEdited, this, &DataCheckup::recheck);
    connect(document, &DataDocument::exclusionsChanged, this, [this] {
        recount();
        Q_EMIT changed();
    });
}

Result<std::shared_ptr<DataCheckup::Findings>> DataCheckup::work(const data::Dataset& dataset, const JobControl& control)
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
    return found;
}

void DataCheckup::start()
{
    m_fraction = 0;
    m_problem.clear();
    m_clock.start();
    m_job.start(
        this, [dataset = m_document->dataset()](const JobControl& control) { return work(*dataset, control); },
        [this](const Result<std::shared_ptr<Findings>>& found) {
            if (found) {
                m_result = *found;
                recount();
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
    m_result.reset();
    m_counts.clear();
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
void DataCheckup::recheck(std::int64_t row)
{
    if (!m_result) {
        return;
    }
    const auto work = [dataset = m_document->dataset(), row] { return data::checkRow(*dataset, row, {}).mask; };
    startJob(this, work, [this, row, result = m_result](const data::CheckMask& mask) {
        if (result != m_result || row >= static_cast<std::int64_t>(m_result->report.masks.size())) {
            return;
        }
        data::CheckMask across = 0;
        for (std::size_t i = 0; i < data::checks().size(); ++i) {
            across |= data::checks()[i].kind == data::CheckKind::AcrossRows ? data::CheckMask{1} << i : 0;
        }
        data::CheckMask& known = m_result->report.masks[static_cast<std::size_t>(row)];
        known = (known & across) | (mask & ~across);
        recount();
        Q_EMIT changed();
    });
}

void DataCheckup::recount()
{
    m_counts.assign(data::checks().size(), 0);
    m_numExact = countAlike(Likeness::Exact);
    m_numNear = countAlike(Likeness::Near);
    if (!m_result) {
        return;
    }
    const std::vector<data::CheckMask>& masks = m_result->report.masks;
    for (std::size_t row = 0; row < masks.size(); ++row) {
        if (masks[row] == 0 || m_document->isExcluded(static_cast<std::int64_t>(row))) {
            continue;
        }
        for (std::size_t i = 0; i < m_counts.size(); ++i) {
            m_counts[i] += masks[row] >> i & 1U;
        }
    }
}

std::int64_t DataCheckup::count(int check) const
{
    return m_result ? m_counts[static_cast<std::size_t>(check)] : 0;
}

std::vector<std::int64_t> DataCheckup::rowsOf(int check) const
{
    return m_result ? included(m_result->report.rowsOf(check)) : std::vector<std::int64_t>();
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

std::int64_t DataCheckup::countAlike(Likeness likeness) const
{
    std::int64_t count = 0;
    for (const auto& group : groups(likeness)) {
        count += static_cast<std::int64_t>(group.size());
    }
    return count;
}

} // namespace luthier::ui
