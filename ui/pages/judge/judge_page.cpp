// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/judge/judge_page.h"

#include "core/store/project.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/models/judging/judging_desk.h"
#include "ui/pages/judge/judge_model.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/file_dialog.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/buttons/tool_button.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QShortcut>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

namespace luthier::ui {

namespace {

struct KeyText {
    const char* text;
    const char* help;
};
// In the order of evaluation::kChoices.
constexpr std::array kKeyTexts{
    KeyText{QT_TRANSLATE_NOOP("JudgePage", "Left is better"), QT_TRANSLATE_NOOP("JudgePage", "The left answer is better")},
    KeyText{QT_TRANSLATE_NOOP("JudgePage", "Right is better"), QT_TRANSLATE_NOOP("JudgePage", "The right answer is better")},
    KeyText{QT_TRANSLATE_NOOP("JudgePage", "As good"), QT_TRANSLATE_NOOP("JudgePage", "Both are good, and neither is better: half a win for each")},
    KeyText{QT_TRANSLATE_NOOP("JudgePage", "Both bad"), QT_TRANSLATE_NOOP("JudgePage", "Neither will do: half a win for each")},
    KeyText{QT_TRANSLATE_NOOP("JudgePage", "Skip"), QT_TRANSLATE_NOOP("JudgePage", "Cannot be judged; it counts for nothing")},
};
static_assert(kKeyTexts.size() == std::size(evaluation::kChoices));

QString percent(double share)
{
    return QLocale().toString(100 * share, 'f', 0);
}

QString promptText(const evaluation::JudgedPair& pair)
{
    if (pair.prompt.size() == 1) {
        return QString::fromStdString(pair.prompt.front().content);
    }
    QString text;
    for (const auto& message : pair.prompt) {
        text += (text.isEmpty() ? QString() : QStringLiteral("\n\n")) + QString::fromStdString(message.role + ": " + message.content);
    }
    return text;
}

} // namespace

JudgePage::JudgePage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_desk(new JudgingDesk(workspace, this)), m_action(new QAction(tr("Make preferences"), this)),
      m_stack(new QStackedWidget), m_empty(new EmptyState), m_done(new EmptyState), m_judgings(new QComboBox), m_judge(new QLineEdit(m_desk->judge())), m_progress(new QProgressBar),
      m_tally(new QLabel), m_problem(new StatusLabel(Token::Bad)), m_prompt(diffText(QStringLiteral("judgePrompt"), tr("Prompt"))),
      m_left(diffText(QStringLiteral("judgeLeft"), tr("Left answer"))), m_right(diffText(QStringLiteral("judgeRight"), tr("Right answer"))),
      m_takeBack(makeButton(QStringLiteral("judgeTakeBack"), tr("Take back"), tr("Take back your last vote and judge that pair again (Ctrl+Backspace)"))),
      m_note(new QLineEdit), m_correct(new QToolButton), m_correction(new QPlainTextEdit)
{
    setObjectName(QStringLiteral("judgePage"));
    m_empty->setText({tr("Nothing to judge yet"),
                      tr("Two answers to the same question, whose makers are hidden and whose sides are drawn: people say which is better. Take the answers of an "
                         "evaluation, which the page Evaluate keeps in the project's folder evaluations, or a file of pairs."),
                      tr("Choose an evaluation\u2026"), tr("Open a file of pairs\u2026")});
    m_done->setObjectName(QStringLiteral("judgeDone"));
    m_done->setText({tr("Every pair is judged"),
                     tr("Votes and corrections become a data file of preferences: what was better is chosen over what was worse, ready for DPO or a reward model. "
                        "The last vote can be taken back."),
                     tr("Make preferences"), tr("Take back")});
    m_work = buildWork();
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_work);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_problem->setObjectName(QStringLiteral("judgeProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    layout->addWidget(m_problem);
    layout->addWidget(m_stack, 1);

    m_action->setToolTip(tr("Write votes and corrections as a data file of preferences, and open it in Data: ready for DPO or a reward model"));
    m_action->setEnabled(false);
    connect(m_action, &QAction::triggered, m_desk, &JudgingDesk::writePreferences);
    connect(m_empty, &EmptyState::triggered, this, &JudgePage::askForEvaluation);
    connect(m_empty, &EmptyState::secondTriggered, this, &JudgePage::askForFile);
    connect(m_done, &EmptyState::triggered, m_action, &QAction::trigger);
    connect(m_done, &EmptyState::secondTriggered, m_takeBack, &QPushButton::click);
    connectDesk();
    showList();
    m_desk->reload();
}

void JudgePage::activated()
{
    m_desk->reload(); // the command line may have judged meanwhile
}

void JudgePage::reveal(const QString& what)
{
    if (!what.isEmpty()) {
        m_desk->makeFrom(what);
    }
}

QWidget* JudgePage::buildWork()
{
    auto* work = new QWidget;
    auto* column = new QVBoxLayout(work);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(buildHead());
    m_prompt->setToolTip(tr("What both were asked"));
    column->addWidget(m_prompt, 1);
    m_answers = buildAnswers();
    column->addWidget(m_answers, 4);
    column->addWidget(m_done, 5);
    m_done->hide();
    m_scoreBox = new QWidget;
    m_scoreBox->setLayout(new QGridLayout);
    m_scoreBox->layout()->setContentsMargins(0, 0, 0, 0);
    m_scoreBox->hide();
    column->addWidget(m_scoreBox);
    m_keyBox = buildKeys();
    column->addWidget(m_keyBox);
    return work;
}

QWidget* JudgePage::buildHead()
{
    auto* head = new QWidget;
    auto* layout = new QVBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    m_judgings->setObjectName(QStringLiteral("judgeJudgings"));
    m_judgings->setAccessibleName(tr("Judging"));
    m_judgings->setToolTip(tr("The pairs that are judged"));
    m_judge->setObjectName(QStringLiteral("judgeName"));
    m_judge->setAccessibleName(tr("Judge"));
    m_judge->setToolTip(tr("Who judges: several people may, each with sides of their own"));
    m_judge->setMaximumWidth(fontMetrics().averageCharWidth() * 24);
    auto* more = makeButton(QStringLiteral("judgeMore"), tr("New\u2026"), tr("Make pairs out of another evaluation"));
    connect(more, &QPushButton::clicked, this, &JudgePage::askForEvaluation);
    auto* label = new QLabel(tr("&Judge"));
    label->setBuddy(m_judge);
    auto* model = makeButton(QStringLiteral("judgeByModel"), tr("&Model judge\u2026"), tr("Let a model judge the same pairs, and see whether it agrees with people"));
    connect(model, &QPushButton::clicked, this, &JudgePage::openModelJudge);
    m_criteria = new QLineEdit;
    m_criteria->setObjectName(QStringLiteral("judgeCriteria"));
    m_criteria->setAccessibleName(tr("Criteria"));
    m_criteria->setPlaceholderText(tr("Criteria, such as: correct, friendly"));
    m_criteria->setToolTip(tr("What both answers are scored by beside the vote, 1 to 5, with commas between; empty: the vote alone"));
    connect(m_criteria, &QLineEdit::editingFinished, this, [this] { m_desk->setCriteria(m_criteria->text().split(u',')); });
    auto* row = new QHBoxLayout;
    row->addWidget(m_judgings, 1);
    row->addWidget(more);
    row->addWidget(model);
    row->addWidget(m_criteria, 1);
    row->addWidget(label);
    row->addWidget(m_judge);
    layout->addLayout(row);
    m_progress->setObjectName(QStringLiteral("judgeProgress"));
    m_progress->setAccessibleName(tr("Pairs judged"));
    m_progress->setToolTip(tr("Pairs that you have judged or skipped, of all"));
    m_tally->setObjectName(QStringLiteral("judgeTally"));
    m_tally->setWordWrap(true);
    m_tally->setToolTip(tr("Wins with an interval of 95 %; as good and both bad count half"));
    m_tell = makeToolButton(QStringLiteral("judgeTell"), tr("&Tell now"),
                            tr("Say who is ahead before all pairs are judged; whoever sees how it moves can tell whose answer got the vote"));
    m_tell->setCheckable(true);
    m_tell->setAccessibleName(tr("Tell now who is ahead"));
    connect(m_tell, &QToolButton::toggled, this, &JudgePage::showTally);
    auto* tallyLine = new QHBoxLayout;
    tallyLine->addWidget(m_tally, 1);
    tallyLine->addWidget(m_tell);
    layout->addWidget(m_progress);
    layout->addLayout(tallyLine);
    return head;
}

QWidget* JudgePage::buildAnswers()
{
    auto* answers = new QWidget;
    auto* row = new QHBoxLayout(answers);
    row->setContentsMargins(0, 0, 0, 0);
    for (DiffText* text : {m_left, m_right}) {
        auto* side = new QVBoxLayout;
        auto* title = new QLabel(text == m_left ? tr("1  Left") : tr("2  Right"));
        QFont bold = font();
        bold.setBold(true);
        title->setFont(bold);
        text->setToolTip(text == m_left ? tr("The left answer; press 1 when it is better") : tr("The right answer; press 2 when it is better"));
        side->addWidget(title);
        side->addWidget(text, 1);
        row->addLayout(side, 1);
    }
    return answers;
}

QWidget* JudgePage::buildKeys()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* keys = new QHBoxLayout;
    for (std::size_t i = 0; i < kKeyTexts.size(); ++i) {
        const auto& choice = evaluation::kChoices[i];
        const QString key = QString::fromLatin1(choice.key);
        auto* button = makeButton(QStringLiteral("judge_") + QString::fromLatin1(choice.id),
                                  //: the key, and what it says
                                  tr("%1   %2").arg(key, tr(kKeyTexts[i].text)), tr("%1 (key %2)").arg(tr(kKeyTexts[i].help), key));
        button->setMinimumHeight(fontMetrics().height() * 3);
        connect(button, &QPushButton::clicked, this, [this, what = choice.choice] { vote(what); });
        auto* shortcut = new QShortcut(QKeySequence(key), this); // an editor takes its digits itself
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        shortcut->setWhatsThis(button->text().remove(u'&').simplified());
        connect(shortcut, &QShortcut::activated, button, &QPushButton::click);
        m_keys.push_back(button);
        keys->addWidget(button, 1);
    }
    layout->addLayout(keys);
    m_note->setObjectName(QStringLiteral("judgeNote"));
    m_note->setAccessibleName(tr("Note"));
    m_note->setPlaceholderText(tr("Why (kept with the vote)"));
    m_note->setToolTip(tr("A note that is kept with the vote"));
    m_correct->setObjectName(QStringLiteral("judgeCorrect"));
    m_correct->setText(tr("Correct\u2026"));
    m_correct->setCheckable(true);
    m_correct->setToolTip(tr("Write what would have been right: it becomes a preference over what it corrects"));
    m_correction->setObjectName(QStringLiteral("judgeCorrection"));
    m_correction->setAccessibleName(tr("Correction"));
    m_correction->setPlaceholderText(tr("What would have been right"));
    m_correction->setToolTip(tr("Kept with the vote; chosen over what it corrects when preferences are made"));
    m_correction->setTabChangesFocus(true);
    m_correction->setMaximumHeight(fontMetrics().height() * 6);
    m_correction->hide();
    auto* row = new QHBoxLayout;
    row->addWidget(m_note, 1);
    row->addWidget(m_correct);
    row->addWidget(m_takeBack);
    layout->addLayout(row);
    layout->addWidget(m_correction);
    connect(m_correct, &QToolButton::toggled, this, &JudgePage::setCorrecting);
    connect(m_takeBack, &QPushButton::clicked, m_desk, &JudgingDesk::takeBack);
    auto* back = new QShortcut(QKeySequence(tr("Ctrl+Backspace")), this);
    back->setContext(Qt::WidgetWithChildrenShortcut);
    back->setWhatsThis(tr("Take the last vote back"));
    connect(back, &QShortcut::activated, m_takeBack, &QPushButton::click);
    return box;
}

void JudgePage::connectDesk()
{
    connect(m_desk, &JudgingDesk::listChanged, this, &JudgePage::showList);
    connect(m_desk, &JudgingDesk::listChanged, this, &JudgePage::takePlace);
    connect(m_desk, &JudgingDesk::pairChanged, this, &JudgePage::showPair);
    connect(m_desk, &JudgingDesk::pairChanged, this, &JudgePage::keepPlace);
    connect(m_workspace.places(), &Places::read, this, [this] {
        const Json place = m_workspace.places()->at(QStringLiteral("judge"));
        m_kept = wholeIn(place, "judging");
        if (const QString judge = textIn(place, "judge"); !judge.isEmpty()) {
            m_judge->setText(judge);
            m_desk->setJudge(judge);
        }
        takePlace();
    });
    connect(m_desk, &JudgingDesk::problemFound, this, &JudgePage::showProblem);
    connect(m_desk, &JudgingDesk::preferencesWritten, this, [this](const QString& path, qint64 rows) {
        m_workspace.say(tr("%Ln preference(s) written", nullptr, static_cast<int>(rows)));
        Q_EMIT m_workspace.pageWanted(QStringLiteral("data"), {});
        Q_EMIT m_workspace.fileWanted(path);
    });
    connect(m_judgings, &QComboBox::activated, this, [this](int index) { m_desk->open(m_judgings->itemData(index).toLongLong()); });
    connect(m_judge, &QLineEdit::editingFinished, this, [this] { m_desk->setJudge(m_judge->text()); });
}

void JudgePage::askForEvaluation()
{
    const auto project = m_workspace.project();
    const QString start = project ? QString::fromStdString((project->folder() / "evaluations").string()) : QString();
    QFileDialog* dialog = openDialog(this, QStringLiteral("evaluation"), tr("Choose the folder of an evaluation"), QFileDialog::Directory, {}, start);
    connect(dialog, &QFileDialog::fileSelected, m_desk, &JudgingDesk::makeFrom);
    dialog->open();
}

void JudgePage::askForFile()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("pairs"), tr("Open a file of pairs"), QFileDialog::ExistingFile, {tr("Pairs of answers (*.jsonl *.json *.csv)")});
    connect(dialog, &QFileDialog::fileSelected, m_desk, &JudgingDesk::makeFrom);
    dialog->open();
}

