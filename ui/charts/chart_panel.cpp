// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chart_panel.h"

#include "ui/charts/chart_curve.h"
#include "ui/charts/draw_queue.h"
#include "ui/theme/focus_ring.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QCoreApplication>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace luthier::ui {
namespace {

constexpr double kMargin = 0.05; // of the range, above and below
constexpr int kMostTicks = 5;
constexpr int kFewestTicks = 2;
constexpr int kLeastForLegend = 40; // spaces of height
constexpr double kLongRun = 1000;   // steps; what readers of the screen are told of it then waits,
constexpr int kTellMs = 500;        // so long at most

// There is no half a step.
class WholeSteps : public QCPAxisTicker {
public:
    std::function<QString(double)> label; // null: the step

protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override
    {
        return label ? label(tick) : QCPAxisTicker::getTickLabel(tick, locale, format, precision);
    }
    double getTickStep(const QCPRange& range) override { return std::max(1.0, std::round(QCPAxisTicker::getTickStep(range))); }
};

} // namespace

ChartPanel::ChartPanel(const ChartSpec& spec, QWidget* parent)
    : QWidget(parent), m_spec(spec), m_plot(new QCustomPlot), m_title(new QLabel(title())), m_all(new QToolButton), m_value(new QLabel)
{
    setObjectName(spec.id + QStringLiteral("Chart"));
    setAccessibleName(title());
    setFocusPolicy(Qt::StrongFocus);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    m_title->setFont(textFont(TextSize::Body));
    m_title->setToolTip(tr("Arrow keys move the cursor, Enter or a click opens the rows of that step, the wheel or + and - zoom, 0 or a double click shows everything"));
    m_value->setObjectName(spec.id + QStringLiteral("Value"));
    m_value->setFont(textFont(TextSize::Small));
    m_value->setForegroundRole(QPalette::PlaceholderText);
    m_value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* top = new QHBoxLayout;
    top->addWidget(m_title);
    top->addWidget(m_all);
    top->addWidget(m_value, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(2), space(1), space(2), space(1));
    layout->setSpacing(space(1));
    layout->addLayout(top);
    layout->addWidget(m_plot, 1);
    buildPlot();
    buildZoom();
    connectClicks();
    buildActions();
    applyTheme();
    if (spec.main().isLogarithmic) {
        setLogarithmic(true);
    }
    setBackgroundRole(QPalette::Base); // last: it tells of a new palette
    setAutoFillBackground(true);
}

ChartPanel::~ChartPanel()
{
    if (m_legendColumns == 0) {
        m_plot->plotLayout()->addElement(1, 0, m_plot->legend); // which deletes it
    }
}

QString ChartPanel::title() const
{
    const char* unit = m_spec.main().unit;
    //: a chart's title with its unit
    return unit[0] == '\0' ? m_spec.title : tr("%1 (%2)").arg(m_spec.title, QCoreApplication::translate("Measure", unit));
}

void ChartPanel::buildPlot()
{
    m_plot->setObjectName(m_spec.id + QStringLiteral("Plot"));
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setMinimumHeight(space(20));
    m_plot->installEventFilter(this);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setPlottingHint(QCP::phFastPolylines); // each stretch by itself: a line of two thousand is drawn in 3 ms instead of 53
    m_tell.setSingleShot(true);
    m_tell.setInterval(kTellMs);
    connect(&m_tell, &QTimer::timeout, this, &ChartPanel::tellTable);
    m_plot->axisRect()->setRangeZoom(Qt::Horizontal); // along the steps; the values follow
    m_plot->axisRect()->setRangeDrag(Qt::Horizontal);
    m_plot->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new WholeSteps));
    m_plot->xAxis->setLabel(tr("step"));
    m_plot->xAxis->setLabelPadding(0);
    m_plot->xAxis->setNumberFormat(QStringLiteral("gb"));
    m_plot->xAxis->setNumberPrecision(7);
    m_plot->axisRect()->setMinimumMargins(QMargins(0, space(1), space(2), 0));
    m_plot->axisRect()->insetLayout()->take(m_plot->legend);
    m_plot->legend->setVisible(false);
    m_plot->legend->setRowSpacing(0);
    m_plot->legend->setMargins({});
    // What such charts have always shown first: the steps, then the rows kept aside.
    m_places = {{&m_spec.main(), std::string(measures::kStepSet)}, {&m_spec.main(), std::string(measures::kHeldOutSet)}};
    m_remarks = m_plot->addGraph();
    m_remarks->removeFromLegend();
    m_remarks->setLineStyle(QCPGraph::lsNone);
    m_cursorLine = new QCPItemStraightLine(m_plot);
    m_cursorLine->setVisible(false);
    connect(m_plot, &QCustomPlot::beforeReplot, this, [this] {
        fitTicks();
        for (const auto& curve : m_curves) {
            curve->show(m_plot->xAxis->range(), m_plot->width());
        }
    });
    connect(m_plot, &QCustomPlot::mouseWheel, this, [this] {
        QMetaObject::invokeMethod(this, &ChartPanel::takeZoom, Qt::QueuedConnection); // after the plot has taken it
    });
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (event->buttons() != Qt::NoButton) {
            takeZoom();
        }
        m_isByKeys = false;
        setCursor(m_plot->xAxis->pixelToCoord(event->pos().x()));
    });
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, &ChartPanel::showAll);
}

