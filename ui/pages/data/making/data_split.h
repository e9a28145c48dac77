// SPDX-License-Identifier: GPL-3.0-or-later
// DataSplit: two files out of one: rows to learn from and rows held out, chosen by a hash of each row, as training does.
// Threads: GUI thread.
#pragma once

#include "core/data/making/mixing.h"
#include "ui/pages/data/making/data_making.h"

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace luthier::ui {

class TextTable;

class DataSplit : public DataMaking {
    Q_OBJECT

public:
    // `fields`: shown name and name of those that rows can be grouped by. `share`, `seed`: as the recipe has them.
    DataSplit(DataDocument* document, const QString& folder, const std::vector<std::pair<QString, QString>>& fields, double share,
              std::int64_t seed, QWidget* parent = nullptr);

    TextTable* model() const { return m_model; }

protected:
    void lookAhead() override;
    Work making(const QString& path) override;

private:
    struct Ahead {
        std::vector<data::SplitSide> sides;
        std::vector<QStringList> lines;
    };

    data::SplitSettings settings() const;
    void takeAhead(const Result<Ahead>& ahead);

    TextTable* m_model;
    std::vector<data::SplitSide> m_sides; // of the last look ahead
    QDoubleSpinBox* m_share;
    QSpinBox* m_seed;
    QComboBox* m_by;
};

} // namespace luthier::ui
