// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_page.h"

#include "core/base/paths.h"
#include "core/store/comparisons.h"
#include "core/store/project.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/job.h"
#include "ui/pages/compare/compare_blend.h"
#include "ui/pages/compare/compare_choices.h"
#include "ui/pages/compare/compare_column.h"
#include "ui/pages/compare/compare_extras.h"
#include "ui/pages/compare/compare_sets.h"
#include "ui/pages/compare/compare_reward.h"
#include "ui/pages/compare/compare_side.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/prompt_box.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kPromptLines = 4;
constexpr const char* kColumns = "compare_columns"; // of the project: those beside base and tuned
constexpr std::int64_t kMostComparisons = 500; // of the project, in the list
constexpr std::int64_t kMaxHeldOut = 500; // prompts in the list; the note tells the whole number

QString bundledModelPath()
{
    return QString::fromStdString(base::bundledModel().string());
}

QString settingsLine(const inference::Sampling& sampling)
{
    const QString text = sampling.temperature > 0
                             ? ComparePage::tr("temperature %1, seed %2").arg(sampling.temperature).arg(sampling.seed)
                             : ComparePage::tr("always the likeliest token");
    return ComparePage::tr("%1, at most %2 tokens").arg(text, QString::number(sampling.maxNew));
}

} // namespace

ComparePage::ComparePage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_contest(new CompareContest(this)), m_action(new QAction(tr("Compare"), this)), m_stack(new QStackedWidget),
      m_empty(new EmptyState), m_work(new QSplitter), m_columns(new QSplitter), m_choices(new CompareChoices(workspace.models())), m_blend(new CompareBlend),
      m_reward(new CompareReward(workspace, this)), m_extras(new CompareExtras(m_choices, workspace.models(), m_columns, m_reward, this)), m_against(new QComboBox), m_heat(new QComboBox), m_heatNote(new StatusLabel(Token::TextQuiet)),
      m_problem(new StatusLabel(Token::Bad)),
      m_base(new CompareColumn(QStringLiteral("base"), tr("Base"))),
      m_tunedColumn(new CompareColumn(QStringLiteral("tuned"), tr("Tuned"))), m_expectedBox(new QWidget),
      m_expected(new DiffText), m_promptText(new PromptBox(kPromptLines)), m_context(new QLabel), m_turns(new QToolButton),
      m_compare(makeButton(QStringLiteral("compare"), tr("Compare"), tr("Let both models answer the prompt (Enter)"))),
      m_stop(makeButton(QStringLiteral("stopCompare"), tr("Stop"), tr("Stop both answers (Esc)"))), m_stage(new QLabel),
      m_side(new CompareSide)
{
    setObjectName(QStringLiteral("comparePage"));
    m_empty->setText({tr("Nothing to compare yet"),
                      tr("When a run has finished, its model answers here beside the model it was tuned from: the same prompt, "
                         "the same seed, word by word. Tune one first, or open a folder that was tuned elsewhere."),
                      tr("Go to Tune"), tr("Open an adapter folder\u2026")});
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_choices);
    column->addWidget(m_blend);
    column->addWidget(m_problem);
    column->addWidget(buildColumns(), 1);
    column->addWidget(buildLook());
    column->addWidget(buildPrompt());
    m_problem->setObjectName(QStringLiteral("compareProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_work->setObjectName(QStringLiteral("compareSplitter"));
    m_work->setChildrenCollapsible(false);
    m_work->addWidget(left);
    m_work->addWidget(m_side);
    m_work->setStretchFactor(0, 1);
    const int width = fontMetrics().averageCharWidth();
    m_work->setSizes({width * 110, width * 38});
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_work);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    connect(m_empty, &EmptyState::triggered, this, &ComparePage::tuneWanted);
    connect(m_empty, &EmptyState::secondTriggered, m_choices, &CompareChoices::askForTunedFolder);
    connect(m_choices, &CompareChoices::chosen, this, &ComparePage::onChosen);
    connect(m_blend, &CompareBlend::changed, this, &ComparePage::showContenders);
    connect(m_blend, &CompareBlend::weightsChanged, this, &ComparePage::answerAgain);
    connect(m_choices, &CompareChoices::problemFound, this, &ComparePage::showProblem);
    connect(m_side, &CompareSide::promptChosen, this, &ComparePage::showPrompt);
    connect(m_side, &CompareSide::promptActivated, this, [this](const PromptItem& item) {
        showPrompt(item);
        compare();
    });
    connect(m_side, &CompareSide::comparisonChosen, this, &ComparePage::showComparison);
    connect(m_side->sets(), &CompareSets::keepWanted, this, [this] { m_side->sets()->keep(promptNow()); });
    connect(m_side, &CompareSide::searched, this, &ComparePage::findComparisons);
    connect(m_side, &CompareSide::samplingChanged, this, [this] {
        m_workspace.settings().setText(QStringLiteral("compareSampling"), QString::fromStdString(base::dumpJson(m_side->samplingJson())));
    });
    if (const auto kept = base::parseJson(m_workspace.settings().text(QStringLiteral("compareSampling")).toStdString())) {
        m_side->setSamplingJson(*kept);
    }
    connect(m_extras, &CompareExtras::added, this, [this] {
        m_sides.push_back(-1);
        auto* newest = m_extras->column(m_extras->size() - 1);
        connect(newest, &CompareColumn::goOnWanted, this, [this, newest] {
            for (int side = 0; side < numColumns(); ++side) {
                if (this->column(side) == newest) {
                    goOnFrom(side);
                }
            }
        });
        scrollWith(newest);
        fillAgainst();
        keepColumns();
    });
    connect(m_extras, &CompareExtras::closed, this, &ComparePage::onColumnClosed);
    connect(m_reward, &CompareReward::chosen, this, [this] {
        if (m_reward->isOn() && !m_contest->isRunning() && !m_asked.messages.empty() && !m_base->text()->text().isEmpty()) {
            scoreAnswers(comparisonNow(), false); // what stands here
        }
    });
    connect(&m_workspace, &Workspace::projectChanged, this, [this] {
        forgetPlace();
        findComparisons({});
        restoreColumns();
        m_side->sets()->setProject(m_workspace.project());
    });
    connect(workspace.places(), &Places::read, this, &ComparePage::takePlace);
    restoreColumns();
    m_side->sets()->setProject(m_workspace.project());
    connectContest();
    m_action->setToolTip(tr("Let both models answer the prompt"));
    m_action->setProperty("isInPage", true);
    m_compare->setProperty("primary", true);
    connect(m_action, &QAction::triggered, this, &ComparePage::compare);
    connect(this, &ComparePage::tuneWanted, &m_workspace, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), {}); });
    connect(&m_workspace, &Workspace::runsChanged, this, &ComparePage::reload);
    m_choices->setDefaultModel(bundledModelPath());
    setFirstControl(m_promptText);
    updateActions();
    reload();
}

