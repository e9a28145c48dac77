// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/comparison_model.h"

#include <QLocale>

#include <utility>

namespace luthier::ui {
namespace {

constexpr qsizetype kTitleChars = 200;

QString questionOf(const PromptItem& item)
{
    return item.messages.empty() ? QString() : QString::fromStdString(item.messages.back().content);
}

} // namespace

QString titleOf(const PromptItem& item)
{
    return questionOf(item).left(4 * kTitleChars).simplified().left(kTitleChars);
}

void PromptListModel::setItems(std::vector<PromptItem> items)
{
    beginResetModel();
    m_items = std::move(items);
    endResetModel();
}

int PromptListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

QVariant PromptListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) {
        return {};
    }
    const PromptItem& at = item(index.row());
    switch (role) {
    case Qt::DisplayRole: return titleOf(at);
    case Qt::ToolTipRole:
        return tr("Row %1: %2").arg(QLocale().toString(static_cast<qlonglong>(at.row + 1)), questionOf(at).left(1000));
    default: return {};
    }
}

void ComparisonModel::prepend(Comparison comparison)
{
    beginInsertRows({}, 0, 0);
    m_items.push_back(std::move(comparison));
    endInsertRows();
}

int ComparisonModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) {
        return {};
    }
    const Comparison& at = item(index.row());
    switch (role) {
    case Qt::DisplayRole: return titleOf(at.prompt);
    case Qt::ToolTipRole: return at.settings;
    default: return {};
    }
}

} // namespace luthier::ui
