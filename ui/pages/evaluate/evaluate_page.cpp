// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluate/evaluate_page.h"

#include "core/base/files.h"
#include "core/report/people_votes.h"
#include "core/report/run_report.h"
#include "ui/base/amounts.h"
#include "ui/base/html_pdf.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/pages/evaluate/evaluate_result.h"
#include "ui/pages/evaluate/evaluate_setup.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QProgressBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kNewRow = 0; // of the list: a new evaluation

} // namespace

EvaluatePage::EvaluatePage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_desk(new EvaluationDesk(workspace, this)), m_action(new QAction(tr("Evaluate"), this)), m_stack(new QStackedWidget),
      m_empty(new EmptyState), m_past(new QListWidget), m_main(new QStackedWidget), m_setup(new EvaluateSetup), m_result(new EvaluateResult),
      m_problem(new StatusLabel(Token::Bad)), m_progress(new QProgressBar), m_progressText(new QLabel),
      m_stop(makeButton(QStringLiteral("evalStop"), tr("Sto&p"), tr("Stop; what was answered is kept, and the same choices go on from there")))
{
    setObjectName(QStringLiteral("evaluatePage"));
    m_empty->setText({tr("Nothing to evaluate yet"),
                      tr("The base and what you tuned answer the same rows, which it never learned from; numbers with intervals say whether it helped. "
                         "Tune a model first."),
                      tr("Go to Tune"), {}});
    connect(m_empty, &EmptyState::triggered, this, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), {}); });
    m_problem->setObjectName(QStringLiteral("evalProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_main->addWidget(m_setup);
    m_main->addWidget(m_result);
    auto* right = new QWidget;
    auto* rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->addWidget(m_problem);
    rightLayout->addWidget(m_main, 1);
    rightLayout->addWidget(buildProgress());
    auto* split = new QSplitter;
    split->addWidget(buildSide());
    split->addWidget(right);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 4);
    split->setChildrenCollapsible(false);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(split);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_action->setToolTip(tr("Let them answer, and measure"));
    m_action->setEnabled(false);
    m_action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(m_action);
    setFirstControl(m_setup);
    connect(m_action, &QAction::triggered, this, &EvaluatePage::startOrStop);
    connectDesk();
    showRuns();
    showPast();
    m_desk->reload();
}

QWidget* EvaluatePage::buildSide()
{
    auto* side = new QWidget;
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    m_past->setObjectName(QStringLiteral("evalPast"));
    m_past->setAccessibleName(tr("Evaluations"));
    m_past->setToolTip(tr("Evaluations of this project, the newest first"));
    m_past->setWordWrap(true);
    m_past->setMinimumWidth(fontMetrics().averageCharWidth() * 32); // a date on one line
    auto* label = new QLabel(tr("&Evaluations"));
    label->setBuddy(m_past);
    layout->addWidget(label);
    layout->addWidget(m_past, 1);
    connect(m_past, &QListWidget::currentRowChanged, this, &EvaluatePage::openPast);
    return side;
}

QWidget* EvaluatePage::buildProgress()
{
    m_progressBox = new QWidget;
    auto* row = new QHBoxLayout(m_progressBox);
    row->setContentsMargins(0, 0, 0, 0);
    m_progress->setObjectName(QStringLiteral("evalProgress"));
    m_progress->setAccessibleName(tr("Rows answered"));
    m_progress->setToolTip(tr("Rows that this one has answered, of all"));
    m_progressText->setObjectName(QStringLiteral("evalProgressText"));
    m_progressText->setAccessibleName(tr("How far it is"));
    row->addWidget(m_progress, 1);
    row->addWidget(m_progressText, 2);
    row->addWidget(m_stop);
    m_progressBox->hide();
    connect(m_stop, &QPushButton::clicked, m_desk, &EvaluationDesk::cancel);
    return m_progressBox;
}

