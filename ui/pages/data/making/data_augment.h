// SPDX-License-Identifier: GPL-3.0-or-later
// DataAugment: rows that say the same in another form, each marked as made and never held out. Every way of the core's
// table is a check box, with its strength where it has one; what some rows would become is shown first.
// Threads: GUI thread.
#pragma once

#include "core/data/making/made_files.h"
#include "ui/pages/data/making/data_making.h"

class QCheckBox;
class QDoubleSpinBox;
class QLayout;
class QSpinBox;
class QTableView;

namespace luthier::ui {

class DiffText;
class TextTable;

class DataAugment : public DataMaking {
    Q_OBJECT

public:
    // `share`, `seed`: the rows that the recipe holds out, from which nothing is made.
    DataAugment(DataDocument* document, const QString& folder, double share, std::int64_t seed, QWidget* parent = nullptr);

    TextTable* model() const { return m_model; }

protected:
    void lookAhead() override;
    Work making(const QString& path) override;

private:
    struct Ahead {
        std::vector<QStringList> lines; // row, way, before, after
        std::int64_t sampled = 0;
        std::int64_t changed = 0;
    };

    QLayout* buildOptions();
    QWidget* buildPreview();
    data::AugmentSettings settings() const;
    void takeAhead(const Ahead& ahead);
    void showLine(int line);

    TextTable* m_model;
    std::vector<QCheckBox*> m_ways;            // one for each of augmentations()
    std::vector<QDoubleSpinBox*> m_strengths;  // likewise; null: it has none
    QSpinBox* m_times;
    QDoubleSpinBox* m_share;
    std::int64_t m_seed;
    QTableView* m_view;
    DiffText* m_before;
    DiffText* m_after;
};

} // namespace luthier::ui
