// SPDX-License-Identifier: GPL-3.0-or-later
// RunsCharts: every chart of the table for one run, with a second one laid over it: loss large, the others beside. What a run
// measures beyond them has its chart from its first value on.
// Threads: GUI thread.
#pragma once

#include "ui/charts/chart_panel.h"
#include "ui/pages/runs/run_history.h"

#include <QTimer>
#include <QWidget>

#include <array>
#include <set>
#include <utility>

class QComboBox;
class QSlider;
class QSplitter;

namespace luthier::ui {

struct ChartSpec;

class AppSettings;

class RunsCharts : public QWidget {
    Q_OBJECT

public:
    explicit RunsCharts(QWidget* parent = nullptr);

    // How charts are drawn (smoothing, axis, outliers, logarithms) is as it was left, and kept from now on. The settings outlive the charts.
    void keepSettingsIn(AppSettings& settings);

    void clear();
    // Place 0: the run, others: laid over it. All its curves have the colour that its row has. The steps of a long run come frame by
    // frame, so that the window answers meanwhile.
    void setRun(int place, std::int64_t id, const QString& name, RunHistory history);
    void append(int place, RunHistory more);
    bool isFilling() const; // steps are still to come
    const std::vector<ChartPanel*>& panels() const { return m_panels; } // also hidden ones

Q_SIGNALS:
    void saveWanted(const QString& path, const QByteArray& content);
    void stepWanted(qint64 step, int place);

private:
    QWidget* buildControls();
    ChartPanel* addPanel(const ChartSpec& spec, QSplitter* to);
    void makePanels(const RunHistory& history);
    void makePanelFor(const measures::Measure& measure);
    void draw(int place, const RunHistory& more);
    void fill();
    void tellRun(ChartPanel* panel, int place) const;
    void addRemarks(const std::vector<train::Warning>& warnings);
    void showFilled();
    void showAxis();
    double smoothing() const;

    std::vector<ChartPanel*> m_panels;
    std::set<const measures::Measure*> m_drawn; // has its panel, or needs none
    std::array<QString, ChartPanel::kMaxRuns> m_names;
    std::array<std::int64_t, ChartPanel::kMaxRuns> m_ids{};
    std::vector<std::pair<std::int64_t, QString>> m_remarks;
    QSlider* m_smoothing;
    QComboBox* m_axis;
    std::vector<std::array<double, 4>> m_at; // of the first run: step, tokens, seconds and epochs by then
    QSplitter* m_others;
    struct Waiting {
        std::vector<train::StepDone> steps;
        std::size_t next = 0;
    };
    std::array<Waiting, ChartPanel::kMaxRuns> m_waiting; // what the charts do not show yet
    QTimer m_fill;
};

} // namespace luthier::ui