void EvaluatePage::connectDesk()
{
    connect(m_desk, &EvaluationDesk::runsChanged, this, &EvaluatePage::showRuns);
    connect(m_desk, &EvaluationDesk::pastChanged, this, &EvaluatePage::showPast);
    connect(m_desk, &EvaluationDesk::runningChanged, this, &EvaluatePage::showRunning);
    connect(m_desk, &EvaluationDesk::progressed, this, &EvaluatePage::showProgress);
    connect(m_desk, &EvaluationDesk::resultsChanged, this, &EvaluatePage::showResults);
    connect(m_desk, &EvaluationDesk::problemFound, this, &EvaluatePage::showProblem);
    connect(m_workspace.places(), &Places::read, this, [this] {
        if (const QString open = textIn(m_workspace.places()->at(QStringLiteral("evaluate")), "open"); !open.isEmpty() && QFileInfo::exists(open) && !m_desk->isRunning()) {
            m_desk->open(open);
        }
    });
    connect(m_desk, &EvaluationDesk::noted, &m_workspace, &Workspace::say);
    connect(m_desk, &EvaluationDesk::planned, this, [this](const QString& sentence, bool canStart) {
        m_canStart = canStart;
        m_setup->setPlan(sentence, canStart);
        m_action->setEnabled(canStart && !m_desk->isRunning());
    });
    connect(m_desk, &EvaluationDesk::stoppedOpened, this, [this](const EvaluationChoice& choice) {
        m_setup->setChoice(choice); // the main action goes on from there
        m_main->setCurrentWidget(m_setup);
    });
    connect(m_setup, &EvaluateSetup::changed, this, [this] { m_desk->plan(m_setup->choice()); });
    connect(m_result, &EvaluateResult::reportWanted, this, &EvaluatePage::askForReport);
    connect(m_result, &EvaluateResult::cardWanted, this, &EvaluatePage::askForCard);
    connect(m_result, &EvaluateResult::judgingWanted, this, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("judge"), m_desk->folder()); });
}

void EvaluatePage::activated()
{
    m_desk->reload(); // the command line may have evaluated meanwhile
}

void EvaluatePage::reveal(const QString& what)
{
    bool isNumber = false;
    const qlonglong id = what.toLongLong(&isNumber);
    if (isNumber && m_setup->chooseRun(id)) {
        m_past->setCurrentRow(kNewRow);
    }
}

void EvaluatePage::startOrStop()
{
    if (m_desk->isRunning() || !m_canStart) {
        return;
    }
    const EvaluationChoice choice = m_setup->choice();
    m_past->setCurrentRow(kNewRow);
    m_problem->hide();
    m_desk->start(choice);
}

void EvaluatePage::showRuns()
{
    m_setup->setRuns(m_desk->runs());
    m_stack->setCurrentIndex(m_desk->runs().empty() && m_desk->past().empty() ? 0 : 1);
}

void EvaluatePage::showPast()
{
    const QString open = m_past->currentRow() > kNewRow ? m_past->currentItem()->data(Qt::UserRole).toString() : QString();
    const QSignalBlocker blocker(m_past);
    m_past->clear();
    auto* fresh = new QListWidgetItem(tr("New evaluation"), m_past);
    fresh->setToolTip(tr("Choose who answers, on which rows, and what is measured"));
    int current = kNewRow;
    for (const auto& past : m_desk->past()) {
        const QString when = QLocale().toString(QDateTime::fromSecsSinceEpoch(past.changed), QLocale::ShortFormat);
        const QString state = past.problem.empty() ? past.isWhole() ? QString() : tr(" (stopped before its end)") : tr(" (damaged)");
        auto* item = new QListWidgetItem(tr("%1%2\n%3").arg(QString::fromStdString(past.title), state, when), m_past);
        item->setData(Qt::UserRole, QString::fromStdString(past.folder.string()));
        item->setToolTip(QString::fromStdString(past.problem.empty() ? past.isWhole() ? past.verdict : past.folder.string() : past.problem));
        const QString folder = item->data(Qt::UserRole).toString();
        current = folder == open || (open.isEmpty() && m_main->currentWidget() == m_result && folder == m_desk->folder()) ? m_past->count() - 1 : current;
    }
    m_past->setCurrentRow(current);
    m_stack->setCurrentIndex(m_desk->runs().empty() && m_desk->past().empty() ? 0 : 1);
}

void EvaluatePage::showRunning()
{
    const bool isRunning = m_desk->isRunning();
    const QWidget* focus = QApplication::focusWidget();
    m_wasStopping = !isRunning && focus == m_stop;
    m_progressBox->setVisible(isRunning);
    m_setup->setEnabled(!isRunning);
    m_action->setEnabled(!isRunning && m_canStart);
    if (isRunning) {
        m_stop->setEnabled(true);
        if (isVisible()) {
            m_stop->setFocus(); // the keys stay with the work, also where a click on Evaluate, which takes none now, began it
        }
    } else if (m_wasStopping) {
        m_setup->setFocus();
    }
}

