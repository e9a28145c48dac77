// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chart_panel.h"

#include "ui/charts/chart_curve.h"
#include "ui/theme/theme.h"

#include <QCoreApplication>
#include <QLabel>
#include <QMouseEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr double kMargin = 0.05; // of the range, above and below

QString translated(const char* source)
{
    return QCoreApplication::translate("ChartSpec", source);
}

} // namespace

ChartPanel::ChartPanel(const ChartSpec& spec, QWidget* parent)
    : QWidget(parent), m_spec(spec), m_plot(new QCustomPlot), m_title(new QLabel(title())), m_value(new QLabel)
{
    setObjectName(QString::fromLatin1(spec.id) + QStringLiteral("Chart"));
    setAccessibleName(title());
    setFocusPolicy(Qt::StrongFocus);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    m_title->setFont(textFont(TextSize::Body));
    m_title->setToolTip(tr("Arrow keys move the cursor, Enter or a click opens the rows of that step, the wheel zooms, a double click shows everything"));
    m_value->setObjectName(QString::fromLatin1(spec.id) + QStringLiteral("Value"));
    m_value->setFont(textFont(TextSize::Small));
    m_value->setForegroundRole(QPalette::PlaceholderText);
    m_value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* top = new QHBoxLayout;
    top->addWidget(m_title);
    top->addWidget(m_value, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(2), space(1), space(2), space(1));
    layout->setSpacing(space(1));
    layout->addLayout(top);
    layout->addWidget(m_plot, 1);
    buildPlot();
    connectClicks();
    buildActions();
    applyTheme();
    setBackgroundRole(QPalette::Base); // last: it tells of a new palette
    setAutoFillBackground(true);
}

ChartPanel::~ChartPanel() = default;

QString ChartPanel::title() const
{
    const QString unit = translated(m_spec.unit);
    //: a chart's title with its unit
    return m_spec.unit[0] == '\0' ? translated(m_spec.title) : tr("%1 (%2)").arg(translated(m_spec.title), unit);
}

void ChartPanel::buildPlot()
{
    m_plot->setObjectName(QString::fromLatin1(m_spec.id) + QStringLiteral("Plot"));
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setMinimumHeight(space(20));
    m_plot->installEventFilter(this);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->xAxis->setNumberFormat(QStringLiteral("gb"));
    m_plot->xAxis->setNumberPrecision(7);
    m_plot->axisRect()->setMinimumMargins(QMargins(0, space(1), space(2), 0));
    m_plot->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignRight);
    m_plot->legend->setRowSpacing(0);
    for (int run = 0; run < kMaxRuns; ++run) {
        auto curve = std::make_unique<Curve>();
        curve->raw = m_plot->addGraph();
        curve->smooth = m_plot->addGraph();
        curve->evals = m_plot->addGraph();
        curve->raw->removeFromLegend();
        curve->smooth->setAdaptiveSampling(true);
        m_curves[static_cast<std::size_t>(run)] = std::move(curve);
    }
    m_remarks = m_plot->addGraph();
    m_remarks->removeFromLegend();
    m_remarks->setLineStyle(QCPGraph::lsNone);
    m_cursorLine = new QCPItemStraightLine(m_plot);
    m_cursorLine->setVisible(false);
    const auto zoomed = [this] { m_isZoomed = true; };
    connect(m_plot, &QCustomPlot::mouseWheel, this, zoomed);
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (event->buttons() != Qt::NoButton) {
            m_isZoomed = true;
        }
        setCursor(m_plot->xAxis->pixelToCoord(event->pos().x()));
    });
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] {
        m_isZoomed = false;
        rescale();
    });
}

void ChartPanel::clear()
{
    for (int run = 0; run < kMaxRuns; ++run) {
        Curve& curve = *m_curves[static_cast<std::size_t>(run)];
        for (QCPGraph* graph : {curve.raw, curve.smooth, curve.evals}) {
            graph->data()->clear();
        }
        curve.smoothing = Smoothing(m_weight);
        curve.name.clear();
    }
    m_remarks->data()->clear();
    m_remarkTexts.clear();
    m_extent = {};
    m_isZoomed = false;
    m_cursor = -1;
    m_cursorLine->setVisible(false);
    m_value->clear();
    applyTheme();
    rescale();
}

void ChartPanel::setRunName(int run, const QString& name)
{
    m_curves[static_cast<std::size_t>(run)]->name = name;
    applyTheme();
}

void ChartPanel::append(int run, std::span<const train::StepDone> steps)
{
    Curve& curve = *m_curves[static_cast<std::size_t>(run)];
    QVector<QCPGraphData> raw;
    QVector<QCPGraphData> smooth;
    raw.reserve(static_cast<int>(steps.size()));
    smooth.reserve(static_cast<int>(steps.size()));
    for (const train::StepDone& step : steps) {
        const auto at = static_cast<double>(step.step);
        const double value = m_spec.value(step);
        raw.append({at, value});
        smooth.append({at, curve.smoothing.next(value)});
        m_extent.take(at, value);
    }
    curve.raw->data()->add(raw, true);
    curve.smooth->data()->add(smooth, true);
    applyTheme();
    rescale();
}