// As many labels as stand beside each other without touching, whatever the size of the chart.
void ChartPanel::fitTicks()
{
    const QFontMetrics font(textFont(TextSize::Small));
    const QCPRange steps = m_plot->xAxis->range();
    const int widest = font.horizontalAdvance(QString::number(std::max(std::abs(steps.lower), std::abs(steps.upper)), 'f', 0)) + font.horizontalAdvance(u'0') * 2;
    const int width = m_plot->width() - font.horizontalAdvance(QStringLiteral("0.0000"));
    const int height = m_plot->height() - 3 * font.height();
    m_plot->xAxis->ticker()->setTickCount(std::clamp(width / std::max(widest, 1), kFewestTicks, kMostTicks));
    m_plot->yAxis->ticker()->setTickCount(std::clamp(height / (font.height() * 2), kFewestTicks, kMostTicks));
}

void ChartPanel::clear()
{
    for (const auto& curve : m_curves) {
        curve->all->clear();
        curve->allSmooth->clear();
        curve->thinned.clear();
        curve->thinnedSmooth.clear();
        curve->drawnPoints = -1;
        curve->smoothing = Smoothing(m_weight);
    }
    m_names = {};
    m_remarks->data()->clear();
    m_remarkTexts.clear();
    m_extent = {};
    hideCursor();
    applyTheme();
    showAll();
}

void ChartPanel::setRunName(int run, const QString& name)
{
    m_names[static_cast<std::size_t>(run)] = name;
    applyTheme();
}

void ChartPanel::setRunInk(int run, std::function<QColor()> ink)
{
    m_inks[static_cast<std::size_t>(run)] = std::move(ink);
    applyTheme();
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
    draw();
}

void ChartPanel::setLogarithmic(bool on)
{
    if (auto* action = findChild<QAction*>(m_spec.id + QStringLiteral(".log"))) {
        action->setChecked(on); // whoever asked for it
    }
    m_isLogarithmic = on;
    m_plot->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_plot->yAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog) : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    showAll();
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

QCPRange ChartPanel::rangeOf(const Extent& extent) const
{
    if (extent.isEmpty) {
        return {0, 1};
    }
    if (m_isLogarithmic) {
        return extent.lowPositive > 0 ? QCPRange(extent.lowPositive * 0.9, extent.high * 1.1) : QCPRange(0.1, 10);
    }
    const double span = extent.high - extent.low;
    const double margin = span > 0 ? span * kMargin : std::max(std::abs(extent.high) * kMargin, 1e-12);
    const double low = extent.low - margin;
    return {extent.low >= 0 ? std::max(0.0, low) : low, extent.high + margin};
}

void ChartPanel::setClipped(bool on)
{
    m_isClipped = on;
    m_isZoomed ? fitValues() : rescale();
}

// Without the hundredth of the values that lies highest, and that which lies lowest.
ChartPanel::Extent ChartPanel::clipped(const Extent& all, double firstStep, double lastStep) const
{
    constexpr std::size_t kPart = 100;
    constexpr std::ptrdiff_t kSampled = 20'000;
    if (!m_isClipped) {
        return all;
    }
    std::vector<double> values;
    for (const auto& curve : m_curves) {
        const auto begin = curve->all->findBegin(firstStep, false);
        const auto size = curve->all->findEnd(lastStep, false) - begin;
        for (std::ptrdiff_t i = 0; i < size; i += 1 + size / kSampled) { // a hundredth of so many says what it is of all
            if (const double value = (begin + i)->value; std::isfinite(value)) {
                values.push_back(value);
            }
        }
    }
    if (values.size() < kPart / 4) {
        return all;
    }
    const std::size_t cut = std::max<std::size_t>(1, values.size() / kPart);
    std::sort(values.begin(), values.end());
    Extent inner;
    inner.take(all.lastStep, values[cut]);
    inner.take(all.lastStep, values[values.size() - 1 - cut]);
    return inner;
}

void ChartPanel::setStepLabels(const QString& title, std::function<QString(double)> label)
{
    static_cast<WholeSteps*>(m_plot->xAxis->ticker().data())->label = std::move(label);
    m_plot->xAxis->setLabel(title);
    draw();
}

void ChartPanel::rescale()
{
    if (!m_isZoomed) {
        m_plot->yAxis->setRange(rangeOf(clipped(m_extent, 0, m_extent.lastStep)));
        m_plot->xAxis->setRange(allSteps());
    }
    m_remarks->data()->clear();
    for (const auto& [step, sentence] : m_remarkTexts) {
        m_remarks->addData(static_cast<double>(step), m_plot->yAxis->range().lower);
    }
    draw();
    if (m_extent.lastStep < kLongRun) {
        tellTable();
    } else if (!m_tell.isActive()) {
        m_tell.start();
    }
}