void EvaluatePage::showProgress(const QString& what, qint64 done, qint64 total, double secondsLeft)
{
    m_progress->setRange(0, static_cast<int>(total)); // 0: how long is not known
    m_progress->setValue(static_cast<int>(done));
    const QString left = timeLeft(secondsLeft);
    //: what goes on, and how long it still takes
    m_progressText->setText(left.isEmpty() ? what : tr("%1, %2").arg(what, left));
}

void EvaluatePage::showResults()
{
    const bool isThere = m_desk->results().is_object();
    if (isThere) {
        m_problem->hide();
        m_result->show(m_desk->results());
    }
    m_main->setCurrentWidget(isThere ? static_cast<QWidget*>(m_result) : m_setup);
    if (isThere && std::exchange(m_wasStopping, false)) {
        m_result->setFocus();
    }
    showPast();
    if (isThere) {
        keepPlace(m_desk->folder());
    }
}

void EvaluatePage::keepPlace(const QString& open)
{
    m_workspace.places()->keep(QStringLiteral("evaluate"), {{"open", open.toStdString()}});
}

void EvaluatePage::showProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->show();
}

void EvaluatePage::openPast()
{
    m_problem->hide();
    if (m_past->currentRow() <= kNewRow) {
        keepPlace({});
        m_main->setCurrentWidget(m_setup);
        return;
    }
    m_desk->open(m_past->currentItem()->data(Qt::UserRole).toString());
}

void EvaluatePage::askForReport()
{
    auto* dialog = saveDialog(this, QStringLiteral("report"), tr("Save the report"), {tr("Page (*.html)"), tr("Paper (*.pdf)")}, QStringLiteral("html"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) { dialog->setDefaultSuffix(filter.contains(QStringLiteral("pdf")) ? QStringLiteral("pdf") : QStringLiteral("html")); });
    connect(dialog, &QFileDialog::fileSelected, this, &EvaluatePage::saveReport);
    dialog->open();
}

void EvaluatePage::saveReport(const QString& path)
{
    const auto work = [path, project = m_workspace.project(), results = m_desk->results()]() mutable -> Result<void> {
        if (const auto added = project ? report::addPeople(*project, results) : Result<void>(); !added) {
            return added;
        }
        const std::string html = report::toHtml(results, "Evaluation");
        return path.endsWith(QStringLiteral(".pdf"), Qt::CaseInsensitive) ? writePdf(html, path.toStdString()) : base::writeFileAtomically(path.toStdString(), html);
    };
    startJob(this, work, [this, path](const Result<void>& done) {
        if (done) {
            m_workspace.say(tr("The report lies in %1").arg(path));
        } else {
            showProblem(QString::fromStdString(done.message()));
        }
    });
}

void EvaluatePage::askForCard()
{
    auto* dialog = saveDialog(this, QStringLiteral("card"), tr("Save the model card"), {tr("Model card (*.md)")}, QStringLiteral("md"));
    dialog->selectFile(QStringLiteral("README.md"));
    connect(dialog, &QFileDialog::fileSelected, this, &EvaluatePage::saveCard);
    dialog->open();
}

void EvaluatePage::saveCard(const QString& path)
{
    const auto work = [path, project = m_workspace.project(), results = m_desk->results()]() -> Result<void> {
        const auto runs = project ? project->runs() : Result<std::vector<store::RunRow>>(std::vector<store::RunRow>());
        if (!runs) {
            return runs.error();
        }
        for (const store::RunRow& run : *runs) {
            if (!run.result.empty() && evaluation::isOf(results, run.result)) {
                const auto card = report::runCard(*project, run.id);
                return card ? base::writeFileAtomically(path.toStdString(), *card) : Result<void>(card.error());
            }
        }
        return Error{"no run of this project made what was evaluated, so nothing is known of how it was made"};
    };
    startJob(this, work, [this, path](const Result<void>& done) {
        if (done) {
            m_workspace.say(tr("The model card lies in %1").arg(path));
        } else {
            showProblem(QString::fromStdString(done.message()));
        }
    });
}

} // namespace luthier::ui
