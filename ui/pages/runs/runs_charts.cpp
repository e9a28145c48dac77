// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_charts.h"

#include "ui/base/amounts.h"
#include "ui/charts/chart_panel.h"
#include "ui/forms/field_editor.h"
#include "ui/models/runs/run_color.h"
#include "ui/settings/app_settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/vertical_scroll.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QElapsedTimer>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSlider>
#include <QSplitter>

#include <algorithm>
#include <iterator>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kSmoothingParts = 100;
constexpr int kFirstSmoothing = 80;
constexpr double kMostSmoothing = 0.98;
constexpr std::size_t kAtOnce = 20'000; // steps; more come frame by frame,
constexpr std::size_t kPiece = 1'000;   // so many at a time
constexpr int kFillMs = 5;              // and for so long in each

} // namespace

RunsCharts::RunsCharts(QWidget* parent)
    : QWidget(parent), m_smoothing(new QSlider(Qt::Horizontal)), m_axis(new QComboBox), m_others(new QSplitter(Qt::Vertical))
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
    m_fill.setInterval(0);
    connect(&m_fill, &QTimer::timeout, this, &RunsCharts::fill);
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
    auto* clipped = new QCheckBox(tr("&Without outliers"));
    clipped->setObjectName(QStringLiteral("clipped"));
    clipped->setToolTip(tr("The axis holds all values but the outermost hundredth; none is taken out"));
    connect(clipped, &QCheckBox::toggled, this, [this](bool on) {
        for (ChartPanel* panel : m_panels) {
            panel->setClipped(on);
        }
    });
    row->addWidget(clipped);
    m_axis->setObjectName(QStringLiteral("chartAxis"));
    m_axis->setAccessibleName(tr("Written under the charts"));
    m_axis->setToolTip(tr("Steps, or what the chosen run had seen, or how long it had worked, by then"));
    m_axis->addItems({tr("Steps"), tr("Tokens"), tr("Time"), tr("Epochs")});
    connect(m_axis, &QComboBox::currentIndexChanged, this, &RunsCharts::showAxis);
    row->addWidget(m_axis);
    row->addStretch();
    connect(m_smoothing, &QSlider::valueChanged, this, [this] {
        for (ChartPanel* panel : m_panels) {
            panel->setSmoothing(smoothing());
        }
    });
    connect(logarithmic, &QCheckBox::toggled, m_panels.front(), &ChartPanel::setLogarithmic);
    connect(m_panels.front()->findChild<QAction*>(m_panels.front()->spec().id + QStringLiteral(".log")), &QAction::toggled, logarithmic, &QCheckBox::setChecked);
    m_smoothing->setValue(kFirstSmoothing);
    return box;
}

void RunsCharts::keepSettingsIn(AppSettings& settings)
{
    const QString key = QStringLiteral("charts.");
    m_smoothing->setValue(settings.text(key + m_smoothing->objectName(), QString::number(kFirstSmoothing)).toInt());
    connect(m_smoothing, &QSlider::valueChanged, this, [this, key, &settings](int value) { settings.setText(key + m_smoothing->objectName(), QString::number(value)); });
    m_axis->setCurrentIndex(std::clamp(settings.text(key + m_axis->objectName()).toInt(), 0, m_axis->count() - 1));
    connect(m_axis, &QComboBox::currentIndexChanged, this, [this, key, &settings](int index) { settings.setText(key + m_axis->objectName(), QString::number(index)); });
    for (const char* name : {"logarithmic", "clipped"}) {
        auto* box = findChild<QCheckBox*>(QLatin1String(name));
        const QString boxKey = key + QLatin1String(name);
        box->setChecked(settings.text(boxKey) == QStringLiteral("on"));
        connect(box, &QCheckBox::toggled, this, [boxKey, &settings](bool on) { settings.setText(boxKey, on ? QStringLiteral("on") : QStringLiteral("off")); });
    }
}

