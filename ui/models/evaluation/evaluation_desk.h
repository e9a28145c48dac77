// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluationDesk: evaluations of the open project: what can be evaluated, the one that runs, those of the past, and the results of the one
// that is looked at.
//
// Threads: GUI thread; models answer in jobs.
#pragma once

#include "core/base/json.h"
#include "core/evaluation/evaluate.h"
#include "core/evaluation/past.h"
#include "core/store/project.h"
#include "ui/bridge/job.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <memory>
#include <vector>

namespace luthier::ui {

class Workspace;

// What a person chose.
struct EvaluationChoice {
    store::RunId run = 0;
    bool prompted = false;
    QString system;          // of the base with a prompt
    int shots = 0;
    bool nearest = false;    // shots most like each question; else diverse ones
    bool checkpoints = false;
    std::vector<store::RunId> beside; // other runs
    QString file;            // rows; empty: those that the run kept aside
    QString general;         // files of rows measured for what was forgotten, with ; between; empty: none
    QString cloze = {};      // files of texts of which so many last words are wanted, measured beside those
    int lastWords = 1;
    bool bothWays = false;   // answers are written, and the likeliest label is measured beside them
    QString rewardModel;
    QStringList metrics;     // the first decides the verdict
    QString groupBy = {};    // which rows count as one: as evaluation::EvalRowSettings has it; empty: those with the same question
    int limit = 0;           // 0: all
    int maxNew = 128;
    bool byLikelihood = false;
    QString pattern;         // of the metric regex_match
    QString schema;          // file with the JSON Schema of schema_valid
    bool byHand = false;     // shots are the rows named in shotRows, instead of so many
    QString shotRows = {};   // "3, 17, 42": rows of the run's training data, from 1
};

// Kept beside the answers, so that what was stopped goes on with one key.
Json toJson(const EvaluationChoice& choice);
EvaluationChoice choiceFromJson(const Json& json); // what is missing there is as usual

struct EvaluableRun {
    store::RunRow row;
    bool hasResult = false; // else it was stopped, and its newest checkpoint answers
};

class EvaluationDesk : public QObject {
    Q_OBJECT

public:
    explicit EvaluationDesk(Workspace& workspace, QObject* parent = nullptr);
    ~EvaluationDesk() override { m_cancel.cancel(); }

    void reload(); // runs and past evaluations
    const std::vector<EvaluableRun>& runs() const { return m_runs; }                   // newest first
    const std::vector<evaluation::PastEvaluation>& past() const { return m_past; }     // newest first

    // Counts rows and says how long it may take: planned() follows. The newest question alone is answered.
    void plan(const EvaluationChoice& choice);
    // Nothing while one runs.
    void start(const EvaluationChoice& choice);
    void cancel(); // what was answered is kept
    bool isRunning() const { return m_isRunning; }

    void open(const QString& folder); // of the past
    const Json& results() const { return m_results; } // null: none is open
    QString folder() const { return m_folder; }       // of the one that is open

Q_SIGNALS:
    void runsChanged();
    void pastChanged();
    void runningChanged();
    // secondsLeft: negative while it is not known.
    void progressed(const QString& what, qint64 done, qint64 total, double secondsLeft);
    void noted(const QString& sentence);
    void planned(const QString& sentence, bool canStart);
    void resultsChanged();
    void stoppedOpened(const luthier::ui::EvaluationChoice& choice); // what was asked when it was stopped
    void problemFound(const QString& sentence);

private:
    struct Live; // what the working thread tells

    void deliver();
    void take(const Result<evaluation::Evaluation>& evaluation);

    Workspace& m_workspace;
    std::vector<EvaluableRun> m_runs;
    std::vector<evaluation::PastEvaluation> m_past;
    Json m_results;
    QString m_folder;
    JobSlot m_planning;
    JobSlot m_listing;
    JobSlot m_opening;
    std::shared_ptr<Live> m_live;
    QTimer m_tell;
    base::CancelToken m_cancel;
    bool m_isRunning = false;
};

} // namespace luthier::ui
