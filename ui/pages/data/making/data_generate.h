// SPDX-License-Identifier: GPL-3.0-or-later
// DataGenerate: rows that the model in use makes from the document's, into a file where they wait for review. Stopping
// keeps what was made until then.
// Threads: GUI thread.
#pragma once

#include "ui/models/data/row_generation.h"
#include "ui/pages/data/making/data_making.h"

class QCheckBox;
class QDoubleSpinBox;
class QLayout;
class QSpinBox;

namespace luthier::ui {

class TextTable;

class DataGenerate : public DataMaking {
    Q_OBJECT

public:
    DataGenerate(DataDocument* document, const QString& folder, const QString& model, double share, std::int64_t seed, QWidget* parent = nullptr);

    TextTable* model() const { return m_model; }

Q_SIGNALS:
    void reviewWanted(const QString& path); // of a file that is there

protected:
    void lookAhead() override;
    Work making(const QString& path) override;
    void stop() override { m_enough.cancel(); }

private:
    struct Ahead {
        std::vector<QStringList> lines;
    };

    QLayout* buildOptions();
    GenerationSettings settings() const;
    void chooseReview();

    TextTable* m_model;
    QString m_modelPath;
    std::vector<QCheckBox*> m_ways; // one for each of generationWays()
    QSpinBox* m_rows;
    QSpinBox* m_times;
    QSpinBox* m_maxNew;
    QDoubleSpinBox* m_temperature;
    QDoubleSpinBox* m_share;
    std::int64_t m_seed;
    base::CancelToken m_enough;
};

} // namespace luthier::ui
