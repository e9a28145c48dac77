// SPDX-License-Identifier: GPL-3.0-or-later
// CardListModel: things shown as two lines each (CardDelegate): a name with a badge, and its facts. Used for the models of this
// machine and for what a hub found.
// Threads: GUI thread.
#pragma once

#include "core/hub/hub_client.h"
#include "core/hub/installed_models.h"
#include "ui/widgets/card_delegate.h"

#include <QAbstractListModel>
#include <QString>

#include <vector>

namespace luthier::ui {

struct CardItem {
    QString id; // path, or name on the hub
    QString title;
    QString facts;
    QString badge;       // "from the hub", "gated"; empty: none
    QString help;        // tooltip
    bool isBad = false;  // the facts say what is wrong
};

class CardListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { FactsRole = CardFactsRole, BadgeRole = CardBadgeRole, BadRole = CardBadRole, IdRole };

    using QAbstractListModel::QAbstractListModel;

    void setItems(std::vector<CardItem> items);
    const CardItem& item(int row) const { return m_items[static_cast<std::size_t>(row)]; }
    int rowOf(const QString& id) const; // -1: not there
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<CardItem> m_items;
};

CardItem cardOf(const hub::InstalledModel& model);
CardItem cardOf(const hub::SearchHit& hit);

} // namespace luthier::ui
