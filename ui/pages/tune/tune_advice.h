// SPDX-License-Identifier: GPL-3.0-or-later
// TuneAdvice: asks what the person wants, looks at machine, model and rows, and says whether to prompt or to tune, how, and why;
// takes the settings on a click, and lets a prompt be tried first on held-out rows.
//
// Threads: GUI thread; models, files and answers are worked with in jobs only.
#pragma once

#include "core/advice/advice.h"
#include "core/evaluation/evaluate.h"
#include "ui/bridge/job.h"

#include <QWidget>

#include <memory>
#include <optional>

class QPushButton;
class QTextBrowser;

namespace luthier::train {
class PlanCache;
}

namespace luthier::ui {

class StatusLabel;
class Workspace;

class TuneAdvice : public QWidget {
    Q_OBJECT

public:
    explicit TuneAdvice(Workspace& workspace, QWidget* parent = nullptr);

    void look(const config::RunConfig& config, std::shared_ptr<train::PlanCache> cache); // at what the recipe names
    const std::optional<advice::Advice>& advice() const { return m_advice; }
    bool isLooking() const { return m_lookJob.isRunning() || m_tryJob.isRunning(); }

Q_SIGNALS:
    void left();
    void settingsWanted(const luthier::advice::Settings& settings);

private:
    QWidget* buildQuestions();
    void advise();
    void tryPrompting();
    void showAll();

    Workspace& m_workspace;
    config::RunConfig m_config;
    advice::Wish m_wish;
    std::optional<advice::Situation> m_situation;
    std::optional<advice::Advice> m_advice;
    QString m_tried; // what prompting reached, as HTML
    JobSlot m_lookJob;
    JobSlot m_tryJob;

    QTextBrowser* m_text;
    StatusLabel* m_state;
    QPushButton* m_take;
    QPushButton* m_try;
};

} // namespace luthier::ui
