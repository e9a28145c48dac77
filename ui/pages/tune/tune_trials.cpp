// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_trials.h"

#include "core/store/run_rows.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/charts/rate_chart.h"
#include "ui/widgets/card.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/shootout_queue.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLocale>
#include <QPlainTextEdit>
#include <QShortcut>
#include <QSpinBox>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kPointsMs = 60;

} // namespace

TuneTrials::TuneTrials(Workspace& workspace, ShootoutQueue* queue, QWidget* parent)
    : QWidget(parent), m_workspace(workspace), m_queue(queue), m_chart(new RateChart), m_rateText(new StatusLabel(Token::TextQuiet)),
      m_find(makeButton(QStringLiteral("rateFind"), tr("Find a learning rate"), tr("Some sixty real steps at rates that grow; nothing of them is kept"))),
      m_takeRate(makeButton(QStringLiteral("rateTake"), tr("Take it"), tr("The suggested rate into the recipe; undo takes it back"))), m_axes(new QPlainTextEdit),
      m_how(new QComboBox), m_count(new QSpinBox), m_sweepText(new StatusLabel(Token::TextQuiet)),
      m_startSweep(makeButton(QStringLiteral("sweepStart"), tr("Into the queue"), tr("Each trial is a run of the project; the table shows what came out")))
{
    setObjectName(QStringLiteral("trials"));
    auto* back = makeButton(QStringLiteral("trialsBack"), tr("Back to the settings"), tr("What was found stays (Esc)"));
    auto* above = new QHBoxLayout;
    above->addWidget(buildRate(), 3);
    above->addWidget(buildSweep(), 2);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(back);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(above, 1);
    layout->addLayout(buttons);
    m_clock.setInterval(kPointsMs);
    connect(&m_clock, &QTimer::timeout, this, &TuneTrials::takePoints);
    connect(back, &QPushButton::clicked, this, &TuneTrials::left);
    connect(m_find, &QPushButton::clicked, this, [this] { m_rateJob.isRunning() ? stopRate() : findRate(); });
    connect(m_takeRate, &QPushButton::clicked, this, [this] {
        if (m_curve && m_curve->suggestion) {
            Q_EMIT rateWanted(*m_curve->suggestion);
        }
    });
    connect(m_startSweep, &QPushButton::clicked, this, &TuneTrials::startSweep);
    connect(m_axes, &QPlainTextEdit::textChanged, this, &TuneTrials::refresh);
    connect(m_how, &QComboBox::currentIndexChanged, this, &TuneTrials::refresh);
    connect(m_count, &QSpinBox::valueChanged, this, &TuneTrials::refresh);
    connect(m_queue, &ShootoutQueue::changed, this, &TuneTrials::onQueue);
    connect(m_workspace.runs(), &RunController::stateChanged, this, &TuneTrials::refresh);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    escape->setWhatsThis(tr("Back from the trials"));
    connect(escape, &QShortcut::activated, this, &TuneTrials::left);
    refresh();
}

QWidget* TuneTrials::buildRate()
{
    auto* card = new Card(tr("Learning rate"));
    m_rateText->setObjectName(QStringLiteral("rateText"));
    m_rateText->setTextFormat(Qt::PlainText);
    m_rateText->setWordWrap(true);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_find);
    buttons->addWidget(m_takeRate);
    buttons->addStretch();
    card->body()->addWidget(m_chart, 1);
    card->body()->addWidget(m_rateText);
    card->body()->addLayout(buttons);
    return card;
}

QWidget* TuneTrials::buildSweep()
{
    auto* card = new Card(tr("Sweep"));
    m_axes->setObjectName(QStringLiteral("sweepAxes"));
    m_axes->setAccessibleName(tr("Settings to vary, one a line"));
    m_axes->setToolTip(tr("One setting a line: key=1,2,3 or, for random draws, key=low..high"));
    m_axes->setPlainText(QStringLiteral("optimizer.learning_rate=1e-4,2e-4,5e-4\nmethod.rank=8,16"));
    m_axes->setTabChangesFocus(true);
    m_how->setObjectName(QStringLiteral("sweepHow"));
    m_how->setAccessibleName(tr("How trials are chosen"));
    m_how->addItem(tr("Every combination"), static_cast<int>(train::SweepKind::Grid));
    m_how->addItem(tr("Random draws"), static_cast<int>(train::SweepKind::Random));
    m_how->addItem(tr("Successive halving"), static_cast<int>(train::SweepKind::Halving));
    m_how->setItemData(0, tr("Every value of each setting with every value of the others"), Qt::ToolTipRole);
    m_how->setItemData(1, tr("So many trials, each with values drawn"), Qt::ToolTipRole);
    m_how->setItemData(2, tr("Many trials for few steps; the best third goes on for three times as many"), Qt::ToolTipRole);
    m_how->setToolTip(tr("Which trials are made"));
    m_count->setObjectName(QStringLiteral("sweepCount"));
    m_count->setAccessibleName(tr("Trials"));
    m_count->setToolTip(tr("How many trials are drawn"));
    m_count->setRange(1, 1000);
    m_count->setValue(9);
    m_sweepText->setObjectName(QStringLiteral("sweepText"));
    m_sweepText->setTextFormat(Qt::PlainText);
    m_sweepText->setWordWrap(true);
    auto* line = new QHBoxLayout;
    line->addWidget(m_how, 1);
    line->addWidget(m_count);
    card->body()->addWidget(new StatusLabel(tr("Settings to vary"), Token::TextQuiet));
    card->body()->addWidget(m_axes, 1);
    card->body()->addLayout(line);
    card->body()->addWidget(m_sweepText);
    card->body()->addWidget(m_startSweep, 0, Qt::AlignLeft);
    return card;
}