void JudgePage::showList()
{
    const QSignalBlocker blocker(m_judgings);
    m_judgings->clear();
    for (const auto& row : m_desk->judgings()) {
        m_judgings->addItem(tr("%1  \u00b7  %Ln pair(s)", nullptr, static_cast<int>(row.pairs)).arg(QString::fromStdString(row.name)), static_cast<qlonglong>(row.id));
    }
    m_judgings->setCurrentIndex(m_judgings->findData(m_desk->judging()));
    const bool isEmpty = m_desk->judgings().empty();
    m_stack->setCurrentWidget(isEmpty ? static_cast<QWidget*>(m_empty) : m_work);
    setFirstControl(isEmpty ? nullptr : m_prompt); // read only: the keys reach the page; what is hidden takes none
}

void JudgePage::keepPlace()
{
    if (m_desk->judging() != 0 && m_kept == 0) {
        m_workspace.places()->keep(QStringLiteral("judge"), {{"judging", m_desk->judging()}, {"judge", m_desk->judge().toStdString()}});
    }
}

void JudgePage::takePlace()
{
    const auto& all = m_desk->judgings();
    if (all.empty()) {
        return;
    }
    const qint64 kept = std::exchange(m_kept, 0);
    if (std::any_of(all.begin(), all.end(), [kept](const store::JudgingRow& row) { return row.id == kept; })) {
        m_desk->open(kept);
    }
}

