// SPDX-License-Identifier: GPL-3.0-or-later
// PromptListModel and ComparisonModel: the short lists at the side of the Compare page: prompts of the held-out
// rows, and what was compared (newest first).
// Threads: GUI thread.
#pragma once

#include "core/base/json.h"
#include "core/data/example.h"
#include "ui/bridge/contender.h"

#include <QAbstractListModel>
#include <QString>

#include <array>
#include <vector>

namespace luthier::ui {

struct PromptItem {
    std::int64_t row = -1;               // of its data file, from 0; -1: typed by hand
    std::vector<data::Message> messages; // what the model is given; the last is the question
    QString expected;                    // the row's own answer; empty when typed by hand
};

struct Comparison {
    PromptItem prompt;
    std::array<QString, 2> answers;
    std::array<QString, 2> footers;
    QString settings; // one line
    std::array<Contender, 2> by = {};
    struct More {
        QString title;
        QString answer;
        QString footer;
        Contender by;
    };
    std::vector<More> more = {}; // columns beside both
    qint64 id = 0;               // in the project; 0: not kept
};

// As the project keeps it. What is missing there is empty.
Json toJson(const Comparison& comparison);
Comparison comparisonFromJson(const Json& json);

class PromptListModel : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    void setItems(std::vector<PromptItem> items);
    const PromptItem& item(int row) const { return m_items[static_cast<std::size_t>(row)]; }
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<PromptItem> m_items;
};

class ComparisonModel : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    void setItems(std::vector<Comparison> newestFirst);
    void prepend(Comparison comparison);
    const Comparison& item(int row) const { return m_items[m_items.size() - 1 - static_cast<std::size_t>(row)]; }
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<Comparison> m_items; // oldest first
};

// The question of a prompt on one line.
QString titleOf(const PromptItem& item);

} // namespace luthier::ui
