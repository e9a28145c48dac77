// SPDX-License-Identifier: GPL-3.0-or-later
// DataSave: the rows that the table shows, in its order, as a file of their own, in the shape they have or another one.
// Threads: GUI thread.
#pragma once

#include "core/data/formats/row_writer.h"
#include "ui/pages/data/making/data_making.h"

class QComboBox;

namespace luthier::ui {

class TextTable;

class DataSave : public DataMaking {
    Q_OBJECT

public:
    // `rows` of the data set, from 0.
    DataSave(DataDocument* document, const QString& folder, std::vector<std::int64_t> rows, QWidget* parent = nullptr);

    TextTable* model() const { return m_model; }

protected:
    void lookAhead() override;
    Work making(const QString& path) override;

private:
    struct Ahead {
        std::int64_t kept = 0;
        std::int64_t excluded = 0;
        std::int64_t unfit = 0;
        QString problem; // of the first that is unfit
        std::vector<QStringList> lines;
    };

    const data::RowShape* shape() const; // null: as they are
    void takeAhead(const Ahead& ahead);

    std::vector<std::int64_t> m_rows;
    TextTable* m_model;
    QComboBox* m_shape;
};

} // namespace luthier::ui
