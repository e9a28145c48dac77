// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/data_losses.h"

#include "core/data/map/neighbours.h"
#include "core/data/map/row_features.h"
#include "ui/models/data/data_document.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr std::size_t kNeighbours = 8;    // of a row, to tell a wrong answer from a hard question
constexpr std::size_t kHardestShare = 10; // the dearest tenth of the rows
constexpr double kKeyParts = 1e6;         // of a nat, told apart when sorting

struct Measured {
    store::RunId run = 0;
    std::vector<data::RowLoss> losses;
};

Result<Measured> newestOf(store::Project& project, const std::string& path)
{
    const auto runs = project.runs();
    if (!runs) {
        return runs.error();
    }
    std::vector<store::RunId> ids;
    for (const store::RunRow& run : *runs) {
        ids.push_back(run.id);
    }
    ids.push_back(0); // measured without a run
    for (const store::RunId id : ids) {
        auto losses = project.rowLosses(id, path);
        if (!losses || !losses->empty()) {
            return losses ? Result<Measured>(Measured{id, std::move(*losses)}) : losses.error();
        }
    }
    return Measured{};
}

Result<std::vector<std::int64_t>> suspectsOf(const std::vector<data::RowLoss>& losses, const data::Dataset& dataset,
                                             const base::CancelToken& cancel)
{
    data::WalkOptions options;
    options.cancel = cancel;
    data::FeatureSettings settings;
    settings.promptsAlone = true;
    const auto features = data::rowFeatures(dataset, settings, options);
    if (!features) {
        return features.error();
    }
    const auto near = data::nearestNeighbours(*features, kNeighbours, settings.seed, options);
    return near ? Result<std::vector<std::int64_t>>(data::suspectLabels(losses, *features, *near)) : near.error();
}

} // namespace

DataLosses::DataLosses(DataDocument* document, std::shared_ptr<store::Project> project)
    : QObject(document), m_document(document), m_project(std::move(project))
{
}

Result<DataLosses::Found> DataLosses::work(store::Project& project, const std::string& path, const data::Dataset& dataset,
                                           const Found& known, const base::CancelToken& cancel)
{
    auto measured = newestOf(project, path);
    if (!measured) {
        return measured.error();
    }
    // Losses that were measured without a run may be others under the same number.
    if (measured->losses.empty() || (known && known->run == measured->run && measured->run != 0)) {
        return measured->losses.empty() ? Found() : known;
    }
    auto found = std::make_shared<Findings>();
    found->run = measured->run;
    std::vector<data::RowLoss> rows;
    for (const data::RowLoss& loss : measured->losses) {
        if (loss.row >= 0 && loss.row < dataset.rowCount()) { // the file may have become shorter
            rows.push_back(loss);
        }
    }
    const auto ordered = data::hardestFirst(rows);
    for (std::size_t i = 0; i < (ordered.size() + kHardestShare - 1) / kHardestShare; ++i) {
        if (ordered[i].after || ordered[i].before) {
            found->hardest.push_back(ordered[i].row);
        }
    }
    found->never = data::neverLearned(rows);
    if (!found->never.empty()) {
        auto suspects = suspectsOf(rows, dataset, cancel);
        if (!suspects) {
            return suspects.error();
        }
        found->suspect = std::move(*suspects);
    }
    found->byRow = std::move(rows);
    return Found(std::move(found));
}

void DataLosses::load()
{
    if (!m_project) {
        return;
    }
    m_job.start(
        this,
        [project = m_project, path = m_document->path().toStdString(), dataset = m_document->dataset(),
         known = m_result](const JobControl& control) { return work(*project, path, *dataset, known, control.cancel); },
        [this](const Result<Found>& found) {
            m_problem = found ? QString() : QString::fromStdString(found.message());
            if (found && *found == m_result) {
                return;
            }
            m_result = found ? *found : Found();
            Q_EMIT changed();
        });
}

std::optional<double> DataLosses::of(std::int64_t row, LossTime time) const
{
    if (!m_result) {
        return std::nullopt;
    }
    const auto& rows = m_result->byRow;
    const auto at = std::lower_bound(rows.begin(), rows.end(), row, [](const data::RowLoss& loss, std::int64_t wanted) { return loss.row < wanted; });
    if (at == rows.end() || at->row != row) {
        return std::nullopt;
    }
    return time == LossTime::Before ? at->before : at->after;
}

QString DataLosses::text(std::int64_t row, LossTime time) const
{
    const std::optional<double> loss = of(row, time);
    return loss ? QLocale().toString(*loss, 'f', 3) : QStringLiteral("\u2013");
}

std::int64_t DataLosses::sortKey(std::int64_t row, LossTime time) const
{
    const std::optional<double> loss = of(row, time);
    return loss && std::isfinite(*loss) ? static_cast<std::int64_t>(std::min(*loss, kKeyParts) * kKeyParts) : -1;
}

std::vector<std::int64_t> DataLosses::rowsOf(LossFilter filter) const
{
    std::vector<std::int64_t> kept;
    if (!m_result) {
        return kept;
    }
    const auto& rows = filter == LossFilter::Hardest        ? m_result->hardest
                       : filter == LossFilter::NeverLearned ? m_result->never
                                                            : m_result->suspect;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept), [this](std::int64_t row) { return !m_document->isExcluded(row); });
    return kept;
}

} // namespace luthier::ui
