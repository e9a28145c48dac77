// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_model.h"

#include "ui/models/data/data_document.h"
#include "ui/models/data/data_losses.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace luthier::ui {

RowModel::RowModel(QObject* parent)
    : QAbstractTableModel(parent), m_pages(new RowPages([this](int first, int last) { return shownRows(first, last); }, this))
{
    connect(m_pages, &RowPages::read, this, [this](int first, int last) {
        Q_EMIT dataChanged(index(first, PromptColumn), index(last, StateColumn), {Qt::DisplayRole, Qt::ToolTipRole, FetchedRole});
    });
    connect(m_pages, &RowPages::wanted, this, [this](const std::vector<std::int64_t>& rows) {
        if (m_document) {
            m_document->judgeSoon(rows);
        }
    });
}

void RowModel::setDocument(DataDocument* document)
{
    m_sorting.cancel();
    beginResetModel();
    if (m_document) {
        m_document->disconnect(this);
        m_document->losses()->disconnect(this);
    }
    m_document = document;
    m_given.reset();
    m_order.reset();
    const auto first = m_document ? m_document->takeFirstRows() : nullptr;
    m_pages->reset(m_document ? m_document->dataset() : nullptr, first.get());
    if (m_document) {
        connect(m_document, &DataDocument::factsChanged, this, &RowModel::onFactsChanged);
        connect(m_document, &DataDocument::rowEdited, this, &RowModel::onRowEdited);
        connect(m_document, &DataDocument::rowsEdited, this, [this] {
            m_pages->touchAll();
            showAgain(NumberColumn, StateColumn);
        });
        connect(m_document, &DataDocument::exclusionsChanged, this, [this] { showAgain(NumberColumn, StateColumn); });
        connect(m_document, &DataDocument::tagsChanged, this, [this] { showAgain(TagsColumn, TagsColumn); });
        connect(m_document->losses(), &DataLosses::changed, this, [this] {
            showAgain(LossBeforeColumn, LossAfterColumn);
            startSorting();
        });
        connect(m_document, &DataDocument::checkFinished, this, &RowModel::startSorting); // now the keys are known
    }
    endResetModel();
    startSorting();
}

DataDocument* RowModel::document() const
{
    return m_document;
}

void RowModel::setRows(std::optional<std::vector<std::int64_t>> rows)
{
    m_sorting.cancel();
    beginResetModel();
    m_given = std::move(rows);
    m_order.reset();
    if (m_given && m_document) {
        m_order.emplace(*m_given, m_document->rowCount());
    }
    m_pages->reset(m_document ? m_document->dataset() : nullptr);
    endResetModel();
    startSorting();
}

std::vector<std::int64_t> RowModel::keysOf(const std::vector<std::int64_t>& rows) const
{
    std::map<std::string, std::int64_t> ranks; // of tags, by name; rows without one come last
    for (const auto& [tag, count] : m_document->tagCounts()) {
        ranks.emplace(tag, static_cast<std::int64_t>(ranks.size()));
    }
    std::vector<std::int64_t> keys;
    keys.reserve(rows.size());
    for (const std::int64_t row : rows) {
        const RowFacts facts = m_document->facts(row);
        switch (m_sortColumn) {
        case TokensColumn: keys.push_back(facts.tokens); break;
        case TurnsColumn: keys.push_back(facts.turns); break;
        case LossBeforeColumn: keys.push_back(m_document->losses()->sortKey(row, LossTime::Before)); break;
        case LossAfterColumn: keys.push_back(m_document->losses()->sortKey(row, LossTime::After)); break;
        case StateColumn: keys.push_back((m_document->isExcluded(row) ? 100 : 0) + static_cast<int>(facts.state)); break;
        case TagsColumn: {
            const auto& tags = m_document->tagsOf(row);
            keys.push_back(tags.empty() ? std::numeric_limits<std::int64_t>::max() : ranks[*tags.begin()]);
            break;
        }
        default: keys.push_back(row); break;
        }
    }
    return keys;
}

void RowModel::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column >= 0 && canSort(column) ? column : -1;
    m_sortOrder = order;
    startSorting();
}