void JudgePage::showPair()
{
    const auto* pair = m_desk->pair();
    if (pair != nullptr) { // a list that was read late and is empty says nothing against what went wrong meanwhile
        m_problem->hide();
    }
    m_judgings->setCurrentIndex(m_judgings->findData(m_desk->judging()));
    m_prompt->setText(pair == nullptr ? QString() : promptText(*pair));
    m_left->setText(m_desk->left());
    m_right->setText(m_desk->right());
    m_left->setPlaceholderText(pair == nullptr ? QString() : tr("nothing was answered"));
    m_right->setPlaceholderText(pair == nullptr ? QString() : tr("nothing was answered"));
    m_note->clear();
    m_correction->clear();
    m_correct->setChecked(false);
    for (QPushButton* key : m_keys) {
        key->setEnabled(pair != nullptr);
    }
    m_note->setEnabled(pair != nullptr);
    m_correct->setEnabled(pair != nullptr);
    m_takeBack->setEnabled(m_desk->numDone() > 0);
    showCriteria();
    m_progress->setMaximum(static_cast<int>(std::max<qint64>(1, m_desk->numPairs())));
    m_progress->setValue(static_cast<int>(m_desk->numDone()));
    m_progress->setFormat(tr("%1 of %2").arg(number(m_desk->numDone()), number(m_desk->numPairs())));
    showTally();
    const bool hasKeys = m_work->isVisible() && isAncestorOf(window()->focusWidget());
    const bool isDone = pair == nullptr && m_desk->numPairs() > 0 && m_desk->numDone() >= m_desk->numPairs();
    for (QWidget* part : {static_cast<QWidget*>(m_prompt), m_answers, m_keyBox}) {
        part->setVisible(!isDone);
    }
    m_done->setVisible(isDone);
    QWidget* first = !isDone ? static_cast<QWidget*>(m_prompt) : m_action->isEnabled() ? m_done->button() : m_done->secondButton();
    m_done->button()->setEnabled(m_action->isEnabled());
    if (!m_desk->judgings().empty()) {
        setFirstControl(first);
    }
    if (hasKeys) {
        first->setFocus(); // the next key is a vote again, or does what comes behind the votes
    }
}

