// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_search.h"

#include "ui/bridge/job.h"

#include <QElapsedTimer>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr qint64 kChunkMs = 80;

struct Chunk {
    std::vector<std::int64_t> hits;
    std::size_t looked = 0;
};

bool hasText(const Json& value, const QString& text)
{
    if (value.is_string()) {
        return QString::fromStdString(value.get_ref<const std::string&>()).contains(text, Qt::CaseInsensitive);
    }
    if (value.is_structured()) {
        return std::any_of(value.begin(), value.end(), [&text](const Json& inner) { return hasText(inner, text); });
    }
    return !value.is_null() && QString::fromStdString(value.dump()).contains(text, Qt::CaseInsensitive);
}

bool rowHasText(const data::Dataset& dataset, std::int64_t index, const QString& text)
{
    const Result<Json> row = dataset.row(index);
    return row ? hasText(*row, text) : QString::fromStdString(dataset.rawRow(index)).contains(text, Qt::CaseInsensitive);
}

Chunk searchFrom(const data::Dataset& dataset, const std::vector<std::int64_t>& rows, std::size_t from, const QString& text)
{
    QElapsedTimer clock;
    clock.start();
    Chunk chunk;
    while (from + chunk.looked < rows.size() && clock.elapsed() < kChunkMs) {
        const std::int64_t row = rows[from + chunk.looked++];
        if (rowHasText(dataset, row, text)) {
            chunk.hits.push_back(row);
        }
    }
    return chunk;
}

} // namespace

RowSearch::RowSearch(QObject* parent) : QObject(parent)
{
}

void RowSearch::start(std::shared_ptr<const data::Dataset> dataset, std::vector<std::int64_t> rows, const QString& text)
{
    cancel();
    m_dataset = std::move(dataset);
    m_rows = std::make_shared<const std::vector<std::int64_t>>(std::move(rows));
    m_text = text;
    m_hits.clear();
    m_done = 0;
    m_running = !text.isEmpty() && m_dataset;
    Q_EMIT hitsChanged();
    if (m_running) {
        next();
    }
}

void RowSearch::cancel()
{
    ++m_generation;
    if (std::exchange(m_running, false)) {
        Q_EMIT finished();
    }
}

double RowSearch::fraction() const
{
    return !m_rows || m_rows->empty() ? 1.0 : static_cast<double>(m_done) / static_cast<double>(m_rows->size());
}

void RowSearch::next()
{
    const auto work = [dataset = m_dataset, rows = m_rows, from = m_done, text = m_text] {
        return searchFrom(*dataset, *rows, from, text);
    };
    startJob(this, work, [this, generation = m_generation](const Chunk& chunk) {
        if (generation != m_generation) {
            return;
        }
        m_done += chunk.looked;
        m_hits.insert(m_hits.end(), chunk.hits.begin(), chunk.hits.end());
        m_running = m_done < m_rows->size();
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
    if (direction > 0) {
        const auto at = std::upper_bound(m_hits.begin(), m_hits.end(), row);
        return at == m_hits.end() ? m_hits.front() : *at;
    }
    const auto at = std::lower_bound(m_hits.begin(), m_hits.end(), row);
    return at == m_hits.begin() ? m_hits.back() : *(at - 1);
}

int RowSearch::numberOf(std::int64_t row) const
{
    const auto at = std::lower_bound(m_hits.begin(), m_hits.end(), row);
    return at != m_hits.end() && *at == row ? static_cast<int>(at - m_hits.begin()) + 1 : 0;
}

} // namespace luthier::ui