void ChartPanel::appendEvals(int run, std::span<const train::EvalDone> evals)
{
    if (!m_spec.hasEvals) {
        return;
    }
    for (const train::EvalDone& eval : evals) {
        m_curves[static_cast<std::size_t>(run)]->evals->addData(static_cast<double>(eval.step), eval.loss);
        m_extent.take(static_cast<double>(eval.step), eval.loss);
    }
    applyTheme();
    rescale();
}

void ChartPanel::addRemark(std::int64_t step, const QString& sentence)
{
    m_remarkTexts.emplace_back(step, sentence);
    m_extent.take(static_cast<double>(step), std::nan(""));
    rescale();
}

void ChartPanel::setSmoothing(double weight)
{
    m_weight = std::clamp(weight, 0.0, 0.99);
    refreshSmoothed();
    applyTheme();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ChartPanel::refreshSmoothed()
{
    for (const auto& curve : m_curves) {
        curve->smoothing = Smoothing(m_weight);
        QVector<QCPGraphData> smooth;
        smooth.reserve(curve->raw->dataCount());
        for (const QCPGraphData& point : *curve->raw->data()) {
            smooth.append({point.key, curve->smoothing.next(point.value)});
        }
        curve->smooth->data()->set(smooth, true);
    }
}

void ChartPanel::setLogarithmic(bool on)
{
    m_isLogarithmic = on;
    m_plot->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_plot->yAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog) : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    m_isZoomed = false;
    rescale();
}

void ChartPanel::Extent::take(double step, double value)
{
    lastStep = std::max(lastStep, step);
    if (!std::isfinite(value)) {
        return;
    }
    low = isEmpty ? value : std::min(low, value);
    high = isEmpty ? value : std::max(high, value);
    if (value > 0) {
        lowPositive = lowPositive > 0 ? std::min(lowPositive, value) : value;
    }
    isEmpty = false;
}

void ChartPanel::rescale()
{
    if (!m_isZoomed) {
        const double span = m_extent.high - m_extent.low;
        const double margin = span > 0 ? span * kMargin : std::max(std::abs(m_extent.high) * kMargin, 1e-12);
        QCPRange values(m_extent.low - margin, m_extent.high + margin);
        if (m_isLogarithmic) {
            values = m_extent.lowPositive > 0 ? QCPRange(m_extent.lowPositive * 0.9, m_extent.high * 1.1) : QCPRange(0.1, 10);
        } else if (m_extent.low >= 0) {
            values.lower = std::max(0.0, values.lower);
        }
        m_plot->yAxis->setRange(m_extent.isEmpty ? QCPRange(0, 1) : values);
        m_plot->xAxis->setRange(0, std::max(1.0, m_extent.lastStep * (1 + kMargin / 4)));
    }
    m_remarks->data()->clear();
    for (const auto& [step, sentence] : m_remarkTexts) {
        m_remarks->addData(static_cast<double>(step), m_plot->yAxis->range().lower);
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    tellTable();
}

void ChartPanel::applyTheme()
{
    stylePlot(m_plot);
    bool hasLegend = false;
    for (int run = 0; run < kMaxRuns; ++run) {
        Curve& curve = *m_curves[static_cast<std::size_t>(run)];
        styleCurve(curve.raw, curve.smooth, curve.evals, run, m_weight > 0);
        const bool hasName = !curve.name.isEmpty();
        curve.smooth->setName(hasName ? curve.name : tr("training"));
        //: legend of a chart: the held-out losses of a run
        curve.evals->setName(hasName ? tr("%1, held-out").arg(curve.name) : tr("held-out"));
        for (QCPGraph* graph : {curve.smooth, curve.evals}) {
            if (graph->data()->isEmpty()) {
                graph->removeFromLegend();
            } else {
                graph->addToLegend();
            }
        }
        hasLegend |= !curve.evals->data()->isEmpty() || (run > 0 && !curve.smooth->data()->isEmpty());
    }
    m_plot->legend->setVisible(hasLegend && m_spec.hasEvals); // one legend tells for all charts of a run
    m_remarks->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssTriangle, color(Token::Warn), color(Token::Warn), space(2)));
    m_cursorLine->setPen(QPen(color(Token::Line), 1, Qt::DashLine));
}

void ChartPanel::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        applyTheme();
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    }
    QWidget::changeEvent(event);
}

int ChartPanel::numPoints(int run) const
{
    return m_curves[static_cast<std::size_t>(run)]->raw->dataCount();
}

} // namespace luthier::ui
