// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/queue/tune_shootout.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/charts/parallel_coordinates.h"
#include "ui/models/number_order.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QComboBox>
#include <QDateTime>
#include <QHeaderView>
#include <QLocale>
#include <QProgressBar>
#include <QShortcut>
#include <QTableView>

#include <algorithm>
#include <iterator>

namespace luthier::ui {
namespace {

using State = ShootoutLine::State;

const QString kChosenKey = QStringLiteral("shootoutMethods");

QString titleOf(const store::ShootoutRecord& record)
{
    const QDateTime at = QDateTime::fromString(QString::fromStdString(record.created), Qt::ISODateWithMs).toLocalTime();
    //: an earlier shoot-out in the list: when, how many methods
    return TuneShootout::tr("%1, %Ln method(s)", nullptr, static_cast<int>(record.entries.size()))
        .arg(at.isValid() ? QLocale().toString(at, QLocale::ShortFormat) : QString::fromStdString(record.created));
}

std::int64_t countOf(const std::vector<ShootoutLine>& lines, State state)
{
    return std::count_if(lines.begin(), lines.end(), [state](const ShootoutLine& line) { return line.state == state; });
}

} // namespace

TuneShootout::TuneShootout(Workspace& workspace, QWidget* parent)
    : QWidget(parent), m_workspace(workspace), m_queue(new ShootoutQueue(workspace, this)), m_model(new ShootoutTable(this)),
      m_order(new NumberOrder(this)), m_which(new QComboBox), m_bar(new QProgressBar), m_words(new StatusLabel(Token::TextQuiet)),
      m_problem(new StatusLabel(Token::Bad)), m_view(new QTableView), m_parallel(new ParallelCoordinates)
{
    setObjectName(QStringLiteral("shootout"));
    m_chosen = m_workspace.settings().text(kChosenKey, QStringLiteral("lora full")).split(u' ', Qt::SkipEmptyParts);
    build();
    connect(m_queue, &ShootoutQueue::changed, this, &TuneShootout::onQueueChanged);
    connect(m_queue, &ShootoutQueue::progressed, this, &TuneShootout::onProgress);
    connect(m_which, &QComboBox::activated, this, [this](int row) {
        m_wanted = row == 0 ? std::string() : m_records[static_cast<std::size_t>(row - 1)].created;
        readShown();
    });
    connect(m_model, &ShootoutTable::choiceChanged, this, [this] {
        m_chosen.clear();
        for (const ShootoutLine& line : m_model->lines()) {
            m_chosen += line.isChosen ? QStringList{line.method} : QStringList();
        }
        m_workspace.settings().setText(kChosenKey, m_chosen.join(u' '));
        refresh();
    });
    connect(&m_workspace, &Workspace::projectChanged, this, [this] {
        m_wanted.clear();
        readRecords();
    });
    connect(&m_workspace, &Workspace::runsChanged, this, [this] {
        if (isVisible() && shown() != nullptr) {
            readShown(); // one may have been deleted or gone on with
        }
    });
    connect(m_workspace.runs(), &RunController::stateChanged, this, &TuneShootout::refresh);
    readRecords();
}

void TuneShootout::setRecipe(const config::RunConfig& recipe, std::int64_t steps, bool isGood)
{
    m_recipe = recipe;
    m_isGood = isGood;
    m_steps = steps;
    if (isVisible() && shown() == nullptr) {
        readShown();
    }
}

void TuneShootout::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    readShown();
    m_view->setFocus(Qt::OtherFocusReason);
}

void TuneShootout::readRecords()
{
    const auto work = [project = m_workspace.project()] {
        return project ? store::shootouts(*project) : Result<std::vector<store::ShootoutRecord>>(std::vector<store::ShootoutRecord>());
    };
    m_listJob.start(this, work, [this](const Result<std::vector<store::ShootoutRecord>>& records) {
        if (!records) {
            m_workspace.say(QString::fromStdString(records.message()));
            return;
        }
        m_records = *records;
        fillRecords();
        readShown();
    });
}

