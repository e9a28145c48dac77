// SPDX-License-Identifier: GPL-3.0-or-later
// ChartPanel: one chart of one or two runs: of each measure that the chart draws the steps as a line, smoothed over what was
// measured, and each evaluated set as joined dots; remarks as flags on the time axis. Hover or the arrow keys move a cursor
// that tells the values; wheel, drag, + and - zoom. While it is zoomed a button says which steps are in view; it, 0 and a double click
// show everything again. A click, or Enter at the cursor, asks for a step's rows.
//
// The legend stands under the curves, never over them.
//
// Batches are appended and the axes rescaled once a batch. The curves of a second run are dashed. A set or a measure has its
// curve from its first value on.
// Threads: GUI thread.
#pragma once

#include "core/train/events.h"
#include "ui/charts/charts.h"

#include <QColor>
#include <QPoint>
#include <QString>
#include <QTimer>
#include <QWidget>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

class QCPGraph;
class QCPItemStraightLine;
class QCPRange;
class QCustomPlot;
class QLabel;
class QMenu;
class QMouseEvent;
class QToolButton;

namespace luthier::ui {

class ChartPanel : public QWidget {
    Q_OBJECT

public:
    static constexpr int kMaxRuns = 6;

    explicit ChartPanel(const ChartSpec& spec, QWidget* parent = nullptr);
    ~ChartPanel() override;

    void clear();
    void setRunName(int run, const QString& name);
    void setRunInk(int run, std::function<QColor()> ink); // of all its curves, asked anew when the scheme changes; null: one for each curve
    void append(int run, std::span<const train::StepDone> steps);
    void appendEvals(int run, std::span<const train::EvalDone> evals);
    void addRemark(std::int64_t step, const QString& sentence);

    void setSmoothing(double weight); // 0 to 0.99
    void setLogarithmic(bool on);
    bool isLogarithmic() const { return m_isLogarithmic; }
    void setClipped(bool on); // the values' axis holds all but the outermost hundredth
    // What is written under the steps: tokens, time or epochs at that step; null: the steps themselves.
    void setStepLabels(const QString& title, std::function<QString(double step)> label);

    const ChartSpec& spec() const { return m_spec; }
    QString title() const;
    bool isEmpty() const;
    int numPoints(int run) const;      // of the chart's first curve of the run
    QString csv() const;               // step, then each curve
    QByteArray png();                  // at twice the size on screen
    QByteArray svg();
    void addActionsTo(QMenu* menu);    // log scale, copy, save

    void moveCursor(int direction); // to the neighbouring step
    void zoomIn();
    void zoomOut();
    void showAll();
    bool isZoomed() const { return m_isZoomed; }
    void askForStep();              // at the cursor
    QString cursorText() const;
    QRect curvesRect() const; // in the plot's coordinates
    QRect legendRect() const; // empty: no legend is shown
    void drawNow();           // what is new, where something is

Q_SIGNALS:
    void stepWanted(qint64 step, int run); // what that run learned from there
    void saveWanted(const QString& path, const QByteArray& content); // the person chose a file; writing is not drawing's work

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
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
    void fitTicks();
    void buildActions();
    Curve& curve(int run, const measures::Measure& measure, std::string_view set);
    const Curve* main(int run) const; // the first curve of the run that has values, steps before evaluations; null: none
    QString curveName(const Curve& curve) const;  // without the run's
    QString columnName(const Curve& curve) const; // of CSV, without the run's
    void refreshSmoothed();
    void draw();    // soon; a chart that nobody sees, when it is seen
    void rescale();
    void fitValues();
    Extent clipped(const Extent& all, double firstStep, double lastStep) const;
    QCPRange rangeOf(const Extent& extent) const;
    void applyTheme();
    void placeLegend(bool isWanted);
    void setCursor(double step);
    void hideCursor();
    void tellCursor();
    void buildZoom();
    QCPRange allSteps() const;
    void zoom(double factor);
    void takeZoom();
    void tellZoom();
    QString zoomText() const; // empty: all is in view
    void connectClicks();
    void tellTable();
    QString valueText(double value) const;
    void save(const QString& suffix, QByteArray (*content)(ChartPanel&));

    const ChartSpec m_spec;
    QCustomPlot* m_plot;
    QLabel* m_title;
    QToolButton* m_all; // while a part is in view
    QLabel* m_value;
    std::vector<std::unique_ptr<Curve>> m_curves; // by run, in the order of their places
    std::vector<std::pair<const measures::Measure*, std::string>> m_places; // measure and set; stay, so that colours do
    std::array<QString, kMaxRuns> m_names;
    std::array<std::function<QColor()>, kMaxRuns> m_inks;
    QCPItemStraightLine* m_cursorLine = nullptr;
    QCPGraph* m_remarks = nullptr;
    std::vector<std::pair<std::int64_t, QString>> m_remarkTexts;
    Extent m_extent;
    double m_weight = 0;
    double m_cursor = -1; // step; negative: none
    bool m_isByKeys = false; // the cursor stays when the pointer leaves
    QPoint m_pressedAt;
    QTimer m_click; // runs until a click cannot become a double click any more
    int m_legendColumns = 0; // 0: it is not in the plot
    bool m_isLogarithmic = false;
    bool m_isClipped = false;
    bool m_isZoomed = false;
    bool m_isStale = false; // not drawn since something changed
    QTimer m_tell;          // runs while the words of a long curve wait
};

} // namespace luthier::ui
