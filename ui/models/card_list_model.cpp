// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/card_list_model.h"

#include "ui/base/amounts.h"

#include <QStringList>

namespace luthier::ui {
namespace {

const QString kBetween = QStringLiteral("  \u00b7  ");

QString badgeOf(hub::ModelSource source)
{
    switch (source) {
    case hub::ModelSource::Bundled: return CardListModel::tr("bundled");
    case hub::ModelSource::Own: return CardListModel::tr("yours");
    case hub::ModelSource::Project: return CardListModel::tr("project");
    case hub::ModelSource::Hub: return CardListModel::tr("hub");
    case hub::ModelSource::Added: return CardListModel::tr("added");
    }
    return {};
}

} // namespace

void CardListModel::setItems(std::vector<CardItem> items)
{
    beginResetModel();
    m_items = std::move(items);
    endResetModel();
}

int CardListModel::rowOf(const QString& id) const
{
    for (std::size_t row = 0; row < m_items.size(); ++row) {
        if (m_items[row].id == id) {
            return static_cast<int>(row);
        }
    }
    return -1;
}

int CardListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

QVariant CardListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const CardItem& item = this->item(index.row());
    switch (role) {
    case Qt::DisplayRole: return item.title;
    case Qt::ToolTipRole: return item.help;
    case Qt::AccessibleTextRole: return QStringList{item.title, item.badge, item.facts}.join(QStringLiteral(", "));
    case FactsRole: return item.facts;
    case BadgeRole: return item.badge;
    case BadRole: return item.isBad;
    case IdRole: return item.id;
    default: return {};
    }
}

CardItem cardOf(const hub::InstalledModel& model)
{
    CardItem item;
    item.id = QString::fromStdString(model.path.string());
    item.title = QString::fromStdString(model.name);
    item.badge = badgeOf(model.source);
    item.help = item.id;
    item.isBad = !model.problem.empty();
    if (item.isBad) {
        item.facts = QString::fromStdString(model.problem);
        item.help += u'\n' + item.facts;
        return item;
    }
    QStringList facts{QString::fromStdString(model.config.family),
                      CardListModel::tr("%1 parameters").arg(shortCount(static_cast<double>(model.config.numParameters()))),
                      model.weightBytes > 0 ? fileSize(static_cast<double>(model.weightBytes)) : CardListModel::tr("no weights"),
                      CardListModel::tr("%1 tokens").arg(number(model.config.maxPositions))};
    if (!model.license.empty()) {
        facts += QString::fromStdString(model.license);
    }
    item.facts = facts.join(kBetween);
    return item;
}

CardItem cardOf(const hub::SearchHit& hit)
{
    CardItem item;
    item.id = QString::fromStdString(hit.id);
    item.title = item.id;
    item.badge = hit.isGated ? CardListModel::tr("gated") : hit.hasGguf ? QStringLiteral("gguf") : QString();
    QStringList facts;
    if (hit.parameters > 0) {
        facts += CardListModel::tr("%1 parameters").arg(shortCount(static_cast<double>(hit.parameters)));
    }
    facts += CardListModel::tr("%1 downloads").arg(shortCount(static_cast<double>(hit.downloads)));
    if (!hit.license.empty()) {
        facts += QString::fromStdString(hit.license);
    }
    item.facts = facts.join(kBetween);
    item.help = hit.isGated ? CardListModel::tr("Its authors let only those in who accepted their terms; an access token shows who you are")
                            : item.facts;
    return item;
}

} // namespace luthier::ui
