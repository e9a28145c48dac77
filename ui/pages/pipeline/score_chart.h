// SPDX-License-Identifier: GPL-3.0-or-later
// ScoreChart: two histograms in one, the scores of chosen answers and those of rejected ones: the further they stand apart, the
// surer the reward model is.
// Threads: GUI thread.
#pragma once

#include "core/pipeline/reward_scores.h"

#include <QWidget>

namespace luthier::ui {

class ScoreChart : public QWidget {
    Q_OBJECT

public:
    static constexpr int kBins = 16;

    explicit ScoreChart(QWidget* parent = nullptr);

    void setScores(pipeline::RewardScores scores);
    const pipeline::RewardScores& scores() const { return m_scores; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    pipeline::RewardScores m_scores;
};

} // namespace luthier::ui
