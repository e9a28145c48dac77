// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data_document.h"

#include "ui/bridge/job.h"
#include "ui/models/edit_saver.h"

#include <QElapsedTimer>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr std::size_t kChunkRows = 2048; // rows handed to one job
constexpr qint64 kChunkMs = 60;          // after which the job hands back what it has

using Judged = std::vector<std::pair<std::int64_t, RowFacts>>;

Judged judgeRows(const RowJudge& judge, const std::vector<std::int64_t>& rows)
{
    QElapsedTimer clock;
    clock.start();
    Judged judged;
    judged.reserve(rows.size());
    for (const std::int64_t row : rows) {
        judged.emplace_back(row, factsOf(judge, row));
        if (clock.elapsed() > kChunkMs) {
            break;
        }
    }
    return judged;
}

} // namespace

DataDocument::DataDocument(Opened opened, std::shared_ptr<store::Project> project, QObject* parent)
    : QObject(parent), m_dataset(std::move(opened.dataset)), m_path(std::move(opened.path)),
      m_saver(new EditSaver(std::move(project), m_path, this)),
      m_facts(static_cast<std::size_t>(m_dataset->rowCount())),
      m_edited(opened.editedRows.begin(), opened.editedRows.end())
{
    m_counts.rows = rowCount();
}

void DataDocument::replace(Opened opened)
{
    m_dataset = std::move(opened.dataset);
    m_edited = {opened.editedRows.begin(), opened.editedRows.end()};
    m_facts.assign(static_cast<std::size_t>(m_dataset->rowCount()), {});
    setEncoder(m_encoder, m_settings);
}

RowJudge DataDocument::judge() const
{
    return {m_dataset, m_encoder, m_settings};
}

void DataDocument::setEncoder(data::Encoder encoder, const data::EncodingSettings& settings)
{
    m_encoder = std::move(encoder);
    m_settings = settings;
    ++m_generation;
    std::fill(m_facts.begin(), m_facts.end(), RowFacts{});
    m_counts = {};
    m_counts.rows = rowCount();
    m_next = 0;
    m_checking = true;
    Q_EMIT factsChanged(0, rowCount() - 1);
    Q_EMIT countsChanged();
    checkNext();
}

void DataDocument::judgeSoon(const std::vector<std::int64_t>& rows)
{
    m_soon = rows; // only the newest view counts
    checkNext();
}

std::vector<std::int64_t> DataDocument::nextRows()
{
    std::vector<std::int64_t> rows;
    const auto add = [&](std::int64_t row) {
        if (facts(row).state == RowState::Unknown) {
            rows.push_back(row);
        }
    };
    for (const std::int64_t row : std::exchange(m_soon, {})) {
        add(row);
    }
    while (m_next < rowCount() && rows.size() < kChunkRows) {
        if (facts(m_next).state == RowState::Unknown) {
            rows.push_back(m_next);
        }
        ++m_next;
    }
    return rows;
}

void DataDocument::checkNext()
{
    if (m_inFlight || m_generation == 0) {
        return;
    }
    std::vector<std::int64_t> rows = nextRows();
    if (rows.empty()) {
        if (std::exchange(m_checking, false)) {
            Q_EMIT countsChanged();
            Q_EMIT checkFinished();
        }
        return;
    }
    m_inFlight = true;
    m_checking = true;
    m_touched.clear();
    startJob(this, [judge = judge(), rows] { return judgeRows(judge, rows); },
             [this, rows, generation = m_generation](const Judged& judged) { takeJudged(rows, judged, generation); });
}

void DataDocument::takeJudged(const std::vector<std::int64_t>& rows, const std::vector<std::pair<std::int64_t, RowFacts>>& judged,
                              int generation)
{
    m_inFlight = false;
    if (generation == m_generation) {
        std::int64_t first = rowCount();
        std::int64_t last = -1;
        for (const auto& [row, found] : judged) {
            if (!m_touched.contains(row)) {
                setFacts(row, found);
            }
            first = std::min(first, row);
            last = std::max(last, row);
        }
        // What the job's time did not reach comes again, in order.
        for (std::size_t i = judged.size(); i < rows.size(); ++i) {
            m_next = std::min(m_next, rows[i]);
        }
        for (const std::int64_t row : m_touched) {
            m_next = std::min(m_next, row);
        }
        Q_EMIT factsChanged(first, last);
        Q_EMIT countsChanged();
    }
    checkNext();
}

void DataDocument::count(const RowFacts& facts, int sign)
{
    if (facts.state == RowState::Unknown) {
        return;
    }
    const bool broken = facts.state == RowState::Broken;
    m_counts.checked += sign;
    (broken ? m_counts.broken : m_counts.good) += sign;
    m_counts.truncated += facts.truncated ? sign : 0;
    m_counts.nothingToLearn += facts.state == RowState::NothingToLearn ? sign : 0;
}

void DataDocument::setFacts(std::int64_t row, const RowFacts& facts)
{
    RowFacts& known = m_facts[static_cast<std::size_t>(row)];
    count(known, -1);
    known = facts;
    count(known, 1);
}

DataCounts DataDocument::counts() const
{
    DataCounts counts = m_counts;
    counts.edited = static_cast<std::int64_t>(m_edited.size());
    return counts;
}

std::vector<std::int64_t> DataDocument::rowsOf(RowFilter filter) const
{
    if (filter == RowFilter::Edited) {
        return {m_edited.begin(), m_edited.end()};
    }
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < rowCount(); ++row) {
        const RowFacts known = facts(row);
        const bool wanted = filter == RowFilter::All || (filter == RowFilter::Broken && known.state == RowState::Broken)
                            || (filter == RowFilter::Truncated && known.truncated)
                            || (filter == RowFilter::NothingToLearn && known.state == RowState::NothingToLearn);
        if (wanted) {
            rows.push_back(row);
        }
    }
    return rows;
}

void DataDocument::prepareEdit(std::int64_t row, const QString& path, const QString& text)
{
    const auto work = [dataset = m_dataset, row, path = path.toStdString(), text = text.toStdString()] {
        return dataset->withField(row, path, text);
    };
    startJob(this, work, [this, row](const Result<Json>& edited) {
        if (!edited) {
            Q_EMIT editRefused(row, QString::fromStdString(edited.message()));
            return;
        }
        Q_EMIT editPrepared({row, m_dataset->edit(row), *edited});
    });
}

void DataDocument::prepareRevert(std::int64_t row)
{
    if (isEdited(row)) {
        Q_EMIT editPrepared({row, m_dataset->edit(row), std::nullopt});
    }
}

void DataDocument::applyEdit(std::int64_t row, const std::optional<Json>& edited)
{
    if (edited) {
        m_dataset->setRow(row, *edited);
        m_edited.insert(row);
    } else {
        m_dataset->clearEdit(row);
        m_edited.erase(row);
    }
    m_saver->save(row, edited);
    m_touched.insert(row);
    setFacts(row, {});
    m_soon.push_back(row);
    m_next = std::min(m_next, row);
    Q_EMIT rowEdited(row);
    Q_EMIT factsChanged(row, row);
    Q_EMIT countsChanged();
    checkNext();
}

} // namespace luthier::ui
