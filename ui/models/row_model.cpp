// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_model.h"

#include "ui/bridge/job.h"
#include "ui/models/data_document.h"

#include <QLocale>
#include <QTimer>

#include <algorithm>
#include <limits>

namespace luthier::ui {
namespace {

constexpr std::int64_t kPageRows = 256;
constexpr std::size_t kMaxPages = 64;
constexpr std::size_t kMaxWanted = 4; // pages scrolled past are not worth reading
constexpr qsizetype kPreviewChars = 240;

QString oneLine(const std::string& text)
{
    // Simplifying costs the whole length; a preview needs only the beginning. A cut character is dropped with it.
    const QString begin = QString::fromUtf8(text.data(), static_cast<qsizetype>(std::min<std::size_t>(text.size(), 4 * kPreviewChars)));
    return begin.simplified().left(kPreviewChars);
}

} // namespace

RowModel::RowModel(QObject* parent) : QAbstractTableModel(parent)
{
}

void RowModel::setDocument(DataDocument* document)
{
    beginResetModel();
    if (m_document) {
        m_document->disconnect(this);
    }
    m_document = document;
    m_filter = RowFilter::All;
    m_rows.reset();
    dropPages();
    if (m_document) {
        connect(m_document, &DataDocument::factsChanged, this, &RowModel::onFactsChanged);
        connect(m_document, &DataDocument::rowEdited, this, &RowModel::onRowEdited);
    }
    endResetModel();
}

DataDocument* RowModel::document() const
{
    return m_document;
}

void RowModel::setFilter(RowFilter filter)
{
    m_filter = filter;
    refilter();
}

void RowModel::refilter()
{
    beginResetModel();
    m_rows.reset();
    if (m_document && m_filter != RowFilter::All) {
        m_rows = m_document->rowsOf(m_filter);
    }
    dropPages();
    endResetModel();
}

void RowModel::dropPages()
{
    ++m_version;
    m_pages.clear();
    m_wanted.clear();
    m_inFlight = -1;
}

std::int64_t RowModel::rowAt(int viewRow) const
{
    if (viewRow < 0 || viewRow >= rowCount()) {
        return -1;
    }
    return m_rows ? (*m_rows)[static_cast<std::size_t>(viewRow)] : viewRow;
}

int RowModel::viewRowOf(std::int64_t row) const
{
    if (!m_rows) {
        return row >= 0 && row < rowCount() ? static_cast<int>(row) : -1;
    }
    const auto at = std::lower_bound(m_rows->begin(), m_rows->end(), row);
    return at != m_rows->end() && *at == row ? static_cast<int>(at - m_rows->begin()) : -1;
}

int RowModel::rowCount(const QModelIndex& parent) const
{
    if (parent.isValid() || !m_document) {
        return 0;
    }
    const std::int64_t count = m_rows ? static_cast<std::int64_t>(m_rows->size()) : m_document->rowCount();
    return static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
}

int RowModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : NumColumns;
}

std::vector<RowModel::Preview> RowModel::readPage(const data::Dataset& dataset, const std::vector<std::int64_t>& rows)
{
    std::vector<Preview> previews;
    previews.reserve(rows.size());
    for (const std::int64_t row : rows) {
        const Result<data::Example> example = dataset.example(row);
        if (example) {
            previews.push_back({oneLine(data::promptOf(*example)), oneLine(data::answerOf(*example)), {}});
        } else {
            previews.push_back({oneLine(dataset.rawRow(row)), {}, QString::fromStdString(example.message())});
        }
    }
    return previews;
}

const RowModel::Preview* RowModel::preview(int viewRow) const
{
    const std::int64_t number = viewRow / kPageRows;
    const auto at = m_pages.find(number);
    if (at == m_pages.end()) {
        want(number);
        return nullptr;
    }
    at->second.used = ++m_clock;
    if (at->second.stale) {
        want(number);
    }
    const auto offset = static_cast<std::size_t>(viewRow % kPageRows);
    return offset < at->second.rows.size() ? &at->second.rows[offset] : nullptr;
}

void RowModel::want(std::int64_t page) const
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
        auto* self = const_cast<RowModel*>(this);
        QTimer::singleShot(0, self, &RowModel::fetchNext);
    }
}

void RowModel::fetchNext()
{
    m_fetchScheduled = false;
    if (!m_document || m_inFlight >= 0 || m_wanted.empty()) {
        return;
    }
    m_inFlight = m_wanted.back();
    m_wanted.pop_back();
    const std::int64_t page = m_inFlight;
    std::vector<std::int64_t> rows;
    const std::int64_t end = std::min<std::int64_t>((page + 1) * kPageRows, rowCount());
    for (std::int64_t row = page * kPageRows; row < end; ++row) {
        rows.push_back(rowAt(static_cast<int>(row)));
    }
    if (const auto at = m_pages.find(page); at != m_pages.end()) {
        at->second.stale = false; // an edit from here on makes it stale again
    }
    m_document->judgeSoon(rows);
    startJob(this, [dataset = m_document->dataset(), rows] { return readPage(*dataset, rows); },
             [this, page, version = m_version](std::vector<Preview> read) { takePage(page, std::move(read), version); });
}

