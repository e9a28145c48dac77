// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/data_document.h"

#include "ui/bridge/job.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_losses.h"

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
    : QObject(parent), m_path(opened.path), m_saver(new EditSaver(project, this)),
      m_checkup(new DataCheckup(this)), m_losses(new DataLosses(this, project))
{
    take(std::move(opened));
    m_losses->load();
}

void DataDocument::take(Opened opened)
{
    m_dataset = std::move(opened.dataset);
    m_edited = {opened.editedRows.begin(), opened.editedRows.end()};
    m_tags = std::move(opened.tags);
    m_firstRows = std::move(opened.firstRows);
    m_facts.assign(static_cast<std::size_t>(m_dataset->rowCount()), {});
    m_excluded.assign(m_facts.size(), false);
    m_counts = {};
    m_counts.rows = rowCount();
    for (const std::int64_t row : m_dataset->exclusions()) {
        if (row < rowCount()) { // the file may have become shorter
            m_excluded[static_cast<std::size_t>(row)] = true;
            ++m_counts.excluded;
        }
    }
}

void DataDocument::replace(Opened opened)
{
    take(std::move(opened));
    m_checkup->forget();
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
    if (m_counts.checked > 0) { // else they are as new
        std::fill(m_facts.begin(), m_facts.end(), RowFacts{});
    }
    const std::int64_t excluded = m_counts.excluded;
    m_counts = {};
    m_counts.rows = rowCount();
    m_counts.excluded = excluded;
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
                RowFacts facts = found;
                facts.judgeAt(m_settings.maxLength); // the limit may have moved meanwhile
                setFacts(row, facts);
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

void DataDocument::count(std::int64_t row, int sign)
{
    const RowFacts& known = m_facts[static_cast<std::size_t>(row)];
    if (known.state == RowState::Unknown) {
        return;
    }
    m_counts.checked += sign;
    if (isExcluded(row)) {
        return;
    }
    const bool broken = known.state == RowState::Broken;
    (broken ? m_counts.broken : m_counts.good) += sign;
    m_counts.truncated += matches(RowFilter::Truncated, known) ? sign : 0;
    m_counts.nothingToLearn += matches(RowFilter::NothingToLearn, known) ? sign : 0;
    m_counts.noEnd += matches(RowFilter::NoEnd, known) ? sign : 0;
    m_counts.doubledStart += matches(RowFilter::DoubledStart, known) ? sign : 0;
}

void DataDocument::setFacts(std::int64_t row, const RowFacts& facts)
{
    count(row, -1);
    m_mostTurns = std::max<int>(m_mostTurns, facts.turns);
    m_facts[static_cast<std::size_t>(row)] = facts;
    count(row, 1);
}

void DataDocument::setLimit(std::int64_t tokens)
{
    if (tokens == m_settings.maxLength) {
        return;
    }
    m_settings.maxLength = tokens;
    for (std::int64_t row = 0; row < rowCount(); ++row) {
        count(row, -1);
        m_facts[static_cast<std::size_t>(row)].judgeAt(tokens);
        count(row, 1);
    }
    Q_EMIT factsChanged(0, rowCount() - 1);
    Q_EMIT countsChanged();
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
        const bool excluded = isExcluded(row);
        if (filter == RowFilter::All || (filter == RowFilter::Excluded && excluded) || (!excluded && matches(filter, facts(row)))) {
            rows.push_back(row);
        }
    }
    return rows;
}

std::vector<std::uint32_t> DataDocument::lengths(LengthKind kind) const
{
    std::vector<std::uint32_t> lengths;
    lengths.reserve(static_cast<std::size_t>(m_counts.checked));
    for (std::int64_t row = 0; m_counts.checked > 0 && row < rowCount(); ++row) {
        const RowFacts known = facts(row);
        if (known.tokens >= 0 && !isExcluded(row)) {
            const std::int32_t length = kind == LengthKind::Total    ? known.tokens
                                        : kind == LengthKind::Answer ? known.trained
                                                                     : known.tokens - known.trained;
            lengths.push_back(static_cast<std::uint32_t>(std::max(length, 0)));
        }
    }
    return lengths;
}

} // namespace luthier::ui
