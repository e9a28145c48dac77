// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_advice.h"

#include "core/advice/try_prompt.h"
#include "core/metrics/metric.h"
#include "core/peft/methods/method.h"
#include "core/store/run_rows.h"
#include "core/train/plan/plan_cache.h"
#include "ui/base/window_sentence.h"
#include "ui/forms/field_editor.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLocale>
#include <QShortcut>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

QString text(const std::string& words)
{
    return windowSentence(QString::fromStdString(words)).toHtmlEscaped();
}

QString methodText(const std::string& id)
{
    const peft::Method* method = peft::findMethod(id);
    return method == nullptr ? text(id) : QCoreApplication::translate("Method", method->label.c_str()).toHtmlEscaped();
}

QString labelOf(const metrics::Metric& metric)
{
    return QCoreApplication::translate("Metric", metric.label).toHtmlEscaped();
}

QString sideText(advice::Side side)
{
    return side == advice::Side::Prompting ? TuneAdvice::tr("prompting") : side == advice::Side::Tuning ? TuneAdvice::tr("tuning") : TuneAdvice::tr("either");
}

QString table(const QString& rows)
{
    return QStringLiteral("<table cellspacing='0' cellpadding='4'>%1</table>").arg(rows);
}

QString row(const QStringList& cells, const char* tag = "td")
{
    QString line;
    for (const QString& cell : cells) {
        line += QStringLiteral("<%1 align='left' valign='top'>%2</%1>").arg(QLatin1String(tag), cell);
    }
    return QStringLiteral("<tr>%1</tr>").arg(line);
}

QString htmlOf(const advice::Advice& advice)
{
    QString html = QStringLiteral("<h3>%1</h3><p>%2</p>").arg(TuneAdvice::tr("Prompting or tuning: %1").arg(sideText(advice.side)), text(advice.why));
    QString rows = row({TuneAdvice::tr("Factor"), TuneAdvice::tr("Here"), TuneAdvice::tr("Speaks for"), TuneAdvice::tr("Why")}, "th");
    for (const advice::Factor& factor : advice.factors) {
        rows += row({text(factor.label), text(factor.found), sideText(factor.side), text(factor.why)});
    }
    html += table(rows);
    html += QStringLiteral("<h3>%1</h3><p>%2</p>").arg(TuneAdvice::tr("Method: %1").arg(methodText(advice.method)), text(advice.methodWhy));
    rows = row({TuneAdvice::tr("Where it matters"), TuneAdvice::tr("Method"), TuneAdvice::tr("Here"), TuneAdvice::tr("Why")}, "th");
    for (const advice::Scenario& scenario : advice.scenarios) {
        rows += row({text(scenario.label), methodText(scenario.method), scenario.applies ? TuneAdvice::tr("yes") : QString(), text(scenario.why)});
    }
    html += table(rows);
    html += QStringLiteral("<h3>%1</h3><p>%2</p>").arg(TuneAdvice::tr("Recipe: %1").arg(text(advice.recipe)), text(advice.recipeWhy));
    for (const advice::Check& check : advice.checks) {
        const QString mark = check.isGood ? TuneAdvice::tr("good") : TuneAdvice::tr("look");
        html += QStringLiteral("<p><span style='color:%1'><b>%2</b></span> %3</p>").arg(color(check.isGood ? Token::Good : Token::Warn).name(), mark, text(check.sentence));
    }
    QStringList measures;
    for (const std::string& measure : advice.measures) {
        const auto metric = metrics::findMetric(measure);
        measures += metric ? labelOf(**metric) : text(measure);
    }
    html += QStringLiteral("<p>%1</p>").arg(TuneAdvice::tr("Measure it by %1.").arg(measures.join(TuneAdvice::tr(", "))));
    if (!advice.more.empty()) {
        html += QStringLiteral("<h3>%1</h3><ul>").arg(TuneAdvice::tr("What more would help"));
        for (const std::string& sentence : advice.more) {
            html += QStringLiteral("<li>%1</li>").arg(text(sentence));
        }
        html += QStringLiteral("</ul>");
    }
    html += QStringLiteral("<h3>%1</h3><p>").arg(TuneAdvice::tr("Settings"));
    for (const auto& [key, value] : advice.settings) {
        const FieldRef setting = RecipeDocument::find(QString::fromStdString(key));
        html += QStringLiteral("%1: %2<br/>").arg(setting ? translatedLabel(*setting.field).toHtmlEscaped() : text(key), text(value));
    }
    return html + QStringLiteral("</p>");
}

} // namespace

