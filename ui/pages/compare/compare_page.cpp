// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_page.h"

#include "core/base/paths.h"
#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/pages/compare/compare_blend.h"
#include "ui/pages/compare/compare_choices.h"
#include "ui/pages/compare/compare_column.h"
#include "ui/pages/compare/compare_side.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/prompt_box.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kPromptLines = 4;
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
    return ComparePage::tr("%1, at most %2 tokens").arg(text).arg(sampling.maxNew);
}

} // namespace

ComparePage::ComparePage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_contest(new CompareContest(this)), m_action(new QAction(tr("Compare"), this)), m_stack(new QStackedWidget),
      m_empty(new EmptyState), m_work(new QSplitter), m_choices(new CompareChoices(workspace.models())), m_blend(new CompareBlend), m_problem(new StatusLabel(Token::Bad)),
      m_base(new CompareColumn(QStringLiteral("base"), tr("Base"))),
      m_tunedColumn(new CompareColumn(QStringLiteral("tuned"), tr("Tuned"))), m_expectedBox(new QWidget),
      m_expected(new DiffText), m_promptText(new PromptBox(kPromptLines)), m_context(new QLabel),
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
    connectContest();
    m_action->setToolTip(tr("Let both models answer the prompt"));
    m_action->setProperty("isInPage", true);
    m_compare->setProperty("primary", true);
    connect(m_action, &QAction::triggered, this, &ComparePage::compare);
    connect(this, &ComparePage::tuneWanted, &m_workspace, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), {}); });
    connect(&m_workspace, &Workspace::runsChanged, this, &ComparePage::reload);
    m_choices->setDefaultModel(bundledModelPath());
    setFocusProxy(m_promptText);
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
    startJob(this, work, [this](const TunedRuns& read) {
        m_choices->setRuns(read.runs);
        if (m_wantedRun != 0 && m_choices->chooseRun(m_wantedRun)) {
            m_wantedRun = 0;
        }
        onChosen();
        if (!read.problem.isEmpty()) {
            showProblem(read.problem);
        }
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
        const QString shown = QLocale().toString(static_cast<qlonglong>(read.items.size()));
        const QString total = QLocale().toString(static_cast<qlonglong>(read.total));
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
    m_problem->hide();
    m_base->clear(tr("The base model is about to answer\u2026"));
    m_tunedColumn->clear(tr("The tuned model is about to answer\u2026"));
    showExpected(prompt.expected);
    m_contest->setWeights(m_blend->weights());
    m_contest->start({m_choices->model(), run->result, run->isAdapter, m_blend->added(),
                      m_workspace.settings().text(QStringLiteral("device"), QStringLiteral("auto"))}, prompt.messages,
                     m_askedSettings);
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
    if (!base.finish.isEmpty() && !tuned.finish.isEmpty()) {
        const WordDiff diff = wordDiff(base.text, tuned.text);
        m_base->text()->setDifferences(diff.left);
        m_tunedColumn->text()->setDifferences(diff.right);
        m_side->addComparison({m_asked, {base.text, tuned.text}, {m_base->footer(), m_tunedColumn->footer()},
                               settingsLine(m_askedSettings), {m_base->answeredBy(), m_tunedColumn->answeredBy()}});
        if (const TunedRun* run = m_choices->tuned()) {
            Q_EMIT stepDone(QStringLiteral("compared"), run->name, run->result);
        }
    }
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
    showPrompt(comparison.prompt);
    m_base->showAnswer(comparison.answers[0], comparison.footers[0], comparison.by[0]);
    m_tunedColumn->showAnswer(comparison.answers[1], comparison.footers[1], comparison.by[1]);
    const WordDiff diff = wordDiff(comparison.answers[0], comparison.answers[1]);
    m_base->text()->setDifferences(diff.left);
    m_tunedColumn->text()->setDifferences(diff.right);
    m_stage->setText(comparison.settings);
    showExpected(comparison.prompt.expected);
}

void ComparePage::showPrompt(const PromptItem& item)
{
    m_prompt = item;
    m_promptText->setPlainText(item.messages.empty() ? QString() : QString::fromStdString(item.messages.back().content));
    const int earlier = std::max(0, static_cast<int>(item.messages.size()) - 1);
    m_context->setText(earlier > 0 ? tr("after %n earlier message(s) of the row", nullptr, earlier) : QString());
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
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
    m_base->clear();
    m_tunedColumn->clear();
    m_stage->clear();
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
