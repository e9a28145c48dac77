// SPDX-License-Identifier: GPL-3.0-or-later
// RateChart: losses over learning rates, the rates by their logarithm: what was measured faint, smoothed strong, the suggestion as
// a line.
//
// Threads: GUI thread.
#pragma once

#include <QWidget>

#include <optional>
#include <vector>

class QCustomPlot;

namespace luthier::ui {

struct RateSample {
    double rate = 0;
    double loss = 0;
    double smoothed = 0;
};

class RateChart : public QWidget {
    Q_OBJECT

public:
    explicit RateChart(QWidget* parent = nullptr);

    void clear();
    void append(const RateSample& sample);
    void setSuggestion(std::optional<double> rate);
    int numSamples() const { return static_cast<int>(m_samples.size()); }

protected:
    void changeEvent(QEvent* event) override;

private:
    void draw();

    QCustomPlot* m_plot;
    std::vector<RateSample> m_samples;
    std::optional<double> m_suggestion;
};

} // namespace luthier::ui