TuneAdvice::TuneAdvice(Workspace& workspace, QWidget* parent)
    : QWidget(parent), m_workspace(workspace), m_text(new QTextBrowser), m_state(new StatusLabel(Token::TextQuiet)),
      m_take(makeButton(QStringLiteral("adviceTake"), tr("Take these settings"), tr("Method, rates and recipe as advised; model and data stay, and undo takes it back"))),
      m_try(makeButton(QStringLiteral("adviceTry"), tr("Try prompting first"),
                       tr("The base answers held-out rows, alone and with four of your rows shown to it; nothing is trained")))
{
    setObjectName(QStringLiteral("advice"));
    m_text->setObjectName(QStringLiteral("adviceText"));
    m_text->setAccessibleName(tr("Advice"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_state->setObjectName(QStringLiteral("adviceState"));
    m_state->setWordWrap(true);
    auto* back = makeButton(QStringLiteral("adviceBack"), tr("Back to the settings"), tr("Nothing is changed (Esc)"));
    auto* side = new Card(tr("What do you want?"));
    side->body()->addWidget(buildQuestions());
    side->body()->addStretch();
    auto* card = new Card(tr("Advice"));
    card->body()->addWidget(m_text, 1);
    card->body()->addWidget(m_state);
    auto* above = new QHBoxLayout;
    above->addWidget(new VerticalScroll(side), 1);
    above->addWidget(card, 2);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(back);
    buttons->addStretch();
    buttons->addWidget(m_try);
    buttons->addWidget(m_take);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(above, 1);
    layout->addLayout(buttons);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    escape->setWhatsThis(tr("Back from the advice"));
    connect(escape, &QShortcut::activated, this, &TuneAdvice::left);
    connect(back, &QPushButton::clicked, this, &TuneAdvice::left);
    connect(m_take, &QPushButton::clicked, this, [this] {
        if (m_advice) {
            Q_EMIT settingsWanted(m_advice->settings);
        }
    });
    connect(m_try, &QPushButton::clicked, this, &TuneAdvice::tryPrompting);
    showAll();
}

// One choice for each field of what a person may wish.
QWidget* TuneAdvice::buildQuestions()
{
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    for (const fields::Field& field : advice::wishFields()) {
        auto* label = new StatusLabel(QCoreApplication::translate("Advice", field.label.c_str()), Token::TextQuiet);
        auto* choice = new QComboBox;
        choice->setObjectName(QStringLiteral("wish.") + QString::fromStdString(field.key));
        choice->setAccessibleName(label->text());
        choice->setToolTip(QCoreApplication::translate("Advice", field.help.c_str()));
        choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        choice->setMinimumContentsLength(16);
        for (const fields::Choice& one : field.choices) {
            choice->addItem(QCoreApplication::translate("Advice", one.label.c_str()), QString::fromStdString(one.id));
        }
        choice->setCurrentIndex(choice->findData(QString::fromStdString(std::get<std::string>(field.get(&m_wish)))));
        label->setBuddy(choice);
        column->addWidget(label);
        column->addWidget(choice);
        connect(choice, &QComboBox::currentIndexChanged, this, [this, choice, &field] {
            field.set(&m_wish, choice->currentData().toString().toStdString());
            advise();
        });
    }
    return box;
}

void TuneAdvice::look(const config::RunConfig& config, std::shared_ptr<train::PlanCache> cache)
{
    m_config = config;
    m_situation.reset();
    m_tried.clear();
    const auto work = [config, project = m_workspace.project(), cache](const JobControl& control) -> Result<advice::Situation> {
        const auto rows = store::runRows(project.get(), config.data);
        return rows ? advice::lookAround({config, *rows, cache.get(), control.progress, control.cancel}) : Result<advice::Situation>(rows.error());
    };
    m_lookJob.start(this, work, [this](const Result<advice::Situation>& situation) {
        if (situation) {
            m_situation = *situation;
        }
        m_state->setToken(situation ? Token::TextQuiet : Token::Bad);
        advise();
        m_state->setText(situation ? QString() : problemSentence(QString::fromStdString(situation.message())));
    });
    m_state->setToken(Token::TextQuiet);
    m_state->setText(tr("Looking at the machine, the model and the rows\u2026"));
    advise();
}

void TuneAdvice::advise()
{
    m_advice = m_situation ? std::optional(advice::advise(m_wish, *m_situation)) : std::nullopt;
    showAll();
}

void TuneAdvice::showAll()
{
    m_text->setHtml(m_advice ? m_tried + htmlOf(*m_advice) : QString());
    m_take->setEnabled(m_advice.has_value());
    m_try->setEnabled(m_advice.has_value() && !m_tryJob.isRunning());
}

void TuneAdvice::tryPrompting()
{
    if (!m_advice) {
        return;
    }
    advice::PromptTrial trial;
    trial.measures = m_advice->measures;
    const auto work = [config = m_config, project = m_workspace.project(), trial](const JobControl& control) -> Result<evaluation::Evaluation> {
        const auto rows = store::runRows(project.get(), config.data);
        evaluation::EvalTold told;
        told.progress = [&](const evaluation::EvalProgress& progress) { control.progress(progress.done, progress.total); };
        return rows ? advice::tryPrompting(config, *rows, trial, told, control.cancel) : Result<evaluation::Evaluation>(rows.error());
    };
    m_tryJob.start(
        this, work,
        [this](const Result<evaluation::Evaluation>& tried) {
            m_state->setToken(tried ? Token::TextQuiet : Token::Bad);
            m_state->setText(tried ? QString() : problemSentence(QString::fromStdString(tried.message())));
            if (tried) {
                const evaluation::Results& results = tried->results;
                QString rows;
                for (std::size_t i = 0; i < results.contenders.size(); ++i) {
                    QStringList cells{text(results.contenders[i].title)};
                    for (const evaluation::MetricValue& value : results.values[i]) {
                        cells += QStringLiteral("%1 %2").arg(labelOf(*value.metric), QLocale().toString(value.value, 'f', 3));
                    }
                    rows += row(cells);
                }
                m_tried = QStringLiteral("<h3>%1</h3><p>%2</p>%3").arg(tr("What a prompt reaches"), text(results.verdict), table(rows));
            }
            showAll();
        },
        [this](std::int64_t done, std::int64_t total) {
            if (m_tryJob.isRunning()) { // progress is told a frame later, when it may be done
                m_state->setText(tr("Answering %1 of %2\u2026").arg(done).arg(total));
            }
        });
    m_state->setText(tr("Trying a prompt\u2026"));
    showAll();
}

} // namespace luthier::ui
