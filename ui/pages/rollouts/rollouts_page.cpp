// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/rollouts/rollouts_page.h"

#include "core/config/run_config.h"
#include "core/objectives/rollout_settings.h"
#include "core/rollouts/rollout_log.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/models/text_table.h"
#include "ui/pages/rollouts/rollout_reader.h"
#include "ui/pages/rollouts/rollout_trial.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/row_view.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kDigits = 3;

QString shortNumber(double value)
{
    return QLocale().toString(value, 'f', kDigits);
}

struct Listing {
    std::vector<RolloutRunEntry> runs;
    QString problem;
};

// One that cannot be read whole is left out and told.
Listing readRuns(store::Project& project, const base::CancelToken& cancel)
{
    Listing listing;
    const auto rows = project.runs();
    if (!rows) {
        listing.problem = QString::fromStdString(rows.message());
        return listing;
    }
    for (const store::RunRow& row : *rows) {
        const auto numbers = rollouts::updatesIn(row.folder);
        if (numbers.empty() || cancel.isCancelled()) {
            continue;
        }
        const auto config = config::fromJson(row.recipe);
        RolloutRunEntry entry{row.id, QString::fromStdString(row.name), row.folder, config ? config->model.path : std::string(),
                              config ? config->objective.of<objectives::AnswerSettings>().rewards : std::vector<std::string>(), {}};
        for (const std::int64_t update : numbers) {
            const auto read = rollouts::readUpdate(row.folder, update);
            if (!read) {
                listing.problem = QString::fromStdString(read.message());
                continue;
            }
            entry.updates.push_back(rollouts::summaryOf(*read));
        }
        listing.runs.push_back(std::move(entry));
    }
    return listing;
}

struct Opened {
    Result<rollouts::Update> update{Error{}};
    std::shared_ptr<const text::Tokenizer> tokenizer;
};

// The vocabulary's spelling, with spaces as spaces.
QString pieceOf(const text::Tokenizer& tokenizer, text::TokenId id)
{
    QString piece = QString::fromStdString(tokenizer.piece(id));
    piece.replace(QChar(0x2581), u' ').replace(QChar(0x0120), u' ').replace(QChar(0x010A), u'\n');
    return piece == QStringLiteral("<0x0A>") ? QStringLiteral("\n") : piece;
}

QComboBox* makeBox(const QString& id, const QString& help)
{
    auto* box = new QComboBox;
    box->setObjectName(id);
    box->setToolTip(help);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(14);
    return box;
}

} // namespace

RolloutsPage::RolloutsPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_stack(new QStackedWidget), m_empty(new EmptyState),
      m_runBox(makeBox(QStringLiteral("rolloutRun"), tr("A run that learned from its own answers"))),
      m_updateBox(makeBox(QStringLiteral("rolloutUpdate"), tr("Answers that were made with the same weights, and learned from together"))),
      m_orderBox(makeBox(QStringLiteral("rolloutOrder"), tr("In which order the answers stand"))), m_summary(new ElidedLabel(Token::TextQuiet)), m_problem(new StatusLabel(Token::Bad)),
      m_table(new TextTable({tr("Reward"), tr("KL"), tr("Tokens"), tr("Prompt"), tr("Answer")}, this)), m_view(new QTableView), m_reader(new RolloutReader)
{
    m_empty->setText({tr("No answers yet"),
                      tr("A run whose objective is GRPO, RLOO or PPO answers prompts while it trains and keeps every answer with its numbers and rewards. "
                         "Choose one of them on Tune."),
                      tr("Go to Tune"), {}});
    connect(m_empty, &EmptyState::triggered, this, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), QStringLiteral("objective.kind")); });
    m_stack->addWidget(m_empty);
    m_stack->addWidget(buildWork());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    connect(&m_workspace, &Workspace::projectChanged, this, &RolloutsPage::refresh);
    connect(&m_workspace, &Workspace::runsChanged, this, &RolloutsPage::refresh);
    connect(m_workspace.places(), &Places::read, this, [this] {
        m_wanted = m_wanted > 0 ? m_wanted : wholeIn(m_workspace.places()->at(QStringLiteral("rollouts")), "run");
        refresh();
    });
    refresh();
}

