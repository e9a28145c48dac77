// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_charts.h"

#include "ui/charts/chart_panel.h"
#include "ui/theme/theme.h"
#include "ui/widgets/vertical_scroll.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QSplitter>

namespace luthier::ui {
namespace {

constexpr int kSmoothingParts = 100;
constexpr int kFirstSmoothing = 80;
constexpr double kMostSmoothing = 0.98;

} // namespace

RunsCharts::RunsCharts(QWidget* parent)
    : QWidget(parent), m_smoothing(new QSlider(Qt::Horizontal)), m_others(new QSplitter(Qt::Vertical))
{
    setObjectName(QStringLiteral("runsCharts"));
    auto* split = new QSplitter;
    split->setObjectName(QStringLiteral("chartsSplitter"));
    split->setChildrenCollapsible(false);
    m_others->setObjectName(QStringLiteral("smallChartsSplitter"));
    m_others->setChildrenCollapsible(false);
    for (const ChartSpec& spec : charts()) {
        addPanel(spec, m_panels.empty() ? split : m_others);
    }
    split->addWidget(new VerticalScroll(m_others));
    split->setStretchFactor(0, 2);
    split->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space(1));
    layout->addWidget(buildControls());
    layout->addWidget(split, 1);
}

QWidget* RunsCharts::buildControls()
{
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    auto* label = new QLabel(tr("S&moothing"));
    label->setBuddy(m_smoothing);
    m_smoothing->setObjectName(QStringLiteral("smoothing"));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_smoothing->setToolTip(tr("How long the strong line remembers; the faint line is what was measured"));
    m_smoothing->setRange(0, kSmoothingParts);
    m_smoothing->setFixedWidth(space(30));
    auto* logarithmic = new QCheckBox(tr("Lo&garithmic loss"));
    logarithmic->setObjectName(QStringLiteral("logarithmic"));
    logarithmic->setToolTip(tr("Equal ratios are equal distances"));
    row->addWidget(label);
    row->addWidget(m_smoothing);
    row->addSpacing(space(4));
    row->addWidget(logarithmic);
    row->addStretch();
    connect(m_smoothing, &QSlider::valueChanged, this, [this] {
        for (ChartPanel* panel : m_panels) {
            panel->setSmoothing(smoothing());
        }
    });
    connect(logarithmic, &QCheckBox::toggled, m_panels.front(), &ChartPanel::setLogarithmic);
    m_smoothing->setValue(kFirstSmoothing);
    return box;
}

ChartPanel* RunsCharts::addPanel(const ChartSpec& spec, QSplitter* to)
{
    auto* panel = new ChartPanel(spec);
    panel->setSmoothing(smoothing());
    for (std::size_t place = 0; place < m_names.size(); ++place) {
        panel->setRunName(static_cast<int>(place), m_names[place]);
    }
    for (const auto& [step, sentence] : m_remarks) {
        panel->addRemark(step, sentence);
    }
    to->addWidget(panel);
    panel->setVisible(spec.isAlways);
    m_panels.push_back(panel);
    m_drawn.insert(spec.measures.begin(), spec.measures.end());
    connect(panel, &ChartPanel::saveWanted, this, &RunsCharts::saveWanted);
    connect(panel, &ChartPanel::stepWanted, this, &RunsCharts::stepWanted);
    return panel;
}

void RunsCharts::makePanelFor(const measures::Measure& measure)
{
    if (measure.drawing != measures::Drawing::None && m_drawn.insert(&measure).second) {
        addPanel(chartOf(measure), m_others);
    }
}

void RunsCharts::makePanels(const RunHistory& history)
{
    for (const train::StepDone& step : history.steps) {
        for (const measures::Value& value : step.measures) {
            makePanelFor(*value.measure);
        }
    }
    for (const train::EvalDone& eval : history.evals) {
        for (const measures::Value& value : eval.measures) {
            makePanelFor(*value.measure);
        }
    }
}

double RunsCharts::smoothing() const
{
    return kMostSmoothing * m_smoothing->value() / kSmoothingParts;
}

// Charts of the table that always stand there, others while they show something.
void RunsCharts::showFilled()
{
    for (ChartPanel* panel : m_panels) {
        panel->setVisible(panel->spec().isAlways || !panel->isEmpty());
    }
}

void RunsCharts::clear()
{
    m_names = {};
    m_remarks.clear();
    for (ChartPanel* panel : m_panels) {
        panel->clear();
    }
    showFilled();
}

void RunsCharts::setRun(int place, const QString& name, const RunHistory& history)
{
    m_names[static_cast<std::size_t>(place)] = name;
    for (ChartPanel* panel : m_panels) {
        panel->setRunName(place, name);
    }
    add(place, history);
}

// One that a chart made later misses would look like a run without it.
void RunsCharts::addRemarks(const std::vector<train::Warning>& warnings)
{
    for (const train::Warning& warning : warnings) {
        m_remarks.emplace_back(warning.step, QString::fromStdString(warning.sentence));
        for (ChartPanel* panel : m_panels) {
            panel->addRemark(m_remarks.back().first, m_remarks.back().second);
        }
    }
}

void RunsCharts::append(int place, const RunHistory& more)
{
    add(place, more);
}

void RunsCharts::add(int place, const RunHistory& more)
{
    makePanels(more);
    for (ChartPanel* panel : m_panels) {
        if (!more.steps.empty()) {
            panel->append(place, more.steps);
        }
        if (!more.evals.empty()) {
            panel->appendEvals(place, more.evals);
        }
    }
    if (place == 0) {
        addRemarks(more.warnings);
    }
    showFilled();
}

} // namespace luthier::ui
