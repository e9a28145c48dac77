// SPDX-License-Identifier: GPL-3.0-or-later
// JudgingDesk: one person judging one judging: the pair in front of them with its sides, the votes so far. A vote is on disk before the next
// pair comes; who made which answer is not told.
//
// Threads: GUI thread; the project is asked in jobs.
#pragma once

#include "core/store/judgings.h"
#include "ui/bridge/job.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace luthier::store {
class Project;
}

namespace luthier::ui {

class Workspace;

class JudgingDesk : public QObject {
    Q_OBJECT

public:
    explicit JudgingDesk(Workspace& workspace, QObject* parent = nullptr);
    ~JudgingDesk() override { stopModel(); }

    const std::vector<store::JudgingRow>& judgings() const { return m_judgings; } // newest first
    qint64 judging() const { return m_row.id; }                                   // 0: none is open
    void reload();             // the project's judgings; the open one stays, or the newest opens
    void open(qint64 id);
    void setJudge(const QString& name);
    QString judge() const { return m_judge; }

    // Null: every pair is judged, or nothing is open.
    const evaluation::JudgedPair* pair() const { return m_place < m_pairs.size() ? &m_pairs[m_place] : nullptr; }
    QString left() const { return answer(true); }
    QString right() const { return answer(false); }
    QString second() const { return m_pairs.empty() ? QString() : QString::fromStdString(m_pairs.front().second); } // whose wins are counted
    qint64 numPairs() const { return static_cast<qint64>(m_pairs.size()); }
    qint64 numDone() const { return m_numDone; } // by this judge, skipped ones too
    evaluation::Tally tally() const;             // of all people, over the systems of the pairs
    evaluation::JudgeAgreement agreement() const; // of people
    std::vector<evaluation::SystemRating> ratings() const; // of all systems of the pairs by people's votes, the best first
    qint64 numSystems() const;
    qint64 numJudged() const; // pairs that some person judged, skipped ones not
    const std::vector<std::string>& criteria() const { return m_row.criteria; }
    std::vector<evaluation::CriterionScore> criterionScores() const;
    void setCriteria(const QStringList& criteria);
    bool isBusy() const { return m_isBusy; }     // a vote is on its way to the disk

    // Scores of both sides by a criterion, 1 to 5; 0: not said.
    struct SideScore {
        int left = 0;
        int right = 0;
    };
    // Nothing while busy or without a pair.
    void vote(evaluation::Choice choice, const QString& note, const QString& correction, const std::map<std::string, SideScore>& scores = {});
    void takeBack(); // the judge's last vote; its pair comes again

    void makeFrom(const QString& path); // an evaluation's folder, or a file of pairs
    void writePreferences();            // a data file in the project's folder

    // Models that judged, and how far they agree with people.
    std::vector<evaluation::ModelAgreement> models() const { return evaluation::modelAgreements(m_votes); }
    struct ModelChoice {
        QString path;
        bool isReward = false; // it scores; else it is asked by the rubric
        QString rubric;
    };
    void judgeByModel(const ModelChoice& choice); // every pair that it has not judged; nothing while one does
    void stopModel();
    bool isModelJudging() const { return m_modelJob != nullptr; }

Q_SIGNALS:
    void listChanged();
    void pairChanged(); // also: there is none any more
    void problemFound(const QString& sentence);
    void preferencesWritten(const QString& path, qint64 rows);
    void modelProgressed(const QString& what, qint64 done, qint64 total);
    void modelEnded(const QString& sentence, bool isProblem); // what went wrong, or how far a reward model can be believed; may be empty

private:
    struct Read {
        store::JudgingRow row;
        std::vector<evaluation::JudgedPair> pairs;
        std::vector<evaluation::Vote> votes;
        QString problem;
    };
    static Read read(store::Project& project, std::int64_t id);

    QString answer(bool isLeft) const;
    void take(const Read& read);
    void findOpenPair();
    // On a thread of its own, with the project; then reads the open judging anew. Nothing while busy.
    void change(const std::function<Result<void>(store::Judgings& judgings)>& work);

    Workspace& m_workspace;
    std::vector<store::JudgingRow> m_judgings;
    store::JudgingRow m_row;
    std::vector<evaluation::JudgedPair> m_pairs;
    std::vector<evaluation::Vote> m_votes;
    QString m_judge = QStringLiteral("me");
    std::size_t m_place = 0;
    qint64 m_numDone = 0;
    bool m_isBusy = false;
    JobSlot m_listing;
    JobSlot m_opening;
    std::shared_ptr<JobControl> m_modelJob; // null: no model judges
    QElapsedTimer m_shown;
};

} // namespace luthier::ui
