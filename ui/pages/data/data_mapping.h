// SPDX-License-Identifier: GPL-3.0-or-later
// DataMapping: for a file whose columns no format knows: a person says which column is which field, guessed before,
// and sees how the first rows then read.
//
// Threads: GUI thread only; works on a few rows that it is given.
#pragma once

#include "core/data/formats/columns.h"

#include <QWidget>

#include <map>
#include <string>

class QComboBox;
class QFormLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace luthier::ui {

class DataMapping : public QWidget {
    Q_OBJECT

public:
    explicit DataMapping(QWidget* parent = nullptr);

    void setRows(const QString& file, std::vector<Json> rows, const data::Columns& kept = {}); // kept: as chosen before
    data::Columns columns() const; // as chosen; fields without a column stay away
    QString format() const;        // id of the shape that they make

Q_SIGNALS:
    void accepted();

private:
    void showFields(const data::Columns& chosen);
    void changeShape();
    void remember();
    data::Columns carriedOver() const;
    void preview();

    std::vector<Json> m_rows;
    std::vector<data::ColumnFacts> m_facts;
    std::vector<QComboBox*> m_columns; // one a field of the format
    std::map<std::string, std::string> m_known; // field -> the column last chosen for it, in any shape
    QLabel* m_title;
    QComboBox* m_format;
    QFormLayout* m_fields;
    QPlainTextEdit* m_preview;
    QPushButton* m_accept;
};

} // namespace luthier::ui
