// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/pipeline/pipeline_page.h"

#include "core/base/paths.h"
#include "core/evaluation/model_judge.h"
#include "core/pipeline/collection.h"
#include "ui/base/amounts.h"
#include "ui/pages/pipeline/rubric_edit.h"
#include "ui/pages/pipeline/score_chart.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QComboBox>
#include <QCoreApplication>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {

namespace {

using pipeline::State;

constexpr const char* kOther = "\x01other"; // an item that asks for a file

QString said(const char* source)
{
    return QCoreApplication::translate("Pipeline", source);
}

QString stateText(State state)
{
    switch (state) {
    case State::LeftOut: return PipelinePage::tr("left out");
    case State::Waiting: return PipelinePage::tr("waits");
    case State::Ready: return PipelinePage::tr("to do now");
    case State::Running: return PipelinePage::tr("running");
    case State::Stopped: return PipelinePage::tr("stopped");
    case State::Failed: return PipelinePage::tr("failed");
    case State::Done: return PipelinePage::tr("done");
    }
    return {};
}

Token stateToken(State state)
{
    return state == State::Done ? Token::Good : state == State::Failed ? Token::Bad : state == State::Ready || state == State::Stopped || state == State::Running ? Token::Accent : Token::TextQuiet;
}

// The bundled model has data of its own for each stage.
void offerBundled(const std::string& model, std::vector<std::string>& files)
{
    if (model != base::bundledModel().string()) {
        return;
    }
    for (const char* name : {"workshop_instructions.jsonl", "preferences.jsonl"}) {
        const std::string file = (base::datasetsFolder() / name).string();
        if (std::find(files.begin(), files.end(), file) == files.end()) {
            files.push_back(file);
        }
    }
}

QComboBox* makeBox(const QString& id, const QString& help)
{
    auto* box = new QComboBox;
    box->setObjectName(id);
    box->setToolTip(help);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(24);
    return box;
}

} // namespace