QWidget* RolloutsPage::buildWork()
{
    auto* work = new QWidget;
    auto* layout = new QVBoxLayout(work);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(buildChoices());
    m_problem->setObjectName(QStringLiteral("rolloutProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    layout->addWidget(m_problem);
    m_table->setNumbers({0, 1, 2});
    presentRows(m_view, m_table);
    m_view->setObjectName(QStringLiteral("rolloutAnswers"));
    m_view->setAccessibleName(tr("Answers"));
    m_view->setToolTip(tr("Answers of the update; the one that is chosen stands on the right"));
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->horizontalHeader()->setSectionsClickable(true);
    connect(m_view->horizontalHeader(), &QHeaderView::sectionClicked, this, &RolloutsPage::orderBy);
    m_view->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
    auto* split = new QSplitter;
    split->setObjectName(QStringLiteral("rolloutsSplitter"));
    split->addWidget(m_view);
    split->addWidget(m_reader);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 1);
    split->setChildrenCollapsible(false);
    layout->addWidget(split, 1);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &RolloutsPage::showAnswer);
    connect(m_reader, &RolloutReader::ruleWanted, this, &RolloutsPage::goToRules);
    connect(m_reader, &RolloutReader::againWanted, this, &RolloutsPage::findAgain);
    return work;
}

QWidget* RolloutsPage::buildChoices()
{
    for (const rollouts::Order& order : rollouts::orders()) {
        m_orderBox->addItem(QCoreApplication::translate("Rollouts", order.label), QString::fromLatin1(order.id));
    }
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    const auto add = [row](const QString& text, QComboBox* combo, int stretch) {
        auto* label = new QLabel(text);
        label->setBuddy(combo);
        row->addWidget(label);
        row->addWidget(combo, stretch);
    };
    add(tr("&Run"), m_runBox, 3);
    add(tr("&Update"), m_updateBox, 2);
    add(tr("&Order"), m_orderBox, 2);
    m_summary->setObjectName(QStringLiteral("rolloutSummary"));
    row->addWidget(m_summary, 3);
    connect(m_runBox, &QComboBox::currentIndexChanged, this, &RolloutsPage::openRun);
    connect(m_updateBox, &QComboBox::currentIndexChanged, this, &RolloutsPage::openUpdate);
    connect(m_orderBox, &QComboBox::currentIndexChanged, this, &RolloutsPage::showAnswers);
    return box;
}

void RolloutsPage::activated()
{
    refresh();
}

void RolloutsPage::reveal(const QString& what)
{
    m_wanted = what.toLongLong();
    refresh();
}

void RolloutsPage::refresh()
{
    const auto project = m_workspace.project();
    if (!project) {
        m_stack->setCurrentWidget(m_empty);
        return;
    }
    m_listing.start(
        this, [project](const JobControl& control) { return readRuns(*project, control.cancel); },
        [this](const Listing& listing) {
            m_listProblem = listing.problem;
            showProblem(m_listProblem);
            showRuns(listing.runs);
        });
}

// What was chosen stays chosen.
void RolloutsPage::showRuns(std::vector<RolloutRunEntry> runs)
{
    const qint64 known = m_wanted > 0 ? std::exchange(m_wanted, 0) : run() ? run()->id : 0;
    const std::size_t updates = run() ? run()->updates.size() : 0;
    m_runs = std::move(runs);
    int chosen = 0;
    {
        const QSignalBlocker blocker(m_runBox);
        m_runBox->clear();
        for (const RolloutRunEntry& entry : m_runs) {
            chosen = entry.id == known ? m_runBox->count() : chosen;
            m_runBox->addItem(entry.name, QVariant::fromValue<qlonglong>(entry.id));
        }
        m_runBox->setCurrentIndex(m_runs.empty() ? -1 : chosen);
    }
    m_stack->setCurrentIndex(m_runs.empty() ? 0 : 1);
    if (!m_runs.empty() && (m_made.empty() || run()->id != known || run()->updates.size() != updates)) {
        openRun();
    }
}

const RolloutRunEntry* RolloutsPage::run() const
{
    const int index = m_runBox->currentIndex();
    return index >= 0 && static_cast<std::size_t>(index) < m_runs.size() ? &m_runs[static_cast<std::size_t>(index)] : nullptr;
}

void RolloutsPage::openRun()
{
    const QVariant before = m_updateBox->currentData();
    const QSignalBlocker blocker(m_updateBox);
    m_updateBox->clear();
    if (run() == nullptr) {
        return;
    }
    for (const rollouts::UpdateSummary& update : run()->updates) {
        m_updateBox->addItem(tr("%1 · reward %2").arg(number(update.number), shortNumber(update.reward)), QVariant::fromValue<qlonglong>(update.number));
    }
    const int same = m_updateBox->findData(before);
    m_updateBox->setCurrentIndex(same >= 0 ? same : m_updateBox->count() - 1);
    m_reader->setRules(run()->rules);
    m_workspace.places()->keep(QStringLiteral("rollouts"), {{"run", run()->id}});
    openUpdate();
}