ChartPanel* RunsCharts::addPanel(const ChartSpec& spec, QSplitter* to)
{
    auto* panel = new ChartPanel(spec);
    panel->setSmoothing(smoothing());
    if (const auto* clipped = findChild<QCheckBox*>(QStringLiteral("clipped"))) { // null: the first panels come before it
        panel->setClipped(clipped->isChecked());
    }
    for (std::size_t place = 0; place < m_names.size(); ++place) {
        tellRun(panel, static_cast<int>(place));
    }
    for (const auto& [step, sentence] : m_remarks) {
        panel->addRemark(step, sentence);
    }
    to->addWidget(panel);
    panel->setVisible(spec.isAlways);
    m_panels.push_back(panel);
    if (m_axis->currentIndex() > 0) {
        showAxis();
    }
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

// The curves stay where they are; what is written under them changes.
void RunsCharts::showAxis()
{
    const int kind = m_axis->currentIndex();
    const auto label = [this, kind](double step) -> QString {
        const auto at = std::lower_bound(m_at.begin(), m_at.end(), step, [](const auto& one, double wanted) { return one[0] < wanted; });
        if (m_at.empty() || step <= 0) {
            return kind == 2 ? duration(0) : QStringLiteral("0");
        }
        const double value = (at == m_at.end() ? m_at.back() : *at)[static_cast<std::size_t>(kind)];
        return kind == 1 ? shortCount(value) : kind == 2 ? duration(value) : QLocale().toString(value, 'g', 3);
    };
    for (ChartPanel* panel : m_panels) {
        panel->setStepLabels(kind == 0 ? tr("step") : m_axis->currentText().toLower(), kind == 0 ? std::function<QString(double)>() : std::function<QString(double)>(label));
    }
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
    m_at.clear();
    m_waiting = {};
    m_fill.stop();
    for (ChartPanel* panel : m_panels) {
        panel->clear();
    }
    showFilled();
}

void RunsCharts::setRun(int place, std::int64_t id, const QString& name, RunHistory history)
{
    m_names[static_cast<std::size_t>(place)] = name;
    m_ids[static_cast<std::size_t>(place)] = id;
    for (ChartPanel* panel : m_panels) {
        tellRun(panel, place);
    }
    m_waiting[static_cast<std::size_t>(place)] = {};
    append(place, std::move(history));
}

void RunsCharts::tellRun(ChartPanel* panel, int place) const
{
    const std::int64_t id = m_ids[static_cast<std::size_t>(place)];
    panel->setRunName(place, m_names[static_cast<std::size_t>(place)]);
    panel->setRunInk(place, id == 0 ? std::function<QColor()>() : [id] { return runColor(id); });
}

// One that a chart made later misses would look like a run without it.
void RunsCharts::addRemarks(const std::vector<train::Warning>& warnings)
{
    for (const train::Warning& warning : warnings) {
        m_remarks.emplace_back(warning.step, withLabels(QString::fromStdString(warning.sentence)));
        for (ChartPanel* panel : m_panels) {
            panel->addRemark(m_remarks.back().first, m_remarks.back().second);
        }
    }
}

// Behind steps that wait others wait, too.
void RunsCharts::append(int place, RunHistory more)
{
    Waiting& waiting = m_waiting[static_cast<std::size_t>(place)];
    if (waiting.steps.empty() && more.steps.size() <= kAtOnce) {
        draw(place, more);
        return;
    }
    waiting.steps.insert(waiting.steps.end(), std::make_move_iterator(more.steps.begin()), std::make_move_iterator(more.steps.end()));
    more.steps.clear();
    draw(place, more);
    m_fill.start();
}

bool RunsCharts::isFilling() const
{
    return m_fill.isActive();
}

void RunsCharts::fill()
{
    QElapsedTimer spent;
    spent.start();
    const auto first = [this] { return std::find_if(m_waiting.begin(), m_waiting.end(), [](const Waiting& waiting) { return !waiting.steps.empty(); }); };
    auto at = first();
    for (; at != m_waiting.end() && spent.elapsed() < kFillMs; at = first()) {
        const std::size_t end = std::min(at->steps.size(), at->next + kPiece);
        RunHistory piece;
        piece.steps.assign(std::make_move_iterator(at->steps.begin() + static_cast<std::ptrdiff_t>(at->next)),
                           std::make_move_iterator(at->steps.begin() + static_cast<std::ptrdiff_t>(end)));
        at->next = end;
        if (end == at->steps.size()) {
            *at = {};
        }
        draw(static_cast<int>(at - m_waiting.begin()), piece);
    }
    if (at == m_waiting.end()) {
        m_fill.stop();
    }
}

void RunsCharts::draw(int place, const RunHistory& more)
{
    makePanels(more);
    for (const train::StepDone& step : place == 0 ? more.steps : std::vector<train::StepDone>()) {
        const std::array<double, 4> before = m_at.empty() ? std::array<double, 4>{} : m_at.back();
        const double seconds = step.tokensPerSecond > 0 ? static_cast<double>(step.tokens) / step.tokensPerSecond : 0;
        m_at.push_back({static_cast<double>(step.step), before[1] + static_cast<double>(step.tokens), before[2] + seconds, step.epoch});
    }
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
