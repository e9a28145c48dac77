// SPDX-License-Identifier: GPL-3.0-or-later
// TextTable: lines of texts under headings, to look at before anything is done.
//
// Threads: GUI thread.
#pragma once

#include <QAbstractTableModel>
#include <QStringList>

#include <vector>

namespace luthier::ui {

class TextTable : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit TextTable(QStringList headings, QObject* parent = nullptr);

    void setNumbers(std::vector<int> columns); // that stand on the right, as their headings do
    void setLines(std::vector<QStringList> lines); // as many texts each as there are headings
    const QStringList& line(int number) const { return m_lines[static_cast<std::size_t>(number)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant alignment(int column) const;

    QStringList m_headings;
    std::vector<int> m_numbers;
    std::vector<QStringList> m_lines;
};

} // namespace luthier::ui