void TuneShootout::fillRecords()
{
    m_which->clear();
    m_which->addItem(tr("New shoot-out"));
    for (const store::ShootoutRecord& record : m_records) {
        m_which->addItem(titleOf(record));
        if (record.created == m_wanted) {
            m_which->setCurrentIndex(m_which->count() - 1);
        }
    }
}

const store::ShootoutRecord* TuneShootout::shown() const
{
    const auto at = std::find_if(m_records.begin(), m_records.end(), [this](const auto& record) { return record.created == m_wanted; });
    return at == m_records.end() ? nullptr : &*at;
}

bool TuneShootout::showsQueue() const
{
    return m_queue->isRunning() && !m_wanted.empty() && m_queue->record().created == m_wanted;
}

void TuneShootout::readShown()
{
    const store::ShootoutRecord* record = shown();
    const auto work = [project = m_workspace.project(), recipe = m_recipe, steps = m_steps,
                       record = record == nullptr ? std::nullopt : std::optional(*record)] {
        return record && project ? readLines(*record, steps, *project) : planMethods(recipe, steps, project.get());
    };
    m_readJob.start(this, work, [this](const std::vector<ShootoutLine>& lines) { takeLines(lines); });
}

// The table stays as it is where its methods are the same, so that choice and order survive.
void TuneShootout::takeLines(std::vector<ShootoutLine> lines)
{
    for (ShootoutLine& line : lines) {
        line.isChosen = line.state == State::Choice && line.size && m_chosen.contains(line.method);
    }
    const auto& before = m_model->lines();
    const bool same = std::equal(before.begin(), before.end(), lines.begin(), lines.end(),
                                 [](const auto& a, const auto& b) { return a.method == b.method; });
    if (same) {
        for (std::size_t row = 0; row < lines.size(); ++row) {
            m_model->setLine(static_cast<int>(row), lines[row]);
        }
    } else {
        m_model->setLines(std::move(lines));
        m_view->setCurrentIndex(m_order->index(0, ShootoutTable::kMethodColumn));
    }
    onProgress();
    refresh();
}

// The line in training from what its events said last.
void TuneShootout::onProgress()
{
    const int row = m_queue->current();
    if (!showsQueue() || row < 0 || row >= m_model->rowCount()) {
        return;
    }
    ShootoutLine line = m_model->lines()[static_cast<std::size_t>(row)];
    const RunController* runs = m_workspace.runs();
    line.state = State::Training;
    line.run = m_queue->record().entries[static_cast<std::size_t>(row)].run;
    line.measured = m_queue->live();
    line.step = runs->step();
    line.totalSteps = runs->totalSteps();
    line.secondsLeft = m_queue->secondsLeft();
    m_model->setLine(row, line);
    refresh();
}

void TuneShootout::onQueueChanged()
{
    if (m_queue->isRunning()) {
        const store::ShootoutRecord& record = m_queue->record();
        const auto at = std::find_if(m_records.begin(), m_records.end(), [&](const auto& other) { return other.created == record.created; });
        if (at == m_records.end()) {
            m_records.insert(m_records.begin(), record);
            m_wanted = record.created;
            fillRecords();
        } else {
            *at = record;
        }
    }
    if (!m_wanted.empty()) {
        readShown();
    }
    refresh();
}

bool TuneShootout::canStart() const
{
    const auto& lines = m_model->lines();
    if (m_queue->isRunning() || !m_workspace.project()) {
        return false;
    }
    return shown() != nullptr ? std::any_of(lines.begin(), lines.end(), [](const ShootoutLine& line) { return line.isLeft(); })
                              : m_isGood && std::any_of(lines.begin(), lines.end(), [](const ShootoutLine& line) { return line.isChosen; });
}

QString TuneShootout::startText() const
{
    return shown() != nullptr ? tr("Go on") : tr("Start shoot-out");
}

void TuneShootout::start()
{
    if (!canStart()) {
        return;
    }
    if (const store::ShootoutRecord* record = shown()) {
        m_queue->goOn(*record);
        return;
    }
    QStringList methods;
    for (int row = 0; row < m_order->rowCount(); ++row) { // in the order that the person sees
        const int at = m_order->mapToSource(m_order->index(row, 0)).row();
        const ShootoutLine& line = m_model->lines()[static_cast<std::size_t>(at)];
        methods += line.isChosen ? QStringList{line.method} : QStringList();
    }
    m_queue->start(m_recipe, methods);
}