ComparePage::~ComparePage()
{
    m_cancelHeldOut.cancel();
}

void ComparePage::reload()
{
    const auto work = [project = m_workspace.project()] { return project ? readTunedRuns(*project) : TunedRuns{}; };
    m_extras->setProject(m_workspace.project());
    m_listJob.start(this, work, [this, isProject = m_workspace.project() != nullptr](const TunedRuns& read) {
        m_extras->setRuns(read.runs);
        m_reward->setRuns(read.scorers);
        m_choices->setRuns(read.runs);
        if (m_wantedRun != 0 && m_choices->chooseRun(m_wantedRun)) {
            m_wantedRun = 0;
        }
        onChosen();
        if (!read.problem.isEmpty()) {
            showProblem(read.problem);
        }
        m_isListed = isProject;
        takePlace();
    });
}

void ComparePage::onChosen()
{
    m_stack->setCurrentWidget(m_choices->tuned() == nullptr ? static_cast<QWidget*>(m_empty) : m_work);
    m_problem->hide();
    m_blend->setChoices(m_choices->tuned(), m_choices->siblings());
    showContenders();
    updateActions();
    loadHeldOut();
}

void ComparePage::showContenders()
{
    const TunedRun* tuned = m_choices->tuned();
    const QString blend = m_blend->title();
    m_base->setContender({m_choices->model(), m_choices->modelName()});
    m_tunedColumn->setContender(tuned == nullptr ? Contender{}
                                                 : Contender{m_choices->model() + u'\n' + tuned->result + u'\n' + m_blend->id(),
                                                             blend.isEmpty() ? tuned->name : blend});
    m_extras->showContenders();
    keepPlace();
}

