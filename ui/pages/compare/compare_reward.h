// SPDX-License-Identifier: GPL-3.0-or-later
// CompareReward: a reward model that scores the answers of all columns, chosen among the project's runs or as a folder, and what is known
// of how far its scores can be believed.
//
// Threads: GUI thread; models and the project are touched in jobs.
#pragma once

#include "core/data/example.h"
#include "ui/bridge/job.h"
#include "ui/models/runs/tuned_runs.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

class QLabel;
class QMenu;
class QWidget;

namespace luthier::ui {

class StatusLabel;
class Workspace;

class CompareReward : public QObject {
    Q_OBJECT

public:
    CompareReward(Workspace& workspace, QWidget* parent);

    QLabel* note() const; // who scores, how far it is right, or why it could not; hidden where nobody scores
    void setRuns(const std::vector<TunedRun>& runs); // those that made reward models are offered
    void addTo(QMenu* menu);
    void choose(const QString& name, const QString& path); // an empty path: nobody scores
    bool isOn() const { return !m_path.isEmpty(); }

    // What the answers are worth behind these messages, in their order; NaN where there is nothing to score. Empty: it could not, and the note
    // says why, or another one was chosen. `done` is always called; one call waits for the one before it.
    using Scored = std::function<void(const std::vector<double>& scores)>;
    void score(const std::vector<data::Message>& messages, const std::vector<QString>& answers, Scored done);

Q_SIGNALS:
    void chosen(); // another one, or nobody any more

private:
    struct Held; // the model that is open
    void askForFolder();
    void tell(const QString& sentence, bool isProblem);

    Workspace& m_workspace;
    QWidget* m_parent;
    StatusLabel* m_note;
    std::vector<std::pair<QString, QString>> m_offered; // names and paths
    QString m_name;
    QString m_path;
    QString m_trust;
    std::shared_ptr<Held> m_held;
    JobSlot m_trustJob;
    JobControl m_scoring;
    int m_open = 0; // answers that are being scored
};

// "12 tokens · 30 tokens/s · complete · reward 1.234"
QString withReward(const QString& footer, double score);

} // namespace luthier::ui
