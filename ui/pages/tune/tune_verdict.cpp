// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_verdict.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/pages/tune/memory_bar.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/status_label.h"

#include <QDateTime>
#include <QLocale>
#include <QProgressBar>
#include <QStringList>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>

namespace luthier::ui {
namespace {

constexpr int kClockMs = 10'000;

struct FactRow {
    const char* id;
    const char* caption; // source strings, context of the class
    const char* help;
    QString (*text)(const Verdict&);
    bool (*isWarning)(const Verdict&);
};

bool never(const Verdict&)
{
    return false;
}

QString trainableText(const Verdict& verdict)
{
    if (!verdict.plan.size) {
        return QStringLiteral("\u2013");
    }
    const auto count = static_cast<double>(verdict.plan.size->trainedParameters);
    //: trainable parameters and their share of all
    return TuneVerdict::tr("%1 (%2 %)").arg(shortCount(count), QLocale().toString(100 * verdict.plan.size->trainedShare(), 'g', 3));
}

QString largestText(const Verdict& verdict)
{
    if (verdict.plan.largest.empty()) {
        return QStringLiteral("\u2013");
    }
    const train::BatchShape& shape = verdict.plan.largest.front();
    return verdict.plan.isPacked ? number(shape.tokens) : QStringLiteral("%1 \u00d7 %2").arg(number(shape.rows), number(shape.length));
}

// Of the whole run; negative: not known.
double secondsOf(const Verdict& verdict)
{
    return verdict.measured ? verdict.measured->seconds : verdict.plan.secondsPerStep ? *verdict.plan.secondsPerStep * static_cast<double>(verdict.plan.steps) : -1;
}

QString timeText(const Verdict& verdict)
{
    const double seconds = secondsOf(verdict);
    return seconds < 0 ? QStringLiteral("\u2013") : duration(seconds);
}

QString endText(double seconds)
{
    return seconds < 0 ? QStringLiteral("\u2013") : QLocale().toString(QDateTime::currentDateTime().addSecs(static_cast<qint64>(seconds)), QLocale::ShortFormat);
}

constexpr FactRow kFacts[] = {
    {"steps", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "steps"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Optimizer steps in all epochs"),
     [](const Verdict& v) { return number(v.plan.steps); }, &never},
    {"rows", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "rows to learn from"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Good rows, without those held out"),
     [](const Verdict& v) { return number(v.plan.trainRows); }, &never},
    {"heldOut", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "held out"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Rows kept aside to measure progress"),
     [](const Verdict& v) { return number(v.plan.heldOutRows); }, &never},
    {"nothing", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "nothing to learn"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Rows without a single trained token; they are left out"),
     [](const Verdict& v) { return number(v.plan.nothingToLearn); }, [](const Verdict& v) { return v.plan.nothingToLearn > 0; }},
    {"cut", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "cut"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Rows longer than the longest allowed; their end is not learned"),
     [](const Verdict& v) { return number(v.plan.cut); }, [](const Verdict& v) { return v.plan.cut > 0; }},
    {"broken", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "broken"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Rows that give no example; they are left out"),
     [](const Verdict& v) { return number(v.plan.broken); }, [](const Verdict& v) { return v.plan.broken > 0; }},
    {"batch", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "batch a step"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Examples that a step learns from: batch size times accumulation"),
     [](const Verdict& v) { return number(v.plan.examplesOfStep); }, &never},
    {"tokens", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "tokens an epoch"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Of the rows to learn from, each once, without padding"),
     [](const Verdict& v) { return shortCount(static_cast<double>(v.plan.tokensOfEpoch)); }, &never},
    {"largest", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "largest batch"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Rows and tokens of the largest batch that is computed at once; packed: its tokens"), &largestText,
     &never},
    {"trainable", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "trainable"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "Parameters that learn, and their share of all"), &trainableText, &never},
    {"time", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "time"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "From a pass over the largest batch, which the gate measures, or the speed of an earlier run like this one"), &timeText, &never},
    {"end", QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "would end"),
     QT_TRANSLATE_NOOP("luthier::ui::TuneVerdict", "If it started now"), [](const Verdict& v) { return endText(secondsOf(v)); }, &never},
};

} // namespace