void ComparePage::loadHeldOut()
{
    const TunedRun* run = m_choices->tuned();
    const QString result = run == nullptr ? QString() : run->result;
    if (result == m_heldOutOf) {
        return;
    }
    m_heldOutOf = result;
    m_isHeldOutRead = false;
    m_cancelHeldOut.cancel();
    m_cancelHeldOut = {};
    if (run == nullptr || run->recipe.is_null()) {
        m_side->setHeldOut({}, run == nullptr ? QString() : tr("A folder does not say which rows it was tuned on."));
        m_isHeldOutRead = run != nullptr;
        return;
    }
    m_side->setHeldOut({}, tr("Reading the held-out rows\u2026"));
    const auto work = [project = m_workspace.project(), run = *run, cancel = m_cancelHeldOut] {
        return readHeldOut(project.get(), run, kMaxHeldOut, cancel);
    };
    startJob(this, work, [this, result](const HeldOutPrompts& read) {
        if (result != m_heldOutOf) {
            return;
        }
        const QString shown = number(std::ssize(read.items));
        const QString total = number(read.total);
        m_side->setHeldOut(read.items, !read.problem.isEmpty() ? read.problem
                                       //: how many prompts are listed, how many rows there are, the file's name
                                       : tr("%1 of %2 rows of %3 that this run never trained on").arg(shown, total, read.source));
        m_isHeldOutRead = true;
        askFirst();
    });
}

void ComparePage::chooseRun(qint64 id)
{
    m_wantedRun = m_choices->chooseRun(id) ? 0 : id; // one that has just ended is not read yet
}

// From elsewhere: the first prompt that the run never saw is asked at once.
void ComparePage::reveal(const QString& what)
{
    m_asksFirst = true;
    chooseRun(what.toLongLong());
    askFirst(); // where its prompts are listed already
}

void ComparePage::askFirst()
{
    if (m_asksFirst && m_wantedRun == 0 && m_isHeldOutRead) {
        m_asksFirst = false;
        if (m_side->chooseFirst()) {
            compare();
        }
    }
}

void ComparePage::openTunedFolder(const QString& folder)
{
    m_choices->openTunedFolder(folder);
}

void ComparePage::compare()
{
    const TunedRun* run = m_choices->tuned();
    const PromptItem prompt = promptNow();
    if (run == nullptr || prompt.messages.empty() || m_contest->isRunning()) {
        return;
    }
    m_asked = prompt;
    m_askedSettings = m_side->sampling();
    m_shown = {};
    keepPlace();
    m_problem->hide();
    m_base->clear(tr("The base model is about to answer\u2026"));
    m_tunedColumn->clear(tr("The tuned model is about to answer\u2026"));
    showExpected(prompt.expected);
    Answerer base{m_choices->model()};
    Answerer tuned{run->isAdapter ? m_choices->model() : run->result};
    if (run->isAdapter) {
        tuned.adapters = QStringList{run->result} + m_blend->added();
        tuned.weights = m_blend->weights();
        base.speaksAs = tuned.adapters;
    }
    std::vector<Answerer> answerers{base, tuned};
    for (Answerer& extra : m_extras->answerers()) {
        answerers.push_back(std::move(extra));
    }
    for (int i = 0; i < m_extras->size(); ++i) {
        m_extras->column(i)->clear(tr("About to answer\u2026"));
        m_sides[static_cast<std::size_t>(i)] = 2 + i;
    }
    m_heatNote->clear();
    m_contest->start(std::move(answerers), m_workspace.settings().text(QStringLiteral("device"), QStringLiteral("auto")), prompt.messages, m_askedSettings);
    updateActions();
    Q_EMIT runningChanged(m_contest->isRunning());
}

void ComparePage::stop()
{
    m_contest->stop();
}

void ComparePage::onFinished()
{
    m_stage->setText(m_contest->deviceText());
    const auto& base = m_contest->answer(CompareContest::kBase);
    const auto& tuned = m_contest->answer(CompareContest::kTuned);
    showDifferences();
    if (!base.finish.isEmpty() && !tuned.finish.isEmpty()) {
        if (m_reward->isOn()) {
            scoreAnswers(comparisonNow(), true);
        } else {
            keepComparison(comparisonNow());
        }
    }
    showHeat();
    updateActions();
    Q_EMIT runningChanged(false);
    if (std::exchange(m_answerAgain, false)) {
        compare();
    }
}