QString JudgePage::winsText(const evaluation::Tally& tally) const
{
    //: a system, its wins in per cent, low and high end of the interval, number of pairs
    return tr("%1 wins %2 % (%3 to %4 %) of %Ln pair(s).", nullptr, static_cast<int>(tally.judged))
               .arg(m_desk->second(), percent(tally.rate), percent(tally.interval.low), percent(tally.interval.high))
           + QLatin1Char(' ') + (tally.isClear ? tr("That is clear.") : tally.isContradicted ? tr("Not clear: those who judged contradict each other.") : tr("Not clear yet."));
}

// Of more than two: how each stands to all, by Bradley and Terry.
QString JudgePage::ratingsText(const std::vector<evaluation::SystemRating>& ratings) const
{
    QStringList all;
    for (const auto& one : ratings) {
        const QString name = QString::fromStdString(one.system);
        const auto whole = [](double value) { return QLocale().toString(value, 'f', 0); };
        //: a system, its rating, low and high end of the rating's interval
        all += one.rating.isBounded ? tr("%1 %2 (%3 to %4)").arg(name, whole(one.rating.value), whole(one.rating.interval.low), whole(one.rating.interval.high))
               //: a system that won or lost all
               : one.rating.battles > 0 ? tr("%1 %2 (no bound)").arg(name, whole(one.rating.value))
                                        : tr("%1 (not judged)").arg(name);
    }
    //: systems with their ratings
    return tr("Ratings, the best first: %1.").arg(all.join(QStringLiteral(", ")));
}

