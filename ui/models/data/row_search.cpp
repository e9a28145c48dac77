// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_search.h"

#include "core/data/row_walk.h"
#include "ui/bridge/job.h"

#include <QElapsedTimer>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr std::int64_t kChunkMs = 80;
constexpr std::int64_t kFirstChunk = 512;
constexpr std::int64_t kMostChunk = 1 << 17;

struct Chunk {
    std::vector<std::int64_t> hits;
    std::int64_t ms = 0;
};

Chunk searchFrom(const data::Dataset& dataset, const std::optional<std::vector<std::int64_t>>& rows, const data::RowQuery& query,
                 std::int64_t from, std::int64_t count, const base::CancelToken& cancel)
{
    QElapsedTimer clock;
    clock.start();
    const auto rowAt = [&](std::int64_t place) { return rows ? (*rows)[static_cast<std::size_t>(from + place)] : from + place; };
    std::vector<char> found(static_cast<std::size_t>(count), 0); // a place for each row: several threads write
    data::WalkOptions options;
    options.cancel = cancel;
    Chunk chunk;
    if (!data::walkRows(count, options, [&](std::int64_t place, std::size_t) {
            found[static_cast<std::size_t>(place)] = data::rowMatches(dataset, rowAt(place), query) ? 1 : 0;
        })) {
        return chunk; // cancelled: nobody waits for it
    }
    for (std::int64_t place = 0; place < count; ++place) {
        if (found[static_cast<std::size_t>(place)] != 0) {
            chunk.hits.push_back(rowAt(place));
        }
    }
    chunk.ms = clock.elapsed();
    return chunk;
}

} // namespace

RowSearch::RowSearch(QObject* parent) : QObject(parent)
{
}

RowSearch::~RowSearch()
{
    m_cancel.cancel();
}

void RowSearch::start(std::shared_ptr<const data::Dataset> dataset, std::optional<std::vector<std::int64_t>> rows, data::RowQuery query)
{
    stop();
    m_dataset = std::move(dataset);
    m_numRows = rows ? static_cast<std::int64_t>(rows->size()) : m_dataset->rowCount();
    m_rows = std::make_shared<const std::optional<std::vector<std::int64_t>>>(std::move(rows));
    m_query = std::make_shared<const data::RowQuery>(std::move(query));
    m_done = 0;
    m_chunk = kFirstChunk;
    m_isActive = true;
    m_running = true;
    next();
}

void RowSearch::stop()
{
    ++m_generation;
    m_cancel.cancel();
    m_cancel = {};
    m_hits.clear();
    m_isActive = false;
    m_running = false;
    Q_EMIT hitsChanged();
}

double RowSearch::fraction() const
{
    return m_numRows == 0 ? 1.0 : static_cast<double>(m_done) / static_cast<double>(m_numRows);
}

void RowSearch::next()
{
    const std::int64_t count = std::min(m_chunk, m_numRows - m_done);
    const auto work = [dataset = m_dataset, rows = m_rows, query = m_query, from = m_done, count, cancel = m_cancel] {
        return searchFrom(*dataset, *rows, *query, from, count, cancel);
    };
    startJob(this, work, [this, count, generation = m_generation](const Chunk& chunk) {
        if (generation != m_generation) {
            return;
        }
        m_done += count;
        m_hits.insert(m_hits.end(), chunk.hits.begin(), chunk.hits.end());
        m_running = m_done < m_numRows;
        m_chunk = std::clamp(m_chunk * kChunkMs / std::max<std::int64_t>(chunk.ms, 1), kFirstChunk, kMostChunk);
        Q_EMIT hitsChanged();
        if (m_running) {
            next();
        } else {
            Q_EMIT finished();
        }
    });
}

std::int64_t RowSearch::nextHit(std::int64_t row, int direction) const
{
    if (m_hits.empty()) {
        return -1;
    }
    if (m_placeOf) {
        // The hit with the nearest place behind (or before) that of `row`; around the end the one nearest to the other side.
        const int from = m_placeOf(row);
        std::int64_t best = -1;
        std::pair<bool, int> nearest{};
        for (const std::int64_t hit : m_hits) {
            const int place = m_placeOf(hit) * direction;
            const std::pair<bool, int> distance{place <= from * direction, place};
            if (best < 0 || distance < nearest) {
                best = hit;
                nearest = distance;
            }
        }
        return best;
    }
    if (direction > 0) {
        const auto at = std::upper_bound(m_hits.begin(), m_hits.end(), row);
        return at == m_hits.end() ? m_hits.front() : *at;
    }
    const auto at = std::lower_bound(m_hits.begin(), m_hits.end(), row);
    return at == m_hits.begin() ? m_hits.back() : *(at - 1);
}

int RowSearch::numberOf(std::int64_t row) const
{
    if (!isHit(row)) {
        return 0;
    }
    if (m_placeOf) {
        const int place = m_placeOf(row);
        return 1 + static_cast<int>(std::count_if(m_hits.begin(), m_hits.end(), [&](std::int64_t hit) { return m_placeOf(hit) < place; }));
    }
    return static_cast<int>(std::lower_bound(m_hits.begin(), m_hits.end(), row) - m_hits.begin()) + 1;
}

bool RowSearch::isHit(std::int64_t row) const
{
    return std::binary_search(m_hits.begin(), m_hits.end(), row);
}

void RowSearch::setOrder(std::function<int(std::int64_t row)> placeOf)
{
    m_placeOf = std::move(placeOf);
    Q_EMIT hitsChanged();
}

std::vector<std::int64_t> RowSearch::orderedHits() const
{
    std::vector<std::int64_t> rows = m_hits;
    if (m_placeOf) {
        std::sort(rows.begin(), rows.end(), [this](std::int64_t left, std::int64_t right) { return m_placeOf(left) < m_placeOf(right); });
    }
    return rows;
}

} // namespace luthier::ui