void ComparePage::showComparison(const Comparison& comparison)
{
    if (m_contest->isRunning()) {
        return;
    }
    m_asked = comparison.prompt; // what is scored, and what goes on from here
    m_shown = toJson(comparison);
    showPrompt(comparison.prompt);
    m_base->showAnswer(comparison.answers[0], comparison.footers[0], comparison.by[0]);
    m_tunedColumn->showAnswer(comparison.answers[1], comparison.footers[1], comparison.by[1]);
    for (int i = 0; i < m_extras->size(); ++i) { // columns that stand here now, as far as they were asked then
        const QString id = m_extras->column(i)->contender().id;
        const auto its = std::find_if(comparison.more.begin(), comparison.more.end(), [&](const auto& more) { return more.by.id == id; });
        const bool isThere = its != comparison.more.end();
        m_extras->column(i)->showAnswer(isThere ? its->answer : QString(), isThere ? its->footer : QString(), m_extras->column(i)->contender());
        m_sides[static_cast<std::size_t>(i)] = -1;
    }
    QStringList others;
    for (const auto& more : comparison.more) {
        bool isShown = false;
        for (int i = 0; i < m_extras->size(); ++i) {
            isShown = isShown || m_extras->column(i)->contender().id == more.by.id;
        }
        if (!isShown) {
            others += tr("%1: %2").arg(more.title, more.answer.simplified().left(200));
        }
    }
    m_heatNote->setText(others.join(u'\n')); // answers of columns that do not stand here now
    showDifferences();
    m_stage->setText(comparison.settings);
    showExpected(comparison.prompt.expected);
    keepPlace();
}

void ComparePage::showPrompt(const PromptItem& item)
{
    m_prompt = item;
    m_promptText->setPlainText(item.messages.empty() ? QString() : QString::fromStdString(item.messages.back().content));
    const int earlier = std::max(0, static_cast<int>(item.messages.size()) - 1);
    m_context->setText(earlier > 0 ? tr("after %Ln earlier message(s)", nullptr, earlier) : QString());
    m_turns->setVisible(earlier > 0);
}

PromptItem ComparePage::promptNow() const
{
    const QString text = m_promptText->toPlainText();
    if (text.trimmed().isEmpty()) {
        return {};
    }
    PromptItem item = m_prompt;
    if (item.messages.empty()) {
        item.messages.push_back({"user", {}, {}});
    }
    if (QString::fromStdString(item.messages.back().content) != text) {
        item.messages.back().content = text.toStdString();
        item.expected.clear(); // that answer belonged to another question
        item.row = -1;
    }
    return item;
}

void ComparePage::showExpected(const QString& expected)
{
    m_expected->setText(expected);
    m_expectedBox->setVisible(!expected.isEmpty());
}

void ComparePage::showProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->setVisible(!sentence.isEmpty());
    m_base->clear();
    m_tunedColumn->clear();
    m_stage->clear();
}

int ComparePage::numColumns() const
{
    return 2 + m_extras->size();
}

CompareColumn* ComparePage::column(int side) const
{
    return side == CompareContest::kBase ? m_base : side == CompareContest::kTuned ? m_tunedColumn : m_extras->column(side - 2);
}

Comparison ComparePage::comparisonNow() const
{
    Comparison comparison{m_asked, {m_base->text()->text(), m_tunedColumn->text()->text()}, {m_base->plainFooter(), m_tunedColumn->plainFooter()}, settingsLine(m_askedSettings),
                          {m_base->answeredBy(), m_tunedColumn->answeredBy()}};
    for (int i = 0; i < m_extras->size(); ++i) {
        const CompareColumn& column = *m_extras->column(i);
        if (!column.text()->text().isEmpty()) {
            comparison.more.push_back({column.answeredBy().name, column.text()->text(), column.plainFooter(), column.answeredBy()});
        }
    }
    return comparison;
}