void RowModel::startSorting()
{
    const bool asGiven = m_sortColumn < 0 || (m_sortColumn == NumberColumn && m_sortOrder == Qt::AscendingOrder && !m_given);
    if (!m_document) {
        return;
    }
    if (asGiven) {
        m_sorting.cancel();
        takeOrder(m_given ? std::optional(RowOrder(*m_given, m_document->rowCount())) : std::nullopt);
        return;
    }
    std::vector<std::int64_t> rows;
    if (m_given) {
        rows = *m_given;
    } else {
        rows.resize(static_cast<std::size_t>(m_document->rowCount()));
        std::iota(rows.begin(), rows.end(), std::int64_t{0});
    }
    const auto work = [rows, keys = keysOf(rows), order = m_sortOrder, count = m_document->rowCount()] {
        return RowOrder::sorted(rows, keys, order, count);
    };
    m_sorting.start(this, work, [this](const RowOrder& order) { takeOrder(order); });
}

// The same rows in another order: what is selected stays selected.
void RowModel::takeOrder(std::optional<RowOrder> order)
{
    if (!order && !m_order) {
        return;
    }
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<std::int64_t> rows;
    for (const QModelIndex& persistent : before) {
        rows.push_back(rowAt(persistent.row()));
    }
    m_order = std::move(order);
    m_pages->reset(m_document->dataset());
    QModelIndexList after;
    for (qsizetype i = 0; i < before.size(); ++i) {
        after += index(viewRowOf(rows[static_cast<std::size_t>(i)]), before[i].column());
    }
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

bool RowModel::isInFileOrder() const
{
    return !m_order || m_order->isAscending();
}

std::int64_t RowModel::rowAt(int viewRow) const
{
    if (viewRow < 0 || viewRow >= rowCount()) {
        return -1;
    }
    return m_order ? m_order->rowAt(viewRow) : viewRow;
}

int RowModel::viewRowOf(std::int64_t row) const
{
    if (!m_document || row < 0 || row >= m_document->rowCount()) {
        return -1;
    }
    return m_order ? m_order->placeOf(row) : static_cast<int>(row);
}

int RowModel::rowCount(const QModelIndex& parent) const
{
    if (parent.isValid() || !m_document) {
        return 0;
    }
    const std::int64_t count = m_order ? m_order->count() : m_document->rowCount();
    return static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
}

int RowModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : NumColumns;
}

std::vector<std::int64_t> RowModel::shownRows(int first, int last) const
{
    std::vector<std::int64_t> rows;
    for (int place = first; place <= std::min(last, rowCount() - 1); ++place) {
        rows.push_back(rowAt(place));
    }
    return rows;
}

void RowModel::showAgain(int firstColumn, int lastColumn)
{
    if (rowCount() > 0) {
        Q_EMIT dataChanged(index(0, firstColumn), index(rowCount() - 1, lastColumn));
    }
}

void RowModel::onFactsChanged(qint64 first, qint64 last)
{
    if (m_order) {
        showAgain(TokensColumn, StateColumn);
        return;
    }
    const auto to = static_cast<int>(last);
    if (first <= to && to < rowCount()) {
        Q_EMIT dataChanged(index(static_cast<int>(first), TokensColumn), index(to, StateColumn));
    }
}

void RowModel::onRowEdited(qint64 row)
{
    const int viewRow = viewRowOf(row);
    if (viewRow >= 0) {
        m_pages->touch(viewRow);
        Q_EMIT dataChanged(index(viewRow, NumberColumn), index(viewRow, StateColumn));
    }
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
        return isNumber(index.column())
                   ? QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter))
                   : QVariant::fromValue(Qt::Alignment(Qt::AlignLeft | Qt::AlignVCenter));
    case Qt::ToolTipRole: {
        const RowPreview* known = m_pages->at(index.row());
        return known == nullptr ? QVariant() : known->problem.isEmpty() ? displayed(index.row(), index.column()) : known->problem;
    }
    case RowRole: return static_cast<qlonglong>(row);
    case StateRole: return static_cast<int>(facts.state);
    case EditedRole: return m_document->isEdited(row);
    case ExcludedRole: return m_document->isExcluded(row);
    case TagsRole: return tagsOf(row);
    case TokensRole: return facts.tokens;
    case LimitRole: return static_cast<qlonglong>(m_document->encodingSettings().maxLength);
    case TruncatedRole: return facts.truncated;
    case FetchedRole: return m_pages->at(index.row()) != nullptr;
    default: return {};
    }
}

} // namespace luthier::ui
