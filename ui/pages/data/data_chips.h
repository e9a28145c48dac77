// SPDX-License-Identifier: GPL-3.0-or-later
// DataChips: counts over the whole set as buttons, each a click that filters the table to its rows.
// Threads: GUI thread.
#pragma once

#include <QWidget>

#include <map>

class QToolButton;

namespace luthier::ui {

class DataDocument;

class DataChips : public QWidget {
    Q_OBJECT

public:
    explicit DataChips(QWidget* parent = nullptr);

    void show(const DataDocument* document); // as it is now; null: nothing
    void setFilter(const QString& id);       // whose chip stands pressed

Q_SIGNALS:
    void filterChosen(const QString& id);

private:
    QToolButton* chip(const QString& id);

    std::map<QString, QToolButton*> m_chips; // owned by the layout's widget
    QString m_filter;
};

} // namespace luthier::ui