void TuneTrials::setRecipe(const config::RunConfig& recipe, std::int64_t steps, bool isGood)
{
    m_recipe = recipe;
    m_steps = steps;
    m_isGood = isGood;
    refresh();
}

void TuneTrials::refresh()
{
    const bool busy = m_workspace.runs()->isBusy();
    m_find->setText(m_rateJob.isRunning() ? tr("Stop") : tr("Find a learning rate"));
    m_find->setEnabled(m_rateJob.isRunning() || (m_isGood && !busy));
    m_takeRate->setEnabled(m_curve && m_curve->suggestion);
    const auto wanted = spec();
    const auto variants = wanted ? train::sweepVariants(m_recipe, *wanted, m_steps) : Result<std::vector<train::Variant>>(wanted.error());
    m_count->setEnabled(m_how->currentIndex() != 0);
    m_sweepText->setToken(variants ? Token::TextQuiet : Token::Bad);
    m_sweepText->setText(variants ? tr("%Ln trial(s)", nullptr, static_cast<int>(variants->size())) : problemSentence(QString::fromStdString(variants.message())));
    m_startSweep->setEnabled(m_isGood && variants.ok() && !m_queue->isRunning());
}

void TuneTrials::findRate()
{
    m_curve.reset();
    m_chart->clear();
    m_control = std::make_shared<train::StopControl>();
    m_points = std::make_shared<Points>();
    const auto work = [config = m_recipe, project = m_workspace.project(), control = m_control, points = m_points]() -> Result<train::RateCurve> {
        const auto rows = store::runRows(project.get(), config.data);
        if (!rows) {
            return rows.error();
        }
        return train::findRate(config, *rows, {}, *control, [&](const train::RatePoint& point) {
            const std::lock_guard lock(points->mutex);
            points->waiting.push_back(point);
        });
    };
    m_rateJob.start(this, work, [this](const Result<train::RateCurve>& curve) {
        takePoints();
        m_clock.stop();
        m_rateText->setToken(curve ? Token::Text : Token::Bad);
        m_rateText->setText(problemSentence(QString::fromStdString(curve ? curve->why : curve.message())));
        if (curve) {
            m_curve = *curve;
            m_chart->setSuggestion(curve->suggestion);
        }
        refresh();
    });
    m_clock.start();
    m_rateText->setToken(Token::TextQuiet);
    m_rateText->setText(tr("Loading the model, then a step at each rate\u2026"));
    refresh();
}

void TuneTrials::stopRate()
{
    if (m_control) {
        m_control->requestStop();
    }
}

void TuneTrials::takePoints()
{
    if (!m_points) {
        return;
    }
    std::vector<train::RatePoint> points;
    {
        const std::lock_guard lock(m_points->mutex);
        points.swap(m_points->waiting);
    }
    for (const train::RatePoint& point : points) {
        m_chart->append({point.rate, point.loss, point.smoothed});
    }
    if (!points.empty() && m_rateJob.isRunning()) {
        m_rateText->setText(tr("Step %1, rate %2, loss %3")
                                .arg(number(points.back().step), QLocale().toString(points.back().rate, 'g', 2), QLocale().toString(points.back().loss, 'f', 3)));
    }
}

Result<train::SweepSpec> TuneTrials::spec() const
{
    train::SweepSpec spec;
    spec.kind = static_cast<train::SweepKind>(m_how->currentData().toInt());
    spec.trials = m_count->value();
    for (const QString& line : m_axes->toPlainText().split(u'\n', Qt::SkipEmptyParts)) {
        auto axis = train::parseAxis(line.simplified().remove(u' ').toStdString());
        if (!axis) {
            return axis.error();
        }
        spec.axes.push_back(std::move(*axis));
    }
    return spec;
}

void TuneTrials::startSweep()
{
    const auto wanted = spec();
    const auto variants = wanted ? train::sweepVariants(m_recipe, *wanted, m_steps) : Result<std::vector<train::Variant>>(wanted.error());
    if (!variants) {
        return;
    }
    QStringList names;
    for (const train::Variant& variant : *variants) {
        names += QString::fromStdString(train::toText(variant));
    }
    m_halving = wanted->kind == train::SweepKind::Halving ? std::optional(*wanted) : std::nullopt;
    m_queue->start(m_recipe, names);
    m_round = m_queue->record().created;
    refresh();
    Q_EMIT queueStarted();
}

// The best of a round go on by themselves.
void TuneTrials::onQueue()
{
    refresh();
    if (!m_halving || m_queue->isRunning() || m_queue->record().created != m_round) {
        return;
    }
    const auto work = [project = m_workspace.project(), record = m_queue->record(), spec = *m_halving, steps = m_steps]() -> Result<std::vector<train::Variant>> {
        std::vector<train::ShootoutRow> rows;
        for (const store::ShootoutEntry& entry : record.entries) {
            auto measured = entry.run > 0 ? store::measuredRun(*project, entry.run) : Result<store::MeasuredRun>(Error{"not begun"});
            if (measured) {
                measured->row.settings = train::variantOf(entry.method).settings;
                rows.push_back(measured->row);
            }
        }
        return rows.size() == record.entries.size() ? train::nextRound(spec, rows, steps) : std::vector<train::Variant>(); // some were cancelled: so is the rest
    };
    startJob(this, work, [this](const Result<std::vector<train::Variant>>& next) {
        if (!next || next->empty() || !m_halving || m_queue->isRunning()) {
            m_halving.reset();
            return;
        }
        QStringList names;
        for (const train::Variant& variant : *next) {
            names += QString::fromStdString(train::toText(variant));
        }
        m_queue->start(m_recipe, names);
        m_round = m_queue->record().created;
        Q_EMIT queueStarted();
    });
}

} // namespace luthier::ui