void RowModel::takePage(std::int64_t page, std::vector<Preview> rows, int version)
{
    if (version != m_version) {
        return;
    }
    m_inFlight = -1;
    ++m_numPagesRead;
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
    Q_EMIT dataChanged(index(first, PromptColumn), index(first + numRows - 1, StateColumn),
                       {Qt::DisplayRole, Qt::ToolTipRole, FetchedRole});
    fetchNext();
}

void RowModel::onFactsChanged(qint64 first, qint64 last)
{
    int from = static_cast<int>(first);
    int to = static_cast<int>(last);
    if (m_rows) {
        from = static_cast<int>(std::lower_bound(m_rows->begin(), m_rows->end(), first) - m_rows->begin());
        to = static_cast<int>(std::upper_bound(m_rows->begin(), m_rows->end(), last) - m_rows->begin()) - 1;
    }
    if (from <= to && to < rowCount()) {
        Q_EMIT dataChanged(index(from, TokensColumn), index(to, StateColumn));
    }
}

void RowModel::onRowEdited(qint64 row)
{
    const int viewRow = viewRowOf(row);
    if (viewRow < 0) {
        return;
    }
    const std::int64_t page = viewRow / kPageRows;
    if (const auto at = m_pages.find(page); at != m_pages.end()) {
        at->second.stale = true;
        want(page);
    } else if (page == m_inFlight) {
        m_pages[page].stale = true; // what is on its way may be older than the edit
    }
    Q_EMIT dataChanged(index(viewRow, NumberColumn), index(viewRow, StateColumn));
}

QString RowModel::stateText(std::int64_t row) const
{
    QString text;
    switch (m_document->facts(row).state) {
    case RowState::Unknown: text = QStringLiteral("\u2026"); break;
    case RowState::Good: text = tr("good"); break;
    case RowState::Broken: text = tr("broken"); break;
    case RowState::Truncated: text = tr("cut"); break;
    case RowState::NothingToLearn: text = tr("nothing to learn"); break;
    }
    return m_document->isEdited(row) ? tr("%1, edited").arg(text) : text;
}

QVariant RowModel::displayed(int viewRow, int column) const
{
    const std::int64_t row = rowAt(viewRow);
    switch (column) {
    case NumberColumn: return QLocale().toString(static_cast<qlonglong>(row + 1));
    case StateColumn: return stateText(row);
    case TokensColumn: {
        const RowFacts facts = m_document->facts(row);
        if (facts.tokens >= 0) {
            return QLocale().toString(facts.tokens);
        }
        return facts.state == RowState::Unknown ? QStringLiteral("\u2026") : QStringLiteral("\u2013");
    }
    default: break;
    }
    const Preview* known = preview(viewRow);
    if (known == nullptr) {
        return QStringLiteral("\u2026");
    }
    return column == PromptColumn ? known->prompt : known->answer;
}

QVariant RowModel::data(const QModelIndex& index, int role) const
{
    if (!m_document || !checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) {
        return {};
    }
    const std::int64_t row = rowAt(index.row());
    const RowFacts facts = m_document->facts(row);
    switch (role) {
    case Qt::DisplayRole: return displayed(index.row(), index.column());
    case Qt::TextAlignmentRole:
        return index.column() == NumberColumn || index.column() == TokensColumn
                   ? QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter))
                   : QVariant::fromValue(Qt::Alignment(Qt::AlignLeft | Qt::AlignVCenter));
    case Qt::ToolTipRole: {
        const Preview* known = preview(index.row());
        return known == nullptr ? QVariant() : known->problem.isEmpty() ? displayed(index.row(), index.column()) : known->problem;
    }
    case RowRole: return static_cast<qlonglong>(row);
    case StateRole: return static_cast<int>(facts.state);
    case EditedRole: return m_document->isEdited(row);
    case TokensRole: return facts.tokens;
    case LimitRole: return static_cast<qlonglong>(m_document->encodingSettings().maxLength);
    case TruncatedRole: return facts.truncated;
    case FetchedRole: return preview(index.row()) != nullptr;
    default: return {};
    }
}

QVariant RowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= NumColumns) {
        return {};
    }
    static const char* const kTitles[] = {QT_TR_NOOP("#"), QT_TR_NOOP("Prompt"), QT_TR_NOOP("Answer"), QT_TR_NOOP("Tokens"),
                                          QT_TR_NOOP("State")};
    static const char* const kHelp[] = {QT_TR_NOOP("Number of the row in the file, from 1"),
                                        QT_TR_NOOP("What the model is asked"), QT_TR_NOOP("What the model should learn to answer"),
                                        QT_TR_NOOP("Length in tokens, against the limit"),
                                        QT_TR_NOOP("Whether training can use the row")};
    if (role == Qt::DisplayRole) {
        return tr(kTitles[section]);
    }
    return role == Qt::ToolTipRole ? tr(kHelp[section]) : QVariant();
}

} // namespace luthier::ui
