// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_page.h"

#include "core/base/paths.h"
#include "core/store/next_recipe.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/set_field.h"
#include "ui/forms/settings_form.h"
#include "ui/pages/tune/opened_data.h"
#include "ui/pages/tune/tune_advice.h"
#include "ui/pages/tune/tune_data.h"
#include "ui/pages/tune/tune_answers.h"
#include "ui/pages/tune/tune_gate.h"
#include "ui/pages/tune/tune_limit.h"
#include "ui/pages/tune/tune_model.h"
#include "ui/pages/tune/tune_place.h"
#include "ui/pages/tune/tune_preflight.h"
#include "ui/pages/tune/queue/tune_queue.h"
#include "ui/pages/tune/tune_recipes.h"
#include "ui/pages/tune/queue/tune_shootout.h"
#include "ui/pages/tune/tune_start.h"
#include "ui/pages/tune/tune_trials.h"
#include "ui/pages/tune/tune_way.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/vertical_scroll.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/run_queue.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QCoreApplication>
#include <QSplitter>
#include <QStackedWidget>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>
#include <map>

namespace luthier::ui {
namespace {

constexpr int kRecheckMs = 400;     // after the last key stroke
constexpr int kSaveMs = 1000;

// The recipe with what was changed by hand while it was being read: the later word counts.
config::RunConfig withChanges(config::RunConfig recipe, const config::RunConfig& before, const config::RunConfig& now)
{
    for (const config::Difference& change : config::difference(before, now)) {
        (void)config::setByKey(recipe, change.key, change.right); // a value that it had
    }
    return recipe;
}

} // namespace

TunePage::TunePage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_document(new RecipeDocument(this)), m_start(new QAction(tr("Start tuning"), this)),
      m_stack(new QStackedWidget), m_verdictBar(new TuneVerdict), m_preflight(new TunePreflight(this)), m_gate(new TuneGate),
      m_shootout(new TuneShootout(workspace)), m_advice(new TuneAdvice(workspace)), m_trials(new TuneTrials(workspace, m_shootout->queue())),
      m_queue(new RunQueue(workspace, *m_shootout->queue(), this))
{
    new TuneLimit(m_document, m_workspace);
    m_first = ownConfig();
    m_document->replace(*m_first);
    m_model = new TuneModel(m_document, workspace.undoStack(), workspace.models());
    m_from = new TuneStart(m_document, workspace);
    m_model->setStart(m_from);
    m_place = new TunePlace(workspace);
    m_model->setStart(m_place);
    m_data = new TuneData(m_document, workspace);
    m_way = new TuneWay(m_document, workspace.undoStack());
    m_start->setObjectName(QStringLiteral("startTuning"));
    m_start->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_start->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_start->setToolTip(tr("Show one row as it will be read, then start"));
    addAction(m_start);
    m_stack->addWidget(buildColumns());
    m_stack->addWidget(m_gate);
    m_stack->addWidget(m_shootout);
    m_stack->addWidget(m_advice);
    m_stack->addWidget(m_trials);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    m_recheck.setSingleShot(true);
    m_recheck.setInterval(kRecheckMs);
    m_saveLater.setSingleShot(true);
    m_saveLater.setInterval(kSaveMs);
    connect(&m_recheck, &QTimer::timeout, this, &TunePage::check);
    connect(&m_saveLater, &QTimer::timeout, this, &TunePage::saveRecipe);
    connect(m_start, &QAction::triggered, this, &TunePage::onMainAction);
    connect(m_document, &RecipeDocument::changed, this, &TunePage::onChanged);
    connect(m_model, &TuneModel::factsChanged, this, &TunePage::showVerdict);
    connect(m_place, &TunePlace::changed, &m_recheck, qOverload<>(&QTimer::start)); // what each of several needs
    connect(m_from, &TuneStart::problemChanged, this, &TunePage::showVerdict);
    connect(m_gate, &TuneGate::accepted, this, &TunePage::onMainAction);
    connect(m_gate, &TuneGate::blockChanged, this, &TunePage::refreshAction);
    connect(m_gate, &TuneGate::rowsWanted, this, [this](const QString& filter) {
        showGate(false);
        Q_EMIT m_workspace.pageWanted(QStringLiteral("data"), filter);
    });
    connect(m_gate, &TuneGate::changeWanted, this, [this](const train::MemoryChange& change) {
        showGate(false);
        applyChange(change);
    });
    connect(m_verdictBar, &TuneVerdict::changeWanted, this, &TunePage::applyChange);
    connect(m_preflight, &TunePreflight::finished, this, &TunePage::takeMeasured);
    connect(m_gate, &TuneGate::rejected, this, [this] { showGate(false); });
    connect(m_way, &TuneWay::shootoutWanted, this, &TunePage::showShootout);
    connect(m_way, &TuneWay::adviceWanted, this, &TunePage::showAdvice);
    connect(m_way, &TuneWay::trialsWanted, this, &TunePage::showTrials);
    connect(m_advice, &TuneAdvice::left, this, [this] { showGate(false); });
    connect(m_trials, &TuneTrials::left, this, [this] { showGate(false); });
    connect(m_advice, &TuneAdvice::settingsWanted, this, &TunePage::takeAdvice);
    connect(m_trials, &TuneTrials::rateWanted, this, &TunePage::takeRate);
    connect(m_trials, &TuneTrials::queueStarted, this, [this] {
        showShootout();
        m_shootout->showQueue();
    });
    connect(m_shootout, &TuneShootout::left, this, [this] { showGate(false); });
    connect(m_shootout, &TuneShootout::startChanged, this, &TunePage::refreshAction);
    connect(m_shootout->queue(), &ShootoutQueue::changed, this, &TunePage::refreshAction);
    connect(&m_workspace, &Workspace::projectChanged, this, &TunePage::loadRecipe);
    connect(&m_workspace, &Workspace::modelPathChanged, this, [this](const QString& folder) {
        (void)m_document->setValue(RecipeDocument::find(QStringLiteral("model.path")), folder.toStdString());
    });
    connect(&m_workspace, &Workspace::sourcesChanged, &m_recheck, qOverload<>(&QTimer::start));
    connect(m_workspace.runs(), &RunController::stateChanged, this, &TunePage::refreshAction);
    for (SettingsForm* form : forms()) {
        connect(form, &SettingsForm::problemsChanged, this, &TunePage::showVerdict);
    }
    refreshAction();
}

TunePage::~TunePage()
{
    if (m_saveLater.isActive()) {
        saveRecipe();
    }
}

QWidget* TunePage::buildColumns()
{
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("tuneSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(new VerticalScroll(m_model));
    splitter->addWidget(new VerticalScroll(m_data));
    m_way->header()->addWidget(new TuneRecipes(m_document, m_workspace));
    splitter->addWidget(m_way);
    const int column = fontMetrics().averageCharWidth();
    splitter->setSizes({column * 34, column * 46, column * 68});
    splitter->setStretchFactor(1, 1);
    splitter->setStretchFactor(2, 1);
    auto* all = new QWidget;
    auto* layout = new QVBoxLayout(all);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter, 1);
    layout->addWidget(m_verdictBar);
    layout->addWidget(new TuneQueue(m_queue));
    return all;
}

std::vector<SettingsForm*> TunePage::forms() const
{
    std::vector<SettingsForm*> all = m_way->forms();
    all.push_back(m_data->form());
    all.push_back(m_model->form());
    return all;
}

void TunePage::reveal(const QString& what)
{
    if (what == QStringLiteral("shootout")) {
        showShootout();
        return;
    }
    if (what == QStringLiteral("advice") || what == QStringLiteral("trials")) {
        what == QStringLiteral("advice") ? showAdvice() : showTrials();
        return;
    }
    showGate(false);
    if (what == QStringLiteral("example")) {
        m_data->opened()->takeExample();
        return;
    }
    if (const QString start = QStringLiteral("start:"); what.startsWith(start)) {
        m_from->choose(what.mid(start.size()));
        return;
    }
    if (const QString remedy = QStringLiteral("remedy:"); what.startsWith(remedy)) { // "remedy:RUN:part.key=value"
        const QString rest = what.mid(remedy.size());
        const QString setting = rest.section(u':', 1);
        useSettingsOf(rest.section(u':', 0, 0).toLongLong(), setting.section(u'=', 0, 0), setting.section(u'=', 1));
        return;
    }
    if (const QString run = QStringLiteral("run:"); what.startsWith(run)) {
        useSettingsOf(what.mid(run.size()).toLongLong());
        return;
    }
    if (QWidget* own = ownControl(what)) { // stands in no form
        own->setFocus(Qt::ShortcutFocusReason);
        scrollTo(own);
        return;
    }
    m_way->clearSearch();
    const auto all = forms();
    if (!std::any_of(all.begin(), all.end(), [&what](SettingsForm* form) { return form->reveal(what); })) {
        sayWhoHas(what);
    }
}

QWidget* TunePage::ownControl(const QString& key) const
{
    static const std::map<QString, QString> names{{QStringLiteral("model.path"), QStringLiteral("modelChoice")},
                                                  {QStringLiteral("model.adapter"), QStringLiteral("startChoice")},
                                                  {QStringLiteral("data.train"), QStringLiteral("data.train")}};
    if (key == QStringLiteral("method.kind")) {
        return m_way->chosenMethod();
    }
    const auto name = names.find(key);
    return name == names.end() ? nullptr : findChild<QWidget*>(name->second);
}

// All but the name: the next run is another one.
void TunePage::useSettingsOf(store::RunId id, const QString& key, const QString& value)
{
    startJob(this, [project = m_workspace.project(), id] { return project->run(id); }, [this, key, value](const Result<store::RunRow>& run) {
        auto recipe = run ? config::fromJson(run->recipe) : Result<config::RunConfig>(run.error());
        if (!recipe) {
            m_workspace.say(QString::fromStdString(recipe.message()));
            return;
        }
        recipe->run.name.clear();
        if (!value.isEmpty()) {
            if (const auto set = config::setByKey(*recipe, key.toStdString(), value.toStdString()); !set) {
                m_workspace.say(QString::fromStdString(set.error().message));
                return;
            }
        }
        const QString name = QString::fromStdString(run->name);
        m_workspace.undoStack()->push(new SetRecipe(m_document, *recipe, tr("settings of %1").arg(name)));
        m_workspace.say(tr("These are the settings of %1 now; undo brings back what was there.").arg(name));
        if (!key.isEmpty()) {
            reveal(key);
        }
    });
}

// A setting of rows that are not chosen.
void TunePage::sayWhoHas(const QString& key)
{
    const FieldRef setting = RecipeDocument::find(key);
    if (!setting || config::applies(m_document->config(), *setting.part, *setting.field)) {
        return;
    }
    QStringList rows;
    for (const fields::Row* row : setting.part->rows) {
        if (row->has(setting.field->key)) {
            rows.append(QCoreApplication::translate("Method", row->label.c_str()));
        }
    }
    //: %1 a setting, %2 the methods or optimizers that have it
    m_workspace.say(tr("%1 is a setting of %2; choose that first.").arg(translatedLabel(*setting.field), rows.join(tr(", "))));
}

// Of a project that keeps none yet.
config::RunConfig TunePage::ownConfig() const
{
    config::RunConfig own = usualConfig("lora");
    own.model.path = base::bundledModel().string();
    own.model.device = m_workspace.settings().text(QStringLiteral("device"), QStringLiteral("auto")).toStdString();
    own.run.threads = m_workspace.settings().text(QStringLiteral("threads"), QStringLiteral("0")).toLongLong();
    return own;
}

void TunePage::loadRecipe()
{
    if (!m_workspace.project()) {
        return;
    }
    if (m_saveLater.isActive()) {
        saveRecipe(); // of the project that was left, or was closed and is opened again
    }
    m_recipeJob.cancel();
    m_recipeSaving.whenWritten([this, shown = std::exchange(m_first, std::nullopt).value_or(m_document->config())] { readRecipe(shown); });
}

void TunePage::readRecipe(const config::RunConfig& shown)
{
    if (!m_workspace.project()) {
        return;
    }
    const auto work = [project = m_workspace.project()] { return store::nextRecipe(*project); };
    m_recipeJob.start(this, work, [this, shown](const Result<std::optional<config::RunConfig>>& recipe) {
        if (!recipe) {
            m_workspace.say(QString::fromStdString(recipe.message()));
        }
        const bool isKept = recipe && *recipe;
        m_document->replace(withChanges(isKept ? **recipe : ownConfig(), shown, m_document->config()));
        m_data->opened()->recipeRead();
        m_recheck.start();
    });
}

void TunePage::saveRecipe()
{
    m_saveLater.stop();
    const auto project = std::exchange(m_saveTo, nullptr);
    if (!project) {
        return;
    }
    m_recipeSaving.start(this, [project, recipe = m_document->config()] { return store::keepNextRecipe(*project, recipe); }, [this](const Result<void>& saved) {
        if (!saved) {
            m_workspace.say(QString::fromStdString(saved.error().message));
        }
    });
}

void TunePage::onChanged(const QString& key)
{
    m_workspace.setModelPath(QString::fromStdString(m_document->config().model.path));
    m_saveTo = m_workspace.project();
    m_saveLater.start();
    m_place->setStepBatches(m_document->config().run.gradientAccumulation);
    showVerdict();
    // What has no part in the plan. Of all else only what it touches is read again.
    const QStringList plain{QStringLiteral("optimizer.learning_rate"), QStringLiteral("optimizer.weight_decay"), QStringLiteral("run.name")};
    if (!key.startsWith(QStringLiteral("schedule.")) && !plain.contains(key)) {
        m_recheck.start();
    }
}

void TunePage::check()
{
    if (!m_workspace.project()) {
        return;
    }
    m_verdictBar->setChecking(true);
    const auto work = [config = m_document->config(), project = m_workspace.project(), cache = m_planCache, devices = m_place->devices()](const JobControl& control) {
        return planTune(config, project.get(), *cache, control, devices);
    };
    m_planJob.start(
        this, work,
        [this](const TunePlan& plan) {
            m_verdict.plan = plan;
            m_verdict.measured.reset();
            m_place->showNeeds(plan.ranks);
            m_verdictBar->setChecking(false);
            showVerdict();
            if (std::exchange(m_wantsGate, false) && m_verdict.problems.isEmpty()) {
                showGate(true);
            }
        },
        [this](std::int64_t done, std::int64_t total) { m_verdictBar->setProgress(done, total); });
}

QStringList TunePage::problems() const
{
    QStringList found;
    if (!m_model->facts().problem.isEmpty() && !m_document->config().model.fromScratch) {
        found += m_model->facts().problem;
    }
    // What is not chosen yet is said by the rules below.
    const bool isChosen = !m_document->config().model.path.empty() && !m_document->config().data.train.empty();
    if (isChosen && !m_verdict.plan.problem.isEmpty()) {
        found += m_verdict.plan.problem;
    }
    if (!m_from->problem().isEmpty()) {
        found += m_from->problem();
    }
    if (!m_verdict.plan.sizeProblem.isEmpty()) {
        found += m_verdict.plan.sizeProblem;
    }
    for (const config::BrokenRule& rule : m_document->brokenRules()) {
        found += QString::fromStdString(rule.sentence);
    }
    const auto all = forms();
    if (std::any_of(all.begin(), all.end(), [](const SettingsForm* form) { return form->hasProblem(); })) {
        found += tr("A setting is not a value it can have; it says so at its place.");
    }
    found.removeDuplicates();
    return found;
}

void TunePage::showVerdict()
{
    m_verdict.problems = problems();
    m_verdictBar->show(m_verdict);
    m_shootout->setRecipe(m_document->config(), m_verdict.plan.steps, m_verdict.problems.isEmpty());
    m_trials->setRecipe(m_document->config(), m_verdict.plan.steps, m_verdict.problems.isEmpty());
    refreshAction();
}

void TunePage::refreshAction()
{
    const bool isGate = m_stack->currentWidget() == m_gate;
    if (m_stack->currentWidget() == m_shootout) {
        m_start->setText(m_shootout->startText());
        m_start->setEnabled(m_shootout->canStart());
        m_start->setToolTip(tr("Train with each chosen method, one after the other"));
        return;
    }
    m_start->setText(!isGate ? tr("Start tuning") : waits() ? tr("Add to the queue") : m_wantsStart ? tr("Start without waiting") : tr("Start now"));
    m_start->setEnabled(m_verdict.problems.isEmpty() && m_workspace.project() != nullptr && !(isGate && m_gate->isBlocked()));
    m_start->setToolTip(waits() ? tr("Another run is at work: show one row as it will be read, then wait for its end") : tr("Show one row as it will be read, then start"));
}

bool TunePage::waits() const
{
    return m_workspace.runs()->isBusy() || m_shootout->queue()->isRunning(); // between two of its methods, too
}

void TunePage::onMainAction()
{
    if (m_stack->currentWidget() == m_shootout) {
        m_shootout->start();
    } else if (m_stack->currentWidget() == m_advice || m_stack->currentWidget() == m_trials) {
        showGate(false);
        m_wantsGate = true;
        m_recheck.stop();
        check();
    } else if (m_stack->currentWidget() == m_gate) {
        if (!m_start->isEnabled()) {
            if (!m_gate->isBlocked()) { // that is said there
                m_workspace.say(m_start->toolTip()); // Return was pressed, and why nothing begins is seen nowhere else
            }
            return;
        }
        if (m_preflight->isRunning() && !m_wantsStart) { // as soon as it is measured; asked again, at once
            m_wantsStart = true;
            m_gate->showMeasuring(true);
            refreshAction();
        } else {
            startNow();
        }
    } else {
        // As soon as all is read: model and files may have changed on disk since. What did not is not read again.
        m_wantsGate = true;
        const bool isOld = m_recheck.isActive(); // what is being read
        m_recheck.stop();
        if (isOld || !m_planJob.isRunning()) {
            check();
        }
    }
}

void TunePage::showGate(bool gate)
{
    m_stack->setCurrentIndex(gate ? 1 : 0);
    m_wantsStart = false;
    if (gate) {
        m_gate->show(m_verdict);
        m_gate->answers()->setRecipe(m_document->config(), m_workspace.project());
        measure();
    } else {
        m_preflight->cancel();
    }
    refreshAction();
}

// What would not fit by far is not tried: on a processor that would cost the window its own memory.
void TunePage::measure()
{
    const auto& memory = m_verdict.plan.memory;
    const bool isElsewhere = !m_place->place().hosts.empty(); // what this machine has says nothing then
    if (waits() && !m_verdict.measured) {
        m_gate->showUnmeasured(m_verdict, tr("Not measured now: another run is at work, which a pass would slow down or take memory from."));
        return;
    }
    if (isElsewhere || m_verdict.measured || m_verdict.plan.makesAnswers || (memory && !memory->estimate.fits())) {
        m_gate->showMeasured(m_verdict, {});
        return;
    }
    m_preflight->start(m_document->config(), m_workspace.project());
    m_gate->showMeasuring(false);
}

void TunePage::takeMeasured()
{
    m_verdict.measured = m_preflight->measured();
    m_gate->showMeasured(m_verdict, m_preflight->problem());
    m_verdictBar->show(m_verdict);
    if (std::exchange(m_wantsStart, false) && m_verdict.measured) {
        startNow();
    }
    refreshAction();
}

// All settings of the change are one step of undo.
void TunePage::applyChange(const train::MemoryChange& change)
{
    QUndoStack* undo = m_workspace.undoStack();
    undo->beginMacro(tr("change to need less memory"));
    for (const auto& [key, value] : change.settings) {
        const FieldRef field = RecipeDocument::find(QString::fromStdString(key));
        if (const auto parsed = m_document->parse(field, QString::fromStdString(value))) {
            undo->push(new SetField(m_document, field, *parsed));
        }
    }
    undo->endMacro();
}

void TunePage::showShootout()
{
    m_shootout->setRecipe(m_document->config(), m_verdict.plan.steps, m_verdict.problems.isEmpty());
    m_stack->setCurrentWidget(m_shootout);
    refreshAction();
}

void TunePage::showAdvice()
{
    m_stack->setCurrentWidget(m_advice);
    m_advice->look(m_document->config(), m_planCache);
    refreshAction();
}

void TunePage::showTrials()
{
    m_stack->setCurrentWidget(m_trials);
    m_trials->setRecipe(m_document->config(), m_verdict.plan.steps, m_verdict.problems.isEmpty());
    refreshAction();
}

void TunePage::takeAdvice(const std::vector<std::pair<std::string, std::string>>& settings)
{
    const auto advised = advice::withSettings(m_document->config(), settings);
    if (!advised) {
        m_workspace.say(QString::fromStdString(advised.message()));
        return;
    }
    m_workspace.undoStack()->push(new SetRecipe(m_document, *advised, tr("settings as advised")));
    showGate(false);
}

void TunePage::takeRate(double rate)
{
    m_workspace.undoStack()->push(new SetField(m_document, RecipeDocument::find(QStringLiteral("optimizer.learning_rate")), rate));
    showGate(false);
    reveal(QStringLiteral("optimizer.learning_rate"));
}

void TunePage::startNow()
{
    showGate(false);
    if (waits()) {
        m_queue->add(m_document->config(), m_place->place());
        m_workspace.say(tr("It waits for the run in progress; Tune shows the queue."));
        return;
    }
    m_planCache->clear(); // the run needs the memory now
    m_workspace.runs()->start(m_document->config(), m_place->place());
    Q_EMIT m_workspace.pageWanted(QStringLiteral("runs"), {});
}

} // namespace luthier::ui
