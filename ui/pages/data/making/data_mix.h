// SPDX-License-Identifier: GPL-3.0-or-later
// DataMix: one file out of several, shuffled: every row once, or by weights, and general texts against forgetting.
// Threads: GUI thread.
#pragma once

#include "core/data/making/made_files.h"
#include "ui/models/library/source_files.h"
#include "ui/pages/data/making/data_making.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QSpinBox;

namespace luthier::ui {

class DataMix : public DataMaking {
    Q_OBJECT

public:
    // `sources`: the project's files; the document's own is ticked.
    DataMix(DataDocument* document, const QString& folder, std::shared_ptr<store::Project> project, const std::vector<SourceItem>& sources,
            std::int64_t seed, QWidget* parent = nullptr);

protected:
    void lookAhead() override;
    Work making(const QString& path) override;

private:
    struct Line { // one file
        SourceItem source;
        bool isGeneral = false;
        QCheckBox* wanted = nullptr;
        QDoubleSpinBox* weight = nullptr; // of the general one: its share in percent
        QLabel* count = nullptr;
        data::MixedSet set = {};          // empty until it was opened
    };
    struct Opened {
        std::vector<data::MixedSet> sets; // in the order asked for
    };
    struct Plan {
        std::vector<data::MixedSet> sets;
        std::vector<data::MixSource> sources;
        std::int64_t total = 0;
    };

    void addLine(QGridLayout* grid, const SourceItem& source, bool isGeneral);
    QLayout* buildLines(const std::vector<SourceItem>& sources);
    void openMissing(const std::vector<std::size_t>& lines);
    Plan plan() const;
    void showPlan();
    void offerShapes();

    std::shared_ptr<store::Project> m_project;
    std::vector<Line> m_lines;
    QCheckBox* m_weigh;
    QSpinBox* m_rows;
    QComboBox* m_shape;
    std::int64_t m_seed;
};

} // namespace luthier::ui