// A column may have been closed, or have answered something else, when the scores are there.
void ComparePage::scoreAnswers(Comparison comparison, bool keeps)
{
    std::vector<QString> answers(comparison.answers.begin(), comparison.answers.end());
    for (const auto& more : comparison.more) {
        answers.push_back(more.answer);
    }
    const auto messages = comparison.prompt.messages;
    m_reward->score(messages, answers, [this, comparison = std::move(comparison), keeps](const std::vector<double>& scores) {
        Comparison scored = comparison;
        const auto take = [&](const Contender& by, const QString& answer, QString& footer, double score) {
            for (int side = 0; side < numColumns(); ++side) {
                CompareColumn* one = column(side);
                if (one->answeredBy().id == by.id && one->text()->text() == answer) {
                    one->setReward(score);
                }
            }
            footer = withReward(footer, score);
        };
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (i < 2) {
                take(scored.by[i], scored.answers[i], scored.footers[i], scores[i]);
            } else {
                take(scored.more[i - 2].by, scored.more[i - 2].answer, scored.more[i - 2].footer, scores[i]);
            }
        }
        if (keeps) {
            keepComparison(std::move(scored));
        }
    });
}

void ComparePage::keepComparison(Comparison comparison)
{
    m_side->addComparison(comparison);
    m_shown = toJson(comparison);
    keepPlace();
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    startJob(this, [project, comparison] { return project->comparisons().add(titleOf(comparison.prompt).toStdString(), toJson(comparison)); },
             [this](const Result<std::int64_t>& kept) {
                 if (!kept) {
                     m_workspace.say(tr("The comparison could not be kept: %1").arg(QString::fromStdString(kept.message())));
                 }
             });
}

void ComparePage::findComparisons(const QString& search)
{
    const auto project = m_workspace.project();
    const auto work = [project, word = search.trimmed().toStdString()] {
        return project ? project->comparisons().find(word, kMostComparisons) : Result<std::vector<store::ComparisonRow>>(std::vector<store::ComparisonRow>());
    };
    m_findJob.start(this, work, [this](const Result<std::vector<store::ComparisonRow>>& rows) {
        if (!rows) {
            m_workspace.say(QString::fromStdString(rows.message()));
            return;
        }
        std::vector<Comparison> comparisons;
        for (const auto& row : *rows) {
            comparisons.push_back(comparisonFromJson(row.body));
            comparisons.back().id = row.id;
        }
        m_side->setComparisons(std::move(comparisons));
    });
}

void ComparePage::onColumnClosed(int index)
{
    const int side = m_sides[static_cast<std::size_t>(index)];
    m_sides.erase(m_sides.begin() + index);
    m_contest->stop(side);
    fillAgainst();
    showDifferences();
    keepColumns();
}

void ComparePage::keepColumns()
{
    const auto project = m_workspace.project();
    if (project && !m_isRestoring) {
        const Json columns = m_extras->toJson();
        m_columnsSaving.start(this, [project, columns] { return project->setValue(kColumns, columns); }, [this](const Result<void>& kept) {
            if (!kept) {
                m_workspace.say(tr("The columns could not be kept: %1").arg(QString::fromStdString(kept.message())));
            }
        });
    }
}

void ComparePage::restoreColumns()
{
    m_isRestoring = true;
    m_extras->restore({}); // those of another project
    m_isRestoring = false;
    m_columnsJob.cancel();
    m_columnsSaving.whenWritten([this] { readColumns(); });
}

void ComparePage::readColumns()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_columnsJob.start(this, [project] { return project->value(kColumns); }, [this, project](const Result<Json>& kept) {
        if (kept && !m_contest->isRunning() && m_extras->size() == 0) { // else a person was quicker
            m_isRestoring = true;
            m_extras->setProject(project);
            m_extras->restore(*kept);
            m_isRestoring = false;
        }
        m_areColumnsRead = true;
        takePlace();
    });
}

void ComparePage::updateActions()
{
    const bool running = m_contest->isRunning();
    m_compare->setEnabled(!running && m_choices->tuned() != nullptr && !m_promptText->toPlainText().trimmed().isEmpty());
    m_action->setEnabled(m_compare->isEnabled());
    m_stop->setEnabled(running);
    m_choices->setEnabled(!running);
}

} // namespace luthier::ui
