// SPDX-License-Identifier: GPL-3.0-or-later
// TunePage: three columns that read as a sentence: this model, this data, this way; under them what such a run
// would be, and before it starts the gate. The recipe is remembered with the project.
//
// Threads: GUI thread; files, tokens and the project's database are touched in jobs only.
#pragma once

#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"
#include "ui/forms/recipe_document.h"
#include "ui/frame/page.h"
#include "ui/pages/tune/tune_plan.h"
#include "ui/pages/tune/tune_verdict.h"

#include <QTimer>

#include <memory>

class QStackedWidget;

namespace luthier::ui {

class SettingsForm;
class RunQueue;
class TuneAdvice;
class TuneData;
class TuneGate;
class TuneModel;
class TunePlace;
class TunePreflight;
class TuneShootout;
class TuneStart;
class TuneTrials;
class TuneWay;

class TunePage : public Page {
    Q_OBJECT

public:
    explicit TunePage(Workspace& workspace, QWidget* parent = nullptr);
    ~TunePage() override; // what was typed last is kept, too

    QAction* mainAction() override { return m_start; }
    void reveal(const QString& what) override; // "part.key", "shootout", "advice", "trials", "example", "start:" and an adapter's path, "run:" and a run's id, "remedy:RUN:key=value"

    RecipeDocument* document() const { return m_document; }
    const Verdict& verdict() const { return m_verdict; }
    TuneShootout* shootout() const { return m_shootout; }
    RunQueue* queue() const { return m_queue; }
    bool isChecking() const { return m_planJob.isRunning() || m_recheck.isActive(); }

private:
    QWidget* buildColumns();
    void useSettingsOf(store::RunId id, const QString& key = {}, const QString& value = {}); // with one setting changed, and shown
    QWidget* ownControl(const QString& key) const; // null: a form's
    void sayWhoHas(const QString& key);
    config::RunConfig ownConfig() const;
    void loadRecipe();
    void readRecipe(const config::RunConfig& shown);
    void saveRecipe();
    void onChanged(const QString& key);
    void check();
    void showVerdict();
    QStringList problems() const;
    void onMainAction();
    void startNow();
    void showGate(bool gate);
    void measure();
    void takeMeasured();
    void applyChange(const train::MemoryChange& change);
    void showShootout();
    void showAdvice();
    void showTrials();
    void takeAdvice(const std::vector<std::pair<std::string, std::string>>& settings);
    void takeRate(double rate);
    void refreshAction();
    bool waits() const; // a run that is started now is queued
    std::vector<SettingsForm*> forms() const;

    Workspace& m_workspace;
    RecipeDocument* m_document;
    QAction* m_start;
    Verdict m_verdict;
    bool m_wantsGate = false; // the person asked to start before the data was read
    bool m_wantsStart = false; // and before it was measured
    std::shared_ptr<train::PlanCache> m_planCache = std::make_shared<train::PlanCache>();
    JobSlot m_planJob;
    JobSlot m_recipeJob;
    WriteSlot m_recipeSaving;
    std::optional<config::RunConfig> m_first; // what was shown before there was a project
    QTimer m_recheck;
    QTimer m_saveLater;
    std::shared_ptr<store::Project> m_saveTo; // whose recipe it is that waits there

    QStackedWidget* m_stack;
    TuneModel* m_model;
    TuneStart* m_from;
    TunePlace* m_place;
    TuneData* m_data;
    TuneWay* m_way;
    TuneVerdict* m_verdictBar;
    TunePreflight* m_preflight;
    TuneGate* m_gate;
    TuneShootout* m_shootout;
    TuneAdvice* m_advice;
    TuneTrials* m_trials;
    RunQueue* m_queue;
};

} // namespace luthier::ui
