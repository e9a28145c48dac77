// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_pages.h"

#include "ui/bridge/job.h"

#include <QElapsedTimer>
#include <QTimer>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr std::int64_t kPageRows = 256;
constexpr std::size_t kMaxPages = 64;
constexpr std::size_t kMaxWanted = 4; // pages scrolled past are not worth reading
constexpr qsizetype kPreviewChars = 240;
constexpr qint64 kFirstMs = 20; // a usual page takes one; opening does not wait for huge rows

QString oneLine(const std::string& text)
{
    // Simplifying costs the whole length; a preview needs only the beginning. A cut character is dropped with it.
    const QString begin = QString::fromUtf8(text.data(), static_cast<qsizetype>(std::min<std::size_t>(text.size(), 4 * kPreviewChars)));
    return begin.simplified().left(kPreviewChars);
}

RowPreview readRow(const data::Dataset& dataset, std::int64_t row)
{
    const Result<data::Example> example = dataset.example(row);
    return example ? RowPreview{oneLine(data::promptOf(*example)), oneLine(data::answerOf(*example)), {}}
                   : RowPreview{oneLine(dataset.rawRow(row)), {}, QString::fromStdString(example.message())};
}

std::vector<RowPreview> readRows(const data::Dataset& dataset, const std::vector<std::int64_t>& rows)
{
    std::vector<RowPreview> previews;
    previews.reserve(rows.size());
    for (const std::int64_t row : rows) {
        previews.push_back(readRow(dataset, row));
    }
    return previews;
}

} // namespace

RowPages::RowPages(RowsOf rowsOf, QObject* parent) : QObject(parent), m_rowsOf(std::move(rowsOf))
{
}

std::vector<RowPreview> RowPages::firstOf(const data::Dataset& dataset)
{
    QElapsedTimer clock;
    clock.start();
    std::vector<RowPreview> previews;
    for (std::int64_t row = 0; row < std::min(kPageRows, dataset.rowCount()); ++row) {
        if (clock.elapsed() > kFirstMs) {
            return {};
        }
        previews.push_back(readRow(dataset, row));
    }
    return previews;
}

void RowPages::reset(std::shared_ptr<const data::Dataset> dataset, const std::vector<RowPreview>* first)
{
    m_dataset = std::move(dataset);
    ++m_version;
    m_pages.clear();
    m_wanted.clear();
    m_inFlight = -1;
    if (first != nullptr && !first->empty()) {
        m_pages[0] = {*first, ++m_clock, false};
    }
}

const RowPreview* RowPages::at(int place) const
{
    const std::int64_t number = place / kPageRows;
    const auto found = m_pages.find(number);
    if (found == m_pages.end()) {
        want(number);
        return nullptr;
    }
    found->second.used = ++m_clock;
    if (found->second.stale) {
        want(number);
    }
    const auto offset = static_cast<std::size_t>(place % kPageRows);
    return offset < found->second.rows.size() ? &found->second.rows[offset] : nullptr;
}

void RowPages::want(std::int64_t page) const
{
    if (page == m_inFlight) {
        return;
    }
    std::erase(m_wanted, page);
    m_wanted.push_back(page);
    if (m_wanted.size() > kMaxWanted) {
        m_wanted.erase(m_wanted.begin());
    }
    if (!m_fetchScheduled) {
        m_fetchScheduled = true;
        // Not now: the view is in the middle of painting and may ask for the neighbour page too.
        auto* self = const_cast<RowPages*>(this);
        QTimer::singleShot(0, self, &RowPages::fetchNext);
    }
}

void RowPages::fetchNext()
{
    m_fetchScheduled = false;
    if (!m_dataset || m_inFlight >= 0 || m_wanted.empty()) {
        return;
    }
    m_inFlight = m_wanted.back();
    m_wanted.pop_back();
    const std::int64_t page = m_inFlight;
    const std::vector<std::int64_t> rows = m_rowsOf(static_cast<int>(page * kPageRows), static_cast<int>((page + 1) * kPageRows - 1));
    if (const auto at = m_pages.find(page); at != m_pages.end()) {
        at->second.stale = false; // an edit from here on makes it stale again
    }
    Q_EMIT wanted(rows);
    startJob(this, [dataset = m_dataset, rows] { return readRows(*dataset, rows); },
             [this, page, version = m_version](std::vector<RowPreview> found) { take(page, std::move(found), version); });
}

void RowPages::take(std::int64_t page, std::vector<RowPreview> rows, int version)
{
    if (version != m_version) {
        return;
    }
    m_inFlight = -1;
    ++m_numRead;
    const bool stale = m_pages.contains(page) && m_pages[page].stale;
    const auto numRows = static_cast<int>(rows.size());
    m_pages[page] = {std::move(rows), ++m_clock, stale};
    if (m_pages.size() > kMaxPages) {
        const auto oldest = std::min_element(m_pages.begin(), m_pages.end(), [](const auto& left, const auto& right) {
            return left.second.used < right.second.used;
        });
        m_pages.erase(oldest);
    }
    const auto first = static_cast<int>(page * kPageRows);
    Q_EMIT read(first, first + numRows - 1);
    fetchNext();
}

void RowPages::touch(int place)
{
    const std::int64_t page = place / kPageRows;
    if (const auto at = m_pages.find(page); at != m_pages.end()) {
        at->second.stale = true;
        want(page);
    } else if (page == m_inFlight) {
        m_pages[page].stale = true; // what is on its way may be older than the edit
    }
}

void RowPages::touchAll()
{
    for (auto& [number, page] : m_pages) {
        page.stale = true;
    }
    if (m_inFlight >= 0) {
        m_pages[m_inFlight].stale = true;
    }
}

} // namespace luthier::ui