PipelinePage::PipelinePage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_action(new QAction(tr("Do the next stage"), this)), m_stack(new QStackedWidget), m_empty(new EmptyState),
      m_route(makeBox(QStringLiteral("pipelineRoute"), tr("How the model learns what is preferred"))), m_model(new QLabel),
      m_examples(makeBox(QStringLiteral("pipelineExamples"), tr("Examples that the model is tuned on first, or none"))),
      m_preferences(makeBox(QStringLiteral("pipelinePreferences"), tr("Pairs of a better and a worse answer to one prompt"))),
      m_questions(makeBox(QStringLiteral("pipelineQuestions"), tr("Data whose questions the model answers twice, for a judge to say which answer is better; or, with rules and no judge, answers while it learns"))), m_judge(new QLineEdit),
      m_rubric(new RubricEdit), m_rules(new QLineEdit), m_rulesLabel(new QLabel),
      m_advice(new QLabel), m_problem(new StatusLabel(Token::Bad)), m_scores(new ScoreChart),
      m_showScores(makeButton(QStringLiteral("pipelineScores"), tr("Score the held-out &pairs"), tr("How far the reward model's scores of chosen and rejected answers stand apart")))
{
    m_empty->setText({tr("No project yet"), tr("A pipeline belongs to a project: open one, or make one."), {}, {}});
    m_problem->setObjectName(QStringLiteral("pipelineProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, space(2), 0);
    column->addWidget(buildChoices());
    column->addWidget(m_problem);
    column->addWidget(buildStages());
    column->addStretch(1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(new VerticalScroll(content));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_action->setObjectName(QStringLiteral("pipelineNext"));
    m_action->setToolTip(tr("Start the stage that is next, or go on with it"));
    m_action->setEnabled(false);
    connect(m_action, &QAction::triggered, this, &PipelinePage::actNext);
    connect(m_showScores, &QPushButton::clicked, this, &PipelinePage::showScores);
    connect(&m_workspace, &Workspace::projectChanged, this, &PipelinePage::refresh);
    connect(&m_workspace, &Workspace::runsChanged, this, &PipelinePage::refresh);
    connect(&m_workspace, &Workspace::sourcesChanged, this, &PipelinePage::refresh);
    connect(&m_workspace, &Workspace::modelPathChanged, this, &PipelinePage::refresh);
    connect(m_workspace.runs(), &RunController::runStarting, this, &PipelinePage::remember);
    connect(m_workspace.runs(), &RunController::stateChanged, this, &PipelinePage::showStages);
    connect(m_workspace.runs(), &RunController::failed, this, [this](const QString& sentence) {
        if (!std::exchange(m_pending, {}).empty()) {
            showProblem(sentence);
        }
    });
    refresh();
}

PipelinePage::~PipelinePage()
{
    if (m_collecting) {
        m_collecting->cancel.cancel();
    }
}

// Rows that are there while no file of pairs is chosen.
void PipelinePage::addMaking(QFormLayout* form)
{
    m_judge->setObjectName(QStringLiteral("pipelineJudge"));
    m_judge->setAccessibleName(tr("Judge"));
    m_judge->setPlaceholderText(tr("A model folder, or a reward model: its folder, adapter or run"));
    m_judge->setToolTip(tr("Who judges: a model that answers is asked in both orders, a reward model scores both answers"));
    m_rubric->setObjectName(QStringLiteral("pipelineRubric"));
    auto* choose = makeButton(QStringLiteral("pipelineJudgeChoose"), tr("Choose\u2026"), tr("Choose the judge's folder"));
    m_judgeLine = new QWidget;
    auto* line = new QHBoxLayout(m_judgeLine);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_judge, 1);
    line->addWidget(choose);
    auto* label = new QLabel(tr("&Judge"));
    label->setBuddy(m_judge);
    form->addRow(tr("&Questions"), m_questions);
    form->addRow(label, m_judgeLine);
    form->addRow(tr("R&ubric"), m_rubric);
    m_form = form;
    connect(choose, &QPushButton::clicked, this, &PipelinePage::chooseJudge);
    connect(m_questions, &QComboBox::activated, this, [this] { m_questions->currentData().toString() == QLatin1String(kOther) ? pick(QStringLiteral("questions")) : keep(); });
    connect(m_judge, &QLineEdit::editingFinished, this, &PipelinePage::keep);
    connect(m_rubric, &RubricEdit::settled, this, &PipelinePage::keep);
}

QWidget* PipelinePage::buildChoices()
{
    for (const pipeline::Route& route : pipeline::routes()) {
        m_route->addItem(said(route.label), QString::fromLatin1(route.id));
        m_route->setItemData(m_route->count() - 1, said(route.help), Qt::ToolTipRole);
    }
    m_model->setObjectName(QStringLiteral("pipelineModel"));
    m_model->setToolTip(tr("The model that is chosen on Models"));
    m_rules->setObjectName(QStringLiteral("pipelineRules"));
    m_rules->setPlaceholderText(tr("length most=60; contains texts=please weight=0.5"));
    m_rules->setToolTip(tr("Rules that reward answers beside the reward model, parted by semicolons; with questions and no judge they reward alone. Empty: none"));
    m_advice->setObjectName(QStringLiteral("pipelineAdvice"));
    m_advice->setWordWrap(true);
    auto* card = new Card(tr("What it is made of"));
    auto* form = new QFormLayout;
    form->addRow(tr("&Way"), m_route);
    form->addRow(tr("Model"), m_model);
    form->addRow(tr("E&xamples"), m_examples);
    form->addRow(tr("&Preferences"), m_preferences);
    addMaking(form);
    m_rulesLabel->setText(tr("Ru&les"));
    m_rulesLabel->setBuddy(m_rules);
    form->addRow(m_rulesLabel, m_rules);
    card->body()->addLayout(form);
    card->body()->addWidget(m_advice);
    connect(m_route, &QComboBox::activated, this, &PipelinePage::keep);
    connect(m_examples, &QComboBox::activated, this, [this] { m_examples->currentData().toString() == QLatin1String(kOther) ? pick(QStringLiteral("examples")) : keep(); });
    connect(m_preferences, &QComboBox::activated, this, [this] { m_preferences->currentData().toString() == QLatin1String(kOther) ? pick(QStringLiteral("preferences")) : keep(); });
    connect(m_rules, &QLineEdit::editingFinished, this, &PipelinePage::keep);
    return card;
}

QWidget* PipelinePage::buildStages()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    for (const pipeline::Stage& stage : pipeline::stages()) {
        const QString id = QStringLiteral("stage.") + QString::fromLatin1(stage.id);
        StageCard own;
        own.card = new Card(said(stage.label)); // its number follows from the way
        own.card->setObjectName(id);
        own.card->setToolTip(said(stage.help));
        own.state = new StatusLabel(Token::TextQuiet);
        own.state->setObjectName(id + QStringLiteral(".state"));
        own.card->header()->addWidget(own.state);
        own.facts = new QLabel;
        own.facts->setObjectName(id + QStringLiteral(".facts"));
        own.facts->setWordWrap(true);
        own.facts->setTextFormat(Qt::PlainText);
        own.facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
        own.act = makeButton(id + QStringLiteral(".act"), tr("Start"), said(stage.help));
        own.other = makeButton(id + QStringLiteral(".other"), stage.trains ? tr("Show its run") : tr("Collect votes on Judge"),
                               stage.trains ? tr("Its curves and numbers, on Runs") : tr("Two answers, their makers hidden: votes become pairs"));
        own.settings = makeButton(id + QStringLiteral(".settings"), tr("Settings\u2026"), tr("Steps, rates, method: what this stage's run is made with"));
        own.settings->setVisible(stage.trains);
        auto* row = new QHBoxLayout;
        row->addStretch(1);
        row->addWidget(own.settings);
        if (stage.isOfReward) {
            row->addWidget(m_showScores);
        }
        row->addWidget(own.other);
        row->addWidget(own.act);
        own.card->body()->addWidget(own.facts);
        if (stage.isOfReward) {
            own.card->body()->addWidget(m_scores);
            m_scores->hide();
        }
        own.card->body()->addLayout(row);
        layout->addWidget(own.card);
        connect(own.act, &QPushButton::clicked, this, [this, stageId = std::string(stage.id)] { act(stageId); });
        connect(own.settings, &QPushButton::clicked, this, [this, stageId = std::string(stage.id)] { changeSettings(stageId); });
        connect(own.other, &QPushButton::clicked, this, [this, stageId = std::string(stage.id)] { lookElsewhere(stageId); });
        m_cards[stage.id] = own;
    }
    return box;
}

void PipelinePage::activated()
{
    refresh();
}

void PipelinePage::refresh()
{
    const auto project = m_workspace.project();
    m_stack->setCurrentIndex(project ? 1 : 0);
    if (!project) {
        m_action->setEnabled(false);
        return;
    }
    m_reading.start(
        this,
        [project, model = m_workspace.modelPath().toStdString()](const JobControl& control) {
            Seen seen;
            const auto known = pipeline::readChoices(*project);
            const auto sources = known ? project->sources() : Result<std::vector<store::DataSourceRow>>(known.error());
            if (!sources) {
                seen.problem = QString::fromStdString(sources.message());
                return seen;
            }
            for (const store::DataSourceRow& source : *sources) {
                seen.files.push_back(source.path);
            }
            seen.choices = known->value_or(pipeline::Choices());
            seen.choices.model = seen.choices.model.empty() || !*known ? model : seen.choices.model;
            offerBundled(seen.choices.model, seen.files);
            auto look = pipeline::look(*project, seen.choices, control.cancel);
            if (look) {
                seen.look = std::move(*look);
            } else {
                seen.problem = QString::fromStdString(look.message());
            }
            return seen;
        },
        [this](const Seen& seen) { take(seen); });
}

void PipelinePage::take(const Seen& seen)
{
    if (m_isWriting) { // what is on its way is newer than what was read
        return;
    }
    m_seen = seen;
    showChoices();
    showStages();
    showProblem(m_failed.isEmpty() ? seen.problem : std::exchange(m_failed, {}));
}

void PipelinePage::showChoices()
{
    m_isFilling = true;
    const pipeline::Choices& choices = m_seen.choices;
    m_route->setCurrentIndex(std::max(0, m_route->findData(QString::fromStdString(choices.route))));
    m_model->setText(QFileInfo(QString::fromStdString(choices.model)).fileName());
    const auto fill = [this](QComboBox* box, const std::string& chosen, const QString& none) {
        box->clear();
        box->addItem(none, QString());
        auto files = m_seen.files;
        if (!chosen.empty() && std::find(files.begin(), files.end(), chosen) == files.end()) {
            files.push_back(chosen);
        }
        for (const std::string& file : files) {
            const QString path = QString::fromStdString(file);
            box->addItem(QFileInfo(path).fileName(), path);
            box->setItemData(box->count() - 1, path, Qt::ToolTipRole);
        }
        box->addItem(tr("Another file\u2026"), QString::fromLatin1(kOther));
        box->setCurrentIndex(std::max(0, box->findData(QString::fromStdString(chosen))));
    };
    fill(m_examples, choices.examples, tr("None: the model answers well enough"));
    fill(m_preferences, choices.preferences, tr("None yet: choose a file, or have a judge make them"));
    fill(m_questions, choices.collect.questions, tr("None: no judge makes pairs"));
    for (QWidget* row : {static_cast<QWidget*>(m_questions), m_judgeLine, static_cast<QWidget*>(m_rubric)}) {
        m_form->setRowVisible(row, choices.preferences.empty());
    }
    if (!m_judge->hasFocus()) {
        m_judge->setText(QString::fromStdString(choices.collect.judge));
    }
    if (!m_rubric->hasFocus() && m_rubric->toPlainText() != QString::fromStdString(choices.collect.rubric)) {
        m_rubric->setPlainText(QString::fromStdString(choices.collect.rubric));
    }
    const pipeline::Route* route = pipeline::findRoute(choices.route);
    m_rulesLabel->setVisible(route->needsReward);
    m_rules->setVisible(route->needsReward);
    if (!m_rules->hasFocus()) { // what is being typed stays
        m_rules->setText(QString::fromStdString(choices.rules).replace(u'\n', QStringLiteral("; ")));
    }
    m_advice->setText(said(route->help) + u' ' + QString::fromStdString(m_seen.look.advice));
    m_isFilling = false;
}

const pipeline::View* PipelinePage::view(const std::string& stage) const
{
    const auto& views = m_seen.look.stages;
    const auto found = std::find_if(views.begin(), views.end(), [&](const pipeline::View& one) { return stage == one.stage->id; });
    return found == views.end() ? nullptr : &*found;
}

bool PipelinePage::isDone() const
{
    const pipeline::View* last = view("tuning");
    return m_seen.look.next.empty() && last != nullptr && last->state == State::Done;
}

void PipelinePage::showStages()
{
    const bool isBusy = m_workspace.runs()->isBusy();
    int number = 0;
    for (const pipeline::Stage& stage : pipeline::stages()) {
        StageCard& own = m_cards.at(stage.id);
        const pipeline::View* seen = view(stage.id);
        const bool isShown = seen != nullptr && seen->state != State::LeftOut;
        own.card->setVisible(isShown);
        number += isShown ? 1 : 0;
        own.card->setTitle(tr("%1. %2", "number and name of a stage").arg(ui::number(number), said(stage.label)));
        if (seen == nullptr) {
            continue;
        }
        own.state->setText(stateText(seen->state));
        own.state->setToken(stateToken(seen->state));
        QStringList facts{tr("Needs: %1").arg(said(seen->stage->needs))};
        facts += seen->made.empty() ? tr("Makes: %1").arg(said(seen->stage->makes)) : tr("Made: %1").arg(QString::fromStdString(seen->made));
        const QString judged = !seen->isGood ? QString() : *seen->isGood ? tr("good: ") : tr("not good: ");
        facts += tr("Check: %1").arg(seen->check.empty() ? said(seen->stage->check) : judged + QString::fromStdString(seen->check));
        if (const QString settings = settingsText(stage.id); !settings.isEmpty()) {
            facts += tr("Settings: %1").arg(settings);
        }
        if (!seen->missing.empty()) {
            facts += QString::fromStdString(seen->missing);
        }
        own.facts->setText(facts.join(u'\n'));
        own.other->setVisible(!seen->stage->trains || seen->run > 0);
        const bool collects = !seen->stage->trains && isJudgeToCollect();
        if (!seen->stage->trains && m_collecting) {
            own.state->setText(stateText(State::Running));
            own.state->setToken(stateToken(State::Running));
            own.facts->setText(own.facts->text() + u'\n' + m_collectingNow);
        }
        own.act->setText(!seen->stage->trains && m_collecting                        ? tr("Stop")
                         : collects && seen->state == State::Stopped                 ? tr("Go on")
                         : collects                                                  ? tr("Have them judged")
                         : !seen->stage->trains                                      ? tr("Choose a file\u2026")
                         : seen->state == State::Stopped || seen->state == State::Failed ? tr("Go on")
                         : seen->state == State::Done                                    ? tr("Begin anew")
                                                                                         : tr("Start"));
        own.act->setEnabled(!seen->stage->trains ? !collects || seen->state != State::Waiting : (!m_collecting && !isBusy && seen->state != State::Waiting && seen->state != State::Running));
    }
    const pipeline::View* reward = view("reward");
    m_showScores->setVisible(reward != nullptr && reward->state == State::Done && reward->run != m_scored);
    m_scores->setVisible(reward != nullptr && reward->run == m_scored && m_scored > 0);
    const pipeline::View* next = view(m_seen.look.next);
    m_action->setEnabled(isDone() || (next != nullptr && (!isBusy || !next->stage->trains)));
    m_action->setToolTip(isDone() ? tr("All stages are done: see what the model answers now, beside the base") : tr("Start the stage that is next, or go on with it"));
    m_action->setText(isDone() ? tr("Compare with the base") : next == nullptr ? tr("Do the next stage") : next->state == State::Stopped ? tr("Go on: %1").arg(said(next->stage->label)) : said(next->stage->label));
}

void PipelinePage::keep()
{
    const auto project = m_workspace.project();
    if (m_isFilling || !project) {
        return;
    }
    pipeline::Choices choices = m_seen.choices;
    choices.route = m_route->currentData().toString().toStdString();
    choices.examples = m_examples->currentData().toString().toStdString();
    choices.preferences = m_preferences->currentData().toString().toStdString();
    choices.collected = choices.preferences == m_seen.choices.preferences ? choices.collected : std::string();
    choices.collect.questions = m_questions->currentData().toString().toStdString();
    choices.collect.judge = m_judge->text().trimmed().toStdString();
    const std::string rubric = m_rubric->toPlainText().trimmed().toStdString();
    const auto good = rubric.empty() ? Result<void>() : evaluation::checkRubric(rubric);
    showProblem(good ? QString() : tr("Rubric: %1").arg(QString::fromStdString(good.message())));
    choices.collect.rubric = good ? rubric : choices.collect.rubric;
    QStringList rules = m_rules->text().split(u';', Qt::SkipEmptyParts);
    for (QString& rule : rules) {
        rule = rule.trimmed();
    }
    choices.rules = rules.join(u'\n').toStdString();
    if (choices == m_seen.choices) {
        return;
    }
    m_seen.choices = choices;
    write();
}

// One after the other, so that the newest is what stays.
void PipelinePage::write()
{
    const auto project = m_workspace.project();
    if (std::exchange(m_isWriting, true)) {
        m_isStale = true;
        return;
    }
    m_isStale = false;
    startJob(
        this, [project, choices = m_seen.choices] { return pipeline::writeChoices(*project, choices); },
        [this](const Result<void>& kept) {
            m_isWriting = false;
            if (!kept) {
                showProblem(QString::fromStdString(kept.message()));
            } else if (m_isStale) {
                write();
            } else {
                refresh();
            }
        });
}

} // namespace luthier::ui