void JudgePage::showTally()
{
    const auto tally = m_desk->tally();
    const qint64 judged = m_desk->numJudged();
    const bool areMany = m_desk->numSystems() > 2; // what two of them came to says little then
    m_action->setEnabled(judged > 0);
    const bool isOpen = m_desk->pair() != nullptr;
    m_tell->setVisible(isOpen && judged > 0);
    if (judged == 0) {
        m_tally->setText(tr("Nothing is judged yet. Who made which answer is told to nobody, and the sides are drawn anew for each pair."));
        return;
    }
    if (isOpen && !m_tell->isChecked()) { // a rate that moves with each vote would say whose answer it was
        const QString sentence = tr("Who is ahead is told when you have judged all pairs.");
        m_tally->setText(areMany ? sentence : sentence + QLatin1Char(' ') + (tally.isClear ? tr("It is clear already: more pairs will hardly change it.") : tally.isContradicted ? tr("It is not clear: those who judged contradict each other.") : tr("It is not clear yet.")));
        return;
    }
    QString text = areMany ? ratingsText(m_desk->ratings()) : winsText(tally);
    if (!areMany && std::isfinite(tally.longerRate)) {
        text += QLatin1Char(' ') + tr("The longer answer won %1 %.").arg(percent(tally.longerRate));
    }
    for (const auto& score : m_desk->criterionScores()) {
        if (score.pairs > 0) {
            //: a criterion, mean score of the second and of the first system
            text += QLatin1Char(' ') + tr("%1: %2 against %3.").arg(QString::fromStdString(score.criterion), QLocale().toString(score.second, 'f', 1), QLocale().toString(score.first, 'f', 1));
        }
    }
    if (const auto agreement = m_desk->agreement(); agreement.pairs > 0 && std::isfinite(agreement.alpha)) {
        const auto digits = [](double value) { return QLocale().toString(value, 'f', 2); };
        const int judges = static_cast<int>(agreement.judges.size());
        text += QLatin1Char(' ') + (std::isfinite(agreement.kappa) ? tr("%Ln judges agree by alpha %1, kappa %2.", nullptr, judges).arg(digits(agreement.alpha), digits(agreement.kappa))
                                                                   : tr("%Ln judges agree by alpha %1.", nullptr, judges).arg(digits(agreement.alpha)));
    }
    m_tally->setText(text.at(0).toUpper() + text.sliced(1)); // it may begin with a system's name
}

