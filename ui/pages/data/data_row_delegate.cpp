// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_row_delegate.h"

#include "ui/models/data/row_model.h"
#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/tag_color.h"

#include <QPainter>

#include <algorithm>

namespace luthier::ui {
namespace {

QColor textColor(const QModelIndex& index)
{
    const auto state = static_cast<RowState>(index.data(RowModel::StateRole).toInt());
    const bool fetched = index.data(RowModel::FetchedRole).toBool();
    if (index.data(RowModel::ExcludedRole).toBool()) {
        return quietTextColor();
    }
    switch (index.column()) {
    case RowModel::NumberColumn: return quietTextColor();
    case RowModel::PromptColumn:
        return !fetched || state == RowState::Broken ? quietTextColor() : QColor();
    case RowModel::AnswerColumn: // of a broken row the reason
        return !fetched ? quietTextColor() : state == RowState::Broken ? errorColor() : roleColor(QStringLiteral("assistant"));
    case RowModel::StateColumn:
        return state == RowState::Broken                                             ? errorColor()
               : state == RowState::Truncated || state == RowState::NothingToLearn ? warningColor()
               : index.data(RowModel::EditedRole).toBool()                         ? QColor()
                                                                                     : quietTextColor();
    default: return {};
    }
}

// Each tag as a dot in its colour and its name, as many as there is room for.
void paintTags(QPainter* painter, const QStyleOptionViewItem& option, const QStringList& tags)
{
    const int dot = option.fontMetrics.height() / 2;
    int x = option.rect.left() + dot / 2;
    painter->save();
    painter->setClipRect(option.rect);
    painter->setRenderHint(QPainter::Antialiasing);
    const bool isSelected = (option.state & QStyle::State_Selected) != 0;
    for (const QString& tag : tags) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(tagColor(tag));
        painter->drawEllipse(QRect(x, option.rect.center().y() - dot / 2, dot, dot));
        x += dot + dot / 2;
        painter->setPen(option.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text));
        painter->drawText(QRect(x, option.rect.top(), option.rect.right() - x, option.rect.height()), Qt::AlignVCenter, tag);
        x += option.fontMetrics.horizontalAdvance(tag) + dot;
    }
    painter->restore();
}

} // namespace

void DataRowDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const QColor color = textColor(index);
    if (color.isValid()) {
        option->palette.setColor(QPalette::Text, color);
    }
    const bool isText = index.column() == RowModel::PromptColumn || index.column() == RowModel::AnswerColumn;
    if (isText && index.data(RowModel::ExcludedRole).toBool()) {
        option->font.setStrikeOut(true); // never by colour alone
    }
    if (index.column() == RowModel::TagsColumn) {
        option->text.clear(); // drawn as dots with names
    }
}

void DataRowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    if (index.column() == RowModel::TagsColumn) {
        paintTags(painter, option, index.data(RowModel::TagsRole).toStringList());
    }
    const int tokens = index.data(RowModel::TokensRole).toInt();
    const int limit = index.data(RowModel::LimitRole).toInt();
    if (index.column() != RowModel::TokensColumn || tokens < 0 || limit <= 0) {
        return;
    }
    const QRect track(option.rect.left() + 4, option.rect.bottom() - 3, option.rect.width() - 8, 2);
    const double share = std::min(1.0, static_cast<double>(tokens) / limit);
    painter->save();
    painter->fillRect(track, mixed(option.palette.color(QPalette::Base), quietTextColor(), 0.25));
    const bool over = index.data(RowModel::TruncatedRole).toBool();
    painter->fillRect(QRect(track.topLeft(), QSize(std::max(1, static_cast<int>(track.width() * share)), track.height())),
                      over ? warningColor() : option.palette.color(QPalette::Highlight));
    painter->restore();
}

} // namespace luthier::ui