void ChartPanel::draw()
{
    m_isStale = true;
    if (!m_plot->visibleRegion().isEmpty()) {
        DrawQueue::shared().add(this);
    }
}

void ChartPanel::drawNow()
{
    if (std::exchange(m_isStale, false)) {
        m_plot->replot(QCustomPlot::rpQueuedRefresh);
    }
}

constexpr std::size_t kEnoughForExtremes = 2000;

// To what is drawn between the first and the last step in view.
void ChartPanel::fitValues()
{
    const QCPRange steps = m_plot->xAxis->range();
    Extent seen;
    for (const auto& curve : m_curves) {
        curve->thinned.follow(*curve->all);
        for (const QCPGraphData& point : curve->thinned.between(*curve->all, steps.lower, steps.upper, kEnoughForExtremes)) {
            if (steps.contains(point.key)) {
                seen.take(point.key, point.value);
            }
        }
    }
    if (!seen.isEmpty) {
        m_plot->yAxis->setRange(rangeOf(clipped(seen, steps.lower, steps.upper)));
    }
    draw();
}

void ChartPanel::applyTheme()
{
    stylePlot(m_plot);
    int numShown = 0;
    bool hasEvaluations = false;
    std::array<bool, kMaxRuns> hasRun{};
    for (const auto& curve : m_curves) {
        const auto& own = m_inks[static_cast<std::size_t>(curve->run)];
        const QColor ink = own ? own() : inkOf(curve->run, curve->place);
        if (curve->isOfSteps()) {
            styleSteps(curve->values, curve->smooth, ink, {curve->run, curve->place, m_weight > 0, curve->isLong()});
        } else {
            styleEvaluations(curve->values, ink, curve->run, curve->place);
        }
        const QString& run = m_names[static_cast<std::size_t>(curve->run)];
        const bool isRun = curve->place == 0 && m_spec.measures.size() == 1 && !run.isEmpty(); // the run's name says enough
        //: legend of a chart: a curve of a run
        curve->strong()->setName(isRun ? run : run.isEmpty() ? curveName(*curve) : tr("%1, %2").arg(run, curveName(*curve)));
        if (curve->isEmpty()) {
            curve->strong()->removeFromLegend();
            continue;
        }
        curve->strong()->addToLegend();
        ++numShown;
        hasEvaluations |= !curve->isOfSteps();
        hasRun[static_cast<std::size_t>(curve->run)] = true;
    }
    // One chart's legend tells for all which run is which.
    const auto numRuns = static_cast<int>(std::count(hasRun.begin(), hasRun.end(), true));
    const bool tells = hasEvaluations || numShown > numRuns || (numRuns > 1 && m_spec.main().isOfRun);
    placeLegend(tells);
    m_remarks->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssTriangle, color(Token::Warn), color(Token::Warn), space(2)));
    m_cursorLine->setPen(QPen(color(Token::Line), 1, Qt::DashLine));
}

// In as many columns as there is room for. A small chart has none: there the cursor tells which is which.
void ChartPanel::placeLegend(bool isWanted)
{
    QCPLegend* legend = m_plot->legend;
    int wide = 1;
    int high = 1;
    int count = 0;
    for (int i = 0; i < legend->itemCount(); ++i) { // places, some of them empty
        if (const QCPAbstractLegendItem* item = legend->item(i)) {
            const QSize size = item->minimumOuterSizeHint();
            wide = std::max(wide, size.width() + legend->columnSpacing());
            high = std::max(high, size.height());
            ++count;
        }
    }
    const int columns = std::clamp(m_plot->width() / wide, 1, std::max(1, count));
    const int rows = (count + columns - 1) / columns;
    const bool isShown = isWanted && wide <= m_plot->width() && m_plot->height() >= space(kLeastForLegend) && 3 * rows * high <= m_plot->height();
    if (isShown && m_legendColumns == 0) {
        m_plot->plotLayout()->addElement(1, 0, legend);
        m_plot->plotLayout()->setRowStretchFactor(1, 0.001); // its own height, no more
    } else if (!isShown && m_legendColumns > 0) {
        m_plot->plotLayout()->take(legend);
        m_plot->plotLayout()->simplify();
    }
    m_legendColumns = isShown ? columns : 0;
    legend->setVisible(isShown);
    if (isShown && (legend->wrap() != columns || legend->rowCount() != rows)) {
        legend->setWrap(columns);
        legend->setFillOrder(QCPLayoutGrid::foColumnsFirst, true);
    }
}

QRect ChartPanel::curvesRect() const
{
    return m_plot->axisRect()->rect();
}

QRect ChartPanel::legendRect() const
{
    return m_legendColumns == 0 ? QRect() : m_plot->legend->outerRect();
}

// In the margin around title and plot.
void ChartPanel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintFocusRing(painter, *this);
}

void ChartPanel::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        applyTheme();
        draw();
    }
    QWidget::changeEvent(event);
}

} // namespace luthier::ui