TuneVerdict::TuneVerdict(QWidget* parent)
    : QFrame(parent), m_facts(new FlowLayout(space(4))), m_memory(new MemoryBar), m_problem(new StatusLabel(Token::Bad)), m_remarks(new StatusLabel(Token::Warn)), m_bar(new QProgressBar)
{
    setObjectName(QStringLiteral("verdict"));
    setAccessibleName(tr("What this run would be"));
    for (const FactRow& row : kFacts) {
        auto* value = new StatusLabel(QStringLiteral("\u2013"), Token::Text);
        value->setObjectName(QStringLiteral("verdict.") + QLatin1String(row.id));
        value->setToolTip(tr(row.help));
        value->setTextFormat(Qt::PlainText);
        QFont heavy = textFont(TextSize::Body);
        heavy.setWeight(QFont::DemiBold);
        value->setFont(heavy);
        auto* caption = new StatusLabel(tr(row.caption), Token::TextQuiet);
        caption->setFont(textFont(TextSize::Small));
        caption->setToolTip(tr(row.help));
        caption->setBuddy(value);
        auto* box = new QWidget;
        auto* column = new QVBoxLayout(box);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        column->addWidget(value);
        column->addWidget(caption);
        m_facts->addWidget(box);
    }
    m_problem->setObjectName(QStringLiteral("verdictProblem"));
    m_problem->setWordWrap(true);
    m_bar->setObjectName(QStringLiteral("verdictProgress"));
    m_bar->setAccessibleName(tr("Progress of reading the data"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(space(1));
    QSizePolicy kept = m_bar->sizePolicy();
    kept.setRetainSizeWhenHidden(true);
    m_bar->setSizePolicy(kept);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(3), space(2), space(3), space(2));
    layout->setSpacing(space(1));
    layout->addLayout(m_facts);
    layout->addWidget(m_memory);
    layout->addWidget(m_problem);
    layout->addWidget(m_remarks);
    layout->addWidget(m_bar);
    connect(&m_clock, &QTimer::timeout, this, &TuneVerdict::showEnd);
    connect(m_memory, &MemoryBar::changeWanted, this, &TuneVerdict::changeWanted);
    m_remarks->setObjectName(QStringLiteral("verdictRemarks"));
    m_remarks->setTextFormat(Qt::PlainText);
    m_remarks->setWordWrap(true);
    m_remarks->hide();
    m_problem->hide();
    m_bar->hide();
}

// "If it started now" is true a minute later, too.
void TuneVerdict::showEnd()
{
    findChild<StatusLabel*>(QStringLiteral("verdict.end"))->setText(endText(m_seconds));
}

void TuneVerdict::showEvent(QShowEvent* event)
{
    showEnd();
    m_clock.start(kClockMs);
    QFrame::showEvent(event);
}

void TuneVerdict::hideEvent(QHideEvent* event)
{
    m_clock.stop();
    QFrame::hideEvent(event);
}

void TuneVerdict::show(const Verdict& verdict)
{
    m_seconds = verdict.plan.problem.isEmpty() ? secondsOf(verdict) : -1;
    for (const FactRow& row : kFacts) {
        auto* value = findChild<StatusLabel*>(QStringLiteral("verdict.") + QLatin1String(row.id));
        const bool isKnown = verdict.plan.problem.isEmpty();
        const bool needsPlan = QLatin1String(row.id) != QLatin1String("trainable");
        value->setText(isKnown || !needsPlan ? row.text(verdict) : QStringLiteral("\u2013"));
        value->setToken(row.isWarning(verdict) ? Token::Warn : Token::Text);
    }
    auto* broken = findChild<StatusLabel*>(QStringLiteral("verdict.broken"));
    broken->setToolTip(verdict.plan.firstBroken.isEmpty() ? tr("Rows that give no example; they are left out")
                                                          : tr("First: %1").arg(windowSentence(verdict.plan.firstBroken)));
    m_memory->show(verdict.plan.memory);
    m_memory->showMeasured(verdict.measured ? std::optional(verdict.measured->peakBytes) : std::nullopt);
    QStringList problems;
    std::transform(verdict.problems.begin(), verdict.problems.end(), std::back_inserter(problems), problemSentence);
    m_problem->setText(problems.join(u'\n'));
    m_problem->setVisible(!verdict.problems.isEmpty());
    m_remarks->setText(windowSentence(verdict.plan.remarks.join(u'\n')));
    m_remarks->setVisible(!verdict.plan.remarks.isEmpty());
}

void TuneVerdict::setChecking(bool isChecking)
{
    m_bar->setVisible(isChecking);
    m_bar->setRange(0, 0);
}

void TuneVerdict::setProgress(std::int64_t done, std::int64_t total)
{
    constexpr int kParts = 1000;
    m_bar->setRange(0, kParts);
    m_bar->setValue(total > 0 ? static_cast<int>(done * kParts / total) : 0);
}

void TuneVerdict::paintEvent(QPaintEvent*)
{
    paintCard(*this);
}

} // namespace luthier::ui