QString TuneShootout::words() const
{
    const auto& lines = m_model->lines();
    if (shown() == nullptr) {
        const auto count = static_cast<int>(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.isChosen; }));
        return count == 0 ? tr("Choose at least one method. All else stays as the recipe says.")
                          : tr("%Ln method(s), one after the other; all else stays as the recipe says.", nullptr, count);
    }
    const auto over = std::count_if(lines.begin(), lines.end(), [](const ShootoutLine& line) { return line.isOver(); });
    const QString done = tr("%1 of %2 done").arg(number(over), number(std::ssize(lines)));
    if (!showsQueue()) {
        const auto left = std::count_if(lines.begin(), lines.end(), [](const ShootoutLine& line) { return line.isLeft(); });
        return left == 0 ? done : tr("%1 finished, %2 left to go on with").arg(number(countOf(lines, State::Finished)), number(left));
    }
    if (m_workspace.runs()->isBusy() && m_queue->current() < 0) {
        return tr("%1, waiting for the run in progress").arg(done);
    }
    const QString left = timeLeft(secondsLeftInAll(lines));
    //: how many are done, time left
    return left.isEmpty() ? done : tr("%1, in all %2").arg(done, left);
}

void TuneShootout::refresh()
{
    const auto& lines = m_model->lines();
    const ShootoutLine* line = chosen();
    const bool mine = showsQueue();
    m_words->setText(words());
    showParallel();
    m_problem->setText(line == nullptr ? QString() : problemSentence(line->sentence));
    m_problem->setVisible(line != nullptr && !line->sentence.isEmpty());
    constexpr int kParts = 1000;
    double done = 0;
    for (const ShootoutLine& each : lines) {
        const bool trains = each.state == State::Training && each.totalSteps > 0;
        done += each.isOver() ? 1 : trains ? static_cast<double>(each.step) / static_cast<double>(each.totalSteps) : 0;
    }
    m_bar->setVisible(mine);
    m_bar->setRange(0, static_cast<int>(lines.size()) * kParts);
    m_bar->setValue(static_cast<int>(done * kParts));
    m_cancel->setEnabled(mine && line != nullptr && (line->state == State::Waiting || line->state == State::Training));
    m_cancelAll->setEnabled(m_queue->isRunning());
    m_showRun->setEnabled(line != nullptr && line->run != 0 && line->state != State::Deleted);
    const bool finished = line != nullptr && line->state == State::Finished;
    m_compare->setEnabled(finished);
    m_showAdapter->setEnabled(finished && line->method != QLatin1String("full"));
    m_copy->setEnabled(shown() != nullptr && !lines.empty());
    m_save->setEnabled(m_copy->isEnabled());
    Q_EMIT startChanged();
}

void TuneShootout::showQueue()
{
    m_wanted = m_queue->record().created;
    readRecords();
}

// Of a sweep: its trials over the settings that were tried.
void TuneShootout::showParallel()
{
    QStringList keys;
    std::vector<ParallelTrial> trials;
    for (const ShootoutLine& line : m_model->lines()) {
        for (const auto& setting : train::variantOf(line.method.toStdString()).settings) {
            if (const QString key = QString::fromStdString(setting.first); !keys.contains(key)) {
                keys += key;
            }
        }
    }
    for (const ShootoutLine& line : m_model->lines()) {
        ParallelTrial trial{line.method, {}, line.measured.measures.heldOut()};
        const auto settings = train::variantOf(line.method.toStdString()).settings;
        for (const QString& key : keys) {
            const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& setting) { return key == QString::fromStdString(setting.first); });
            trial.values += found == settings.end() ? QString() : QString::fromStdString(found->second);
        }
        trials.push_back(std::move(trial));
    }
    QStringList names;
    for (const QString& key : keys) {
        names += key.section(u'.', 1);
    }
    m_parallel->setTrials(names, tr("held-out loss"), std::move(trials));
}

} // namespace luthier::ui
