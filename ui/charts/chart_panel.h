// SPDX-License-Identifier: GPL-3.0-or-later
// ChartPanel: one chart of one or two runs: the raw values faint under a smoothed line, held-out losses as joined
// dots, remarks as flags on the time axis. Hover or the arrow keys move a cursor that tells the values;
// wheel and drag zoom, a double click shows everything again. A click, or Enter at the cursor, asks for a step's rows.
//
// Batches are appended and the axes rescaled once a batch. The curves of a second run are dashed.
// Threads: GUI thread.
#pragma once

#include "ui/charts/charts.h"

#include <QPoint>
#include <QString>
#include <QTimer>
#include <QWidget>

#include <array>
#include <memory>
#include <utility>
#include <vector>

class QCPGraph;
class QCPItemStraightLine;
class QCustomPlot;
class QLabel;
class QMenu;
class QMouseEvent;

namespace luthier::ui {

class ChartPanel : public QWidget {
    Q_OBJECT

public:
    static constexpr int kMaxRuns = 2;

    explicit ChartPanel(const ChartSpec& spec, QWidget* parent = nullptr);
    ~ChartPanel() override;

    void clear();
    void setRunName(int run, const QString& name);
    void append(int run, std::span<const train::StepDone> steps);
    void appendEvals(int run, std::span<const train::EvalDone> evals);
    void addRemark(std::int64_t step, const QString& sentence);

    void setSmoothing(double weight); // 0 to 0.99
    void setLogarithmic(bool on);
    bool isLogarithmic() const { return m_isLogarithmic; }

    const ChartSpec& spec() const { return m_spec; }
    QString title() const;
    int numPoints(int run) const;
    QString csv() const;               // step, then raw and held-out of each run
    QByteArray png();                  // at twice the size on screen
    void addActionsTo(QMenu* menu);    // log scale, copy, save

    void moveCursor(int direction); // to the neighbouring step
    void askForStep();              // at the cursor
    QString cursorText() const;

Q_SIGNALS:
    void stepWanted(qint64 step); // of the first run: what it learned from
    void saveWanted(const QString& path, const QByteArray& content); // the person chose a file; writing is not drawing's work

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Curve;
    struct Extent {
        double low = 0;
        double high = 0;
        double lowPositive = 0; // 0: none
        double lastStep = 0;
        bool isEmpty = true;
        void take(double step, double value);
    };

    void buildPlot();
    void buildActions();
    void refreshSmoothed();
    void rescale();
    void applyTheme();
    void setCursor(double step);
    void connectClicks();
    void tellTable();
    QString valueText(double value) const;
    void save(const QString& suffix, QByteArray (*content)(ChartPanel&));

    const ChartSpec& m_spec;
    QCustomPlot* m_plot;
    QLabel* m_title;
    QLabel* m_value;
    std::array<std::unique_ptr<Curve>, kMaxRuns> m_curves;
    QCPItemStraightLine* m_cursorLine = nullptr;
    QCPGraph* m_remarks = nullptr;
    std::vector<std::pair<std::int64_t, QString>> m_remarkTexts;
    Extent m_extent;
    double m_weight = 0;
    double m_cursor = -1; // step; negative: none
    QPoint m_pressedAt;
    QTimer m_click; // runs until a click cannot become a double click any more
    bool m_isLogarithmic = false;
    bool m_isZoomed = false;
};

} // namespace luthier::ui