void JudgePage::vote(evaluation::Choice choice)
{
    if (m_desk->pair() == nullptr || m_desk->isBusy()) {
        return;
    }
    std::map<std::string, JudgingDesk::SideScore> scores;
    for (const ScoreRow& row : m_scores) {
        scores[row.criterion] = {row.left->currentIndex(), row.right->currentIndex()};
    }
    m_desk->vote(choice, m_note->text(), m_correct->isChecked() ? m_correction->toPlainText() : QString(), scores);
}

// A row a criterion, a box a side; both begin empty with each pair.
void JudgePage::showCriteria()
{
    std::vector<std::string> shown;
    for (const ScoreRow& row : m_scores) {
        shown.push_back(row.criterion);
    }
    const auto& wanted = m_desk->criteria();
    if (shown == wanted) {
        for (const ScoreRow& row : m_scores) {
            row.left->setCurrentIndex(0);
            row.right->setCurrentIndex(0);
        }
    } else {
        m_scores.clear();
        auto* grid = static_cast<QGridLayout*>(m_scoreBox->layout());
        while (QLayoutItem* item = grid->takeAt(0)) {
            item->widget()->hide();
            item->widget()->deleteLater();
            delete item;
        }
        QStringList words;
        const auto box = [this](const QString& criterion, bool isLeft) {
            auto* scores = new QComboBox;
            scores->setObjectName(QStringLiteral("judgeScore-%1-%2").arg(criterion, isLeft ? QStringLiteral("left") : QStringLiteral("right")));
            //: a criterion
            scores->setAccessibleName(isLeft ? tr("%1, left answer").arg(criterion) : tr("%1, right answer").arg(criterion));
            scores->setToolTip(tr("1 is poor, 5 is as good as it can be; \u2013 says nothing"));
            scores->addItem(QStringLiteral("\u2013"));
            for (int score = 1; score <= 5; ++score) {
                scores->addItem(QString::number(score));
            }
            return scores;
        };
        for (const std::string& criterion : wanted) {
            const QString word = QString::fromStdString(criterion);
            words += word;
            const int line = static_cast<int>(m_scores.size());
            m_scores.push_back({criterion, box(word, true), box(word, false)});
            auto* name = new QLabel(word);
            grid->addWidget(m_scores.back().left, line, 0, Qt::AlignRight);
            grid->addWidget(name, line, 1, Qt::AlignCenter);
            grid->addWidget(m_scores.back().right, line, 2, Qt::AlignLeft);
        }
        grid->setColumnStretch(0, 1);
        grid->setColumnStretch(2, 1);
        if (!m_criteria->hasFocus()) {
            m_criteria->setText(words.join(QStringLiteral(", ")));
        }
    }
    m_scoreBox->setVisible(!m_scores.empty() && m_desk->pair() != nullptr);
}

void JudgePage::openModelJudge()
{
    auto* dialog = new JudgeModel(m_desk, m_workspace.modelPath(), this);
    dialog->open();
}

void JudgePage::setCorrecting(bool isOn)
{
    m_correction->setVisible(isOn);
    if (isOn) {
        m_correction->setFocus();
    }
}

void JudgePage::showProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->show();
}

} // namespace luthier::ui
