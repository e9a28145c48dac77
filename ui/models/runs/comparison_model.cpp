// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/comparison_model.h"
#include "ui/base/amounts.h"

#include <iterator>
#include <utility>

namespace luthier::ui {
namespace {

constexpr qsizetype kTitleChars = 200;

QString questionOf(const PromptItem& item)
{
    return item.messages.empty() ? QString() : QString::fromStdString(item.messages.back().content);
}

} // namespace

Json toJson(const Comparison& comparison)
{
    const auto column = [](const QString& title, const QString& answer, const QString& footer, const Contender& by) {
        return Json{{"title", title.toStdString()}, {"answer", answer.toStdString()}, {"footer", footer.toStdString()}, {"by", toJson(by)}};
    };
    Json columns = Json::array();
    for (std::size_t i = 0; i < comparison.answers.size(); ++i) {
        columns.push_back(column({}, comparison.answers[i], comparison.footers[i], comparison.by[i]));
    }
    for (const auto& more : comparison.more) {
        columns.push_back(column(more.title, more.answer, more.footer, more.by));
    }
    return {{"messages", data::toJson(comparison.prompt.messages)},
            {"row", comparison.prompt.row},
            {"expected", comparison.prompt.expected.toStdString()},
            {"settings", comparison.settings.toStdString()},
            {"columns", std::move(columns)}};
}

Comparison comparisonFromJson(const Json& json)
{
    Comparison comparison;
    const auto text = [](const Json& object, const char* key) {
        const Json value = object.is_object() ? object.value(key, Json()) : Json();
        return value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
    };
    const Json messages = json.is_object() ? json.value("messages", Json::array()) : Json::array();
    for (const Json& message : messages.is_array() ? messages : Json::array()) {
        comparison.prompt.messages.push_back({text(message, "role").toStdString(), text(message, "content").toStdString(), {}});
    }
    const Json row = json.is_object() ? json.value("row", Json()) : Json();
    comparison.prompt.row = row.is_number_integer() ? row.get<std::int64_t>() : -1;
    comparison.prompt.expected = text(json, "expected");
    comparison.settings = text(json, "settings");
    const Json columns = json.is_object() ? json.value("columns", Json::array()) : Json::array();
    for (std::size_t i = 0; columns.is_array() && i < columns.size(); ++i) {
        const Json& column = columns[i];
        const Contender whose = contenderFromJson(column.is_object() ? column.value("by", Json()) : Json());
        if (i < comparison.answers.size()) {
            comparison.answers[i] = text(column, "answer");
            comparison.footers[i] = text(column, "footer");
            comparison.by[i] = whose;
        } else {
            comparison.more.push_back({text(column, "title"), text(column, "answer"), text(column, "footer"), whose});
        }
    }
    return comparison;
}

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
        return at.row < 0 ? questionOf(at).left(1000) : tr("Row %1: %2").arg(number(at.row + 1), questionOf(at).left(1000));
    default: return {};
    }
}

void ComparisonModel::setItems(std::vector<Comparison> newestFirst)
{
    beginResetModel();
    m_items.assign(std::make_move_iterator(newestFirst.rbegin()), std::make_move_iterator(newestFirst.rend()));
    endResetModel();
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
