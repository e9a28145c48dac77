// SPDX-License-Identifier: GPL-3.0-or-later
// What the buttons of the Pipeline page do.
#include "ui/base/window_sentence.h"
#include "ui/pages/pipeline/pipeline_page.h"

#include "core/pipeline/collection.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/pages/pipeline/score_chart.h"
#include "ui/pages/pipeline/stage_settings.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QFileInfo>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>

#include <utility>

namespace luthier::ui {

void PipelinePage::pick(const QString& kind)
{
    auto* dialog = openDialog(this, QStringLiteral("data"), kind == QStringLiteral("examples") ? tr("Examples") : kind == QStringLiteral("questions") ? tr("Questions") : tr("Pairs of answers"), QFileDialog::ExistingFile, dataFilters());
    connect(dialog, &QFileDialog::fileSelected, this, [this, kind](const QString& file) {
        QComboBox* box = boxOf(kind);
        box->insertItem(1, QFileInfo(file).fileName(), file);
        box->setCurrentIndex(1);
        keep();
    });
    connect(dialog, &QFileDialog::rejected, this, &PipelinePage::showChoices);
    dialog->open();
}

QComboBox* PipelinePage::boxOf(const QString& kind) const
{
    return kind == QStringLiteral("examples") ? m_examples : kind == QStringLiteral("questions") ? m_questions : m_preferences;
}

void PipelinePage::chooseJudge()
{
    auto* dialog = openDialog(this, QStringLiteral("model"), tr("Choose the judge"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
        m_judge->setText(folder);
        keep();
    });
    dialog->open();
}

bool PipelinePage::isJudgeToCollect() const
{
    return m_seen.choices.collect.isWanted() && m_seen.choices.preferences.empty();
}

// What was made until it is stopped stays, and the next start goes on with it.
void PipelinePage::collect()
{
    if (m_collecting) {
        m_collecting->cancel.cancel();
        showCollecting(tr("Stopping"), 0, 0);
        return;
    }
    const auto project = m_workspace.project();
    m_collecting = std::make_shared<JobControl>();
    showProblem({});
    showCollecting(tr("Loading the model"), 0, 0);
    const auto answering = detail::batchedProgress(this, [this](std::int64_t done, std::int64_t total) { showCollecting(tr("Answering"), done, total); });
    const auto judging = detail::batchedProgress(this, [this](std::int64_t done, std::int64_t total) { showCollecting(tr("Judging"), done, total); });
    const auto work = [project, choices = m_seen.choices, answering, judging](const JobControl& control) {
        const auto told = [&](const std::string& what, std::int64_t done, std::int64_t total) {
            if (total > 0) {
                (what == "judging" ? judging : answering)(done, total);
            }
        };
        return pipeline::collect(*project, choices, "auto", "auto", told, control.cancel);
    };
    startJob(
        this, work,
        [this, project](const Result<pipeline::Collected>& collected) {
            const bool isStopped = m_collecting->cancel.isCancelled();
            m_collecting.reset();
            m_collectingNow.clear();
            if (!collected || m_workspace.project() != project) {
                m_failed = collected || isStopped ? QString() : QString::fromStdString(collected.message());
                refresh();
                return;
            }
            m_seen.choices.preferences = collected->file;
            m_seen.choices.collected = collected->sentence();
            write();
        },
        *m_collecting);
}

void PipelinePage::showCollecting(const QString& what, qint64 done, qint64 total)
{
    if (m_collecting) {
        const QLocale locale;
        m_collectingNow = total > 0 ? tr("%1: %2 of %3").arg(what, locale.toString(done), locale.toString(total)) : what;
        showStages();
    }
}

void PipelinePage::actNext()
{
    if (isDone()) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("compare"), QString::number(view("tuning")->run));
    } else if (!m_seen.look.next.empty()) {
        act(m_seen.look.next);
    }
}

void PipelinePage::act(const std::string& stage)
{
    const pipeline::View* seen = view(stage);
    const auto project = m_workspace.project();
    if (seen == nullptr || !project) {
        return;
    }
    if (!seen->stage->trains) {
        m_collecting || isJudgeToCollect() ? collect() : pick(QStringLiteral("preferences"));
        return;
    }
    if (seen->run > 0 && (seen->state == pipeline::State::Stopped || seen->state == pipeline::State::Failed)) {
        m_workspace.runs()->resume(seen->run);
        return;
    }
    showProblem({});
    m_starting.start(
        this, [project, choices = m_seen.choices, stage] { return pipeline::recipeOf(*project, choices, stage); },
        [this, stage](const Result<config::RunConfig>& recipe) {
            const auto broken = recipe ? config::brokenRules(*recipe) : std::vector<config::BrokenRule>();
            if (!recipe || !broken.empty()) {
                showProblem(QString::fromStdString(recipe ? broken.front().sentence : recipe.message()));
                return;
            }
            m_pending = stage;
            m_workspace.runs()->start(*recipe);
        });
}

// The run that was asked for has its number: the stage keeps it, whatever becomes of the window.
void PipelinePage::remember(qint64 run)
{
    const std::string stage = std::exchange(m_pending, {});
    const auto project = m_workspace.project();
    if (stage.empty() || !project) {
        return;
    }
    m_seen.choices.runs[pipeline::keyOf(m_seen.choices, stage)] = run;
    write();
}

QString PipelinePage::settingsText(const std::string& stage) const
{
    const auto own = m_seen.choices.settings.find(pipeline::keyOf(m_seen.choices, stage));
    return own == m_seen.choices.settings.end() ? QString() : settingsLine(own->second);
}

void PipelinePage::changeSettings(const std::string& stage)
{
    pipeline::Choices usual = m_seen.choices;
    usual.settings.erase(pipeline::keyOf(usual, stage));
    const auto before = pipeline::ownRecipe(usual, stage);
    const auto now = pipeline::ownRecipe(m_seen.choices, stage);
    if (!before || !now) {
        showProblem(QString::fromStdString(before ? now.message() : before.message()));
        return;
    }
    auto* dialog = new StageSettings(QCoreApplication::translate("Pipeline", pipeline::findStage(stage)->label), *before, *now, this);
    connect(dialog, &StageSettings::chosen, this, [this, stage](const pipeline::Settings& settings) {
        m_seen.choices.settings[pipeline::keyOf(m_seen.choices, stage)] = settings;
        write();
    });
    dialog->open();
}

void PipelinePage::lookElsewhere(const std::string& stage)
{
    const pipeline::View* seen = view(stage);
    if (seen != nullptr) {
        seen->stage->trains ? Q_EMIT m_workspace.pageWanted(QStringLiteral("runs"), QString::number(seen->run)) : Q_EMIT m_workspace.pageWanted(QStringLiteral("judge"), {});
    }
}

void PipelinePage::showScores()
{
    constexpr std::int64_t kMost = 400; // pairs
    const pipeline::View* reward = view("reward");
    const auto project = m_workspace.project();
    if (reward == nullptr || !project) {
        return;
    }
    m_showScores->setEnabled(false);
    m_scoring.start(
        this, [project, run = reward->run](const JobControl& control) { return pipeline::rewardScores(*project, run, kMost, control.cancel); },
        [this, run = reward->run](const Result<pipeline::RewardScores>& scores) {
            m_showScores->setEnabled(true);
            showProblem(scores ? QString() : QString::fromStdString(scores.message()));
            if (scores) {
                m_scored = run;
                m_scores->setScores(*scores);
                showStages();
            }
        });
}

void PipelinePage::showProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->setVisible(!sentence.isEmpty());
}

} // namespace luthier::ui
