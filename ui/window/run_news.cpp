// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/run_news.h"

#include "core/measures/summary.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/desktop_notice.h"
#include "ui/bridge/job.h"
#include "ui/charts/measure_text.h"
#include "ui/frame/banner.h"
#include "ui/models/runs/run_states.h"
#include "ui/settings/app_settings.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QApplication>
#include <QWidget>

#include <utility>

namespace luthier::ui {

RunNews::RunNews(Workspace& workspace, Banner* strip, QObject* parent) : QObject(parent), m_workspace(workspace), m_strip(strip)
{
    RunController* runs = workspace.runs();
    connect(runs, &RunController::runStarting, this, &RunNews::clear);
    connect(&workspace, &Workspace::projectChanged, this, &RunNews::clear);
    connect(strip, &Banner::remedyWanted, this, &RunNews::goOn);
    connect(runs, &RunController::runEnded, this, [this](qint64 id) {
        startJob(this, [project = m_workspace.project(), id]() -> Result<store::RunRow> { return project->run(id); },
                 [this](const Result<store::RunRow>& run) {
                     if (run) {
                         tell(*run);
                     }
                 });
    });
}

QString RunNews::sentenceOf(const store::RunRow& run)
{
    const QString name = QString::fromStdString(run.name);
    if (run.state == "failed") {
        return tr("%1 failed: %2").arg(name, windowSentence(QString::fromStdString(run.sentence)));
    }
    if (run.state != "finished") {
        return tr("%1 is %2 and can be resumed").arg(name, runStateAt(run));
    }
    const measures::Summary* heldOut = run.measures.find(measures::measureOf("loss"), measures::kHeldOutSet);
    //: a run's name, its held-out loss before and after
    return heldOut == nullptr ? tr("%1 finished").arg(name) : tr("%1 finished, held-out %2").arg(name, changeText(heldOut, run.step));
}

void RunNews::tell(const store::RunRow& run)
{
    m_run = run;
    m_isNew = true;
    const bool failed = run.state == "failed";
    m_strip->setToken(failed ? Token::Bad : run.state == "finished" ? Token::Good : Token::Warn);
    m_strip->show(sentenceOf(run), run.state == "finished" ? tr("Compare") : tr("Show the run"));
    if (QApplication::activeWindow() == nullptr && m_workspace.settings().text(QStringLiteral("notices"), QStringLiteral("on")) == QLatin1String("on")) {
        tellDesktop(failed ? tr("A run failed") : run.state == "finished" ? tr("A run finished") : tr("A run is stopped"), sentenceOf(run));
        QApplication::alert(m_strip->window());
    }
    Q_EMIT changed();
}

void RunNews::goOn()
{
    m_strip->hide();
    seen(); // whoever goes on has
    Q_EMIT pageWanted(m_run.state == "finished" ? QStringLiteral("compare") : QStringLiteral("runs"), QString::number(m_run.id));
}

void RunNews::seen()
{
    if (std::exchange(m_isNew, false)) {
        Q_EMIT changed();
    }
}

void RunNews::clear()
{
    m_strip->hide();
    seen();
}

} // namespace luthier::ui