void RolloutsPage::openUpdate()
{
    m_reader->clear();
    const auto place = static_cast<std::size_t>(std::max(0, m_updateBox->currentIndex()));
    if (run() == nullptr || place >= run()->updates.size()) {
        return;
    }
    const rollouts::UpdateSummary& update = run()->updates[place];
    m_summary->setText(tr("reward %1 · KL %2 · %3 tokens · %4 % ended")
                           .arg(shortNumber(update.reward), shortNumber(update.kl), QLocale().toString(update.tokens, 'f', 1), QLocale().toString(update.ended * 100, 'f', 0)));
    const auto known = m_tokenizerOf == run()->model ? m_tokenizer : nullptr;
    m_tokenizerOf = run()->model;
    m_opening.start(
        this,
        [folder = run()->folder, model = run()->model, wanted = update.number, known] {
            Opened opened;
            opened.update = rollouts::readUpdate(folder, wanted);
            opened.tokenizer = known;
            if (!known && !model.empty()) {
                const auto encoder = data::Encoder::load(model);
                opened.tokenizer = encoder ? encoder->tokenizer : nullptr;
            }
            return opened;
        },
        [this](const Opened& opened) {
            m_tokenizer = opened.tokenizer;
            m_made = opened.update ? opened.update->answers : std::vector<rollouts::Answered>();
            m_reader->trial()->setUpdate(m_made);
            showProblem(opened.update ? m_listProblem : QString::fromStdString(opened.update.message()));
            showAnswers();
        });
}

// A click on a heading of numbers: lowest first, then highest.
void RolloutsPage::orderBy(int column)
{
    static constexpr const char* kIds[] = {"reward", "kl", "length"};
    if (column < 0 || column >= static_cast<int>(std::size(kIds))) {
        return;
    }
    const QString lowest = QString::fromLatin1(kIds[column]);
    const bool isLowest = m_orderBox->currentData().toString() == lowest;
    m_orderBox->setCurrentIndex(m_orderBox->findData(isLowest ? lowest + QStringLiteral("_high") : lowest));
}

void RolloutsPage::showAnswers()
{
    m_answers = m_made;
    rollouts::sort(m_answers, rollouts::orders()[static_cast<std::size_t>(std::max(0, m_orderBox->currentIndex()))]);
    std::vector<QStringList> lines;
    for (const rollouts::Answered& answered : m_answers) {
        lines.push_back({shortNumber(answered.numbers.reward), shortNumber(answered.numbers.kl()),
                         number(std::ssize(answered.ids)) + (answered.numbers.ended ? QString() : QStringLiteral("+")),
                         QString::fromStdString(answered.prompt), QString::fromStdString(answered.answer)});
    }
    m_table->setLines(std::move(lines));
    m_view->resizeColumnsToContents();
    m_view->setColumnWidth(3, std::min(m_view->columnWidth(3), fontMetrics().averageCharWidth() * 30));
    if (!m_answers.empty()) {
        m_view->setCurrentIndex(m_table->index(0, 0));
    }
}

void RolloutsPage::showAnswer()
{
    const int row = m_view->currentIndex().row();
    if (row < 0 || static_cast<std::size_t>(row) >= m_answers.size()) {
        m_reader->clear();
        return;
    }
    RolloutView view{m_answers[static_cast<std::size_t>(row)], {}};
    for (const text::TokenId id : m_tokenizer ? view.answered.ids : std::vector<text::TokenId>()) {
        view.pieces.push_back(pieceOf(*m_tokenizer, id));
    }
    m_reader->showAnswer(std::move(view));
}

// In the settings of the run that is read: what Tune has now may know no rules, or others.
void RolloutsPage::goToRules()
{
    if (run() != nullptr) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), QStringLiteral("remedy:%1:objective.rewards").arg(run()->id));
    }
}

void RolloutsPage::findAgain(std::uint32_t file, qint64 row)
{
    if (run() == nullptr) {
        return;
    }
    m_finding.start(
        this, [folder = run()->folder, file, row](const JobControl& control) { return rollouts::answersTo(folder, file, row, control.cancel); },
        [this](const Result<std::vector<rollouts::Again>>& again) {
            again ? m_reader->setAgain(*again) : m_reader->setAgainProblem(QString::fromStdString(again.message()));
        });
}

void RolloutsPage::showProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->setVisible(!sentence.isEmpty());
}

} // namespace luthier::ui
