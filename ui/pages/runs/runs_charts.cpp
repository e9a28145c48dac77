// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_charts.h"

#include "ui/charts/chart_panel.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QSlider>
#include <QSplitter>

namespace luthier::ui {
namespace {

constexpr int kSmoothingParts = 100;
constexpr int kFirstSmoothing = 80;
constexpr double kMostSmoothing = 0.98;

} // namespace

RunsCharts::RunsCharts(QWidget* parent) : QWidget(parent), m_smoothing(new QSlider(Qt::Horizontal))
{
    setObjectName(QStringLiteral("runsCharts"));
    auto* split = new QSplitter;
    split->setObjectName(QStringLiteral("chartsSplitter"));
    split->setChildrenCollapsible(false);
    auto* others = new QSplitter(Qt::Vertical);
    others->setObjectName(QStringLiteral("smallChartsSplitter"));
    others->setChildrenCollapsible(false);
    for (const ChartSpec& spec : charts()) {
        auto* panel = new ChartPanel(spec);
        (m_panels.empty() ? split : others)->addWidget(panel);
        m_panels.push_back(panel);
        connect(panel, &ChartPanel::saveWanted, this, &RunsCharts::saveWanted);
        connect(panel, &ChartPanel::stepWanted, this, &RunsCharts::stepWanted);
    }
    split->addWidget(others);
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
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int value) {
        for (ChartPanel* panel : m_panels) {
            panel->setSmoothing(kMostSmoothing * value / kSmoothingParts);
        }
    });
    connect(logarithmic, &QCheckBox::toggled, m_panels.front(), &ChartPanel::setLogarithmic);
    m_smoothing->setValue(kFirstSmoothing);
    return box;
}

void RunsCharts::clear()
{
    for (ChartPanel* panel : m_panels) {
        panel->clear();
    }
}

void RunsCharts::setRun(int place, const QString& name, const RunHistory& history)
{
    for (ChartPanel* panel : m_panels) {
        panel->setRunName(place, name);
        panel->append(place, history.steps);
        panel->appendEvals(place, history.evals);
        if (place == 0) {
            for (const train::Warning& warning : history.warnings) {
                panel->addRemark(warning.step, QString::fromStdString(warning.sentence));
            }
        }
    }
}

void RunsCharts::append(const RunHistory& more)
{
    for (ChartPanel* panel : m_panels) {
        if (!more.steps.empty()) {
            panel->append(0, more.steps);
        }
        if (!more.evals.empty()) {
            panel->appendEvals(0, more.evals);
        }
        for (const train::Warning& warning : more.warnings) {
            panel->addRemark(warning.step, QString::fromStdString(warning.sentence));
        }
    }
}

} // namespace luthier::ui
