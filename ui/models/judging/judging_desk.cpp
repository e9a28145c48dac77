// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/judging/judging_desk.h"

#include "core/evaluation/answer_rewards.h"
#include "core/evaluation/model_judge.h"
#include "core/evaluation/pair_sources.h"
#include "core/store/project.h"
#include "core/store/runs/reward_trust.h"
#include "ui/bridge/job.h"
#include "ui/workspace/workspace.h"

#include <QFileInfo>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace luthier::ui {

namespace {

constexpr double kMilliseconds = 1000;

// The first name that no file has: preferences of a judging can be written again after more votes.
std::filesystem::path freeFile(const std::filesystem::path& folder, std::int64_t judging)
{
    std::error_code code;
    for (int i = 1;; ++i) {
        const std::string name = "preferences-" + std::to_string(judging) + (i == 1 ? "" : "-" + std::to_string(i)) + ".jsonl";
        if (!std::filesystem::exists(folder / name, code)) {
            return folder / name;
        }
    }
}

} // namespace

JudgingDesk::JudgingDesk(Workspace& workspace, QObject* parent) : QObject(parent), m_workspace(workspace)
{
    connect(&m_workspace, &Workspace::projectChanged, this, [this] {
        m_row = {};
        reload();
    });
}

JudgingDesk::Read JudgingDesk::read(store::Project& project, std::int64_t id)
{
    Read read;
    auto row = project.judgings().find(id);
    auto pairs = row ? project.judgings().pairs(id) : Result<std::vector<evaluation::JudgedPair>>(row.error());
    auto votes = pairs ? project.judgings().votes(id) : Result<std::vector<evaluation::Vote>>(pairs.error());
    if (!votes) {
        read.problem = QString::fromStdString(votes.message());
        return read;
    }
    return {std::move(*row), std::move(*pairs), std::move(*votes), {}};
}

void JudgingDesk::reload()
{
    const auto project = m_workspace.project();
    const auto work = [project] { return project ? project->judgings().all() : Result<std::vector<store::JudgingRow>>(std::vector<store::JudgingRow>()); };
    m_listing.start(this, work, [this, project](const Result<std::vector<store::JudgingRow>>& rows) {
        if (project != m_workspace.project()) {
            return;
        }
        if (!rows) {
            Q_EMIT problemFound(QString::fromStdString(rows.message()));
            return;
        }
        m_judgings = *rows;
        Q_EMIT listChanged();
        if (m_judgings.empty()) {
            take({});
        } else {
            open(m_row.id == 0 ? m_judgings.front().id : m_row.id);
        }
    });
}

void JudgingDesk::open(qint64 id)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_row.id = id;
    m_opening.start(this, [project, id] { return read(*project, id); }, [this, id](const Read& read) {
        if (m_row.id == id) {
            take(read);
        }
    });
}

void JudgingDesk::take(const Read& read)
{
    if (!read.problem.isEmpty()) {
        Q_EMIT problemFound(read.problem);
        return;
    }
    m_row = read.row;
    m_pairs = read.pairs;
    m_votes = read.votes;
    findOpenPair();
}

void JudgingDesk::findOpenPair()
{
    std::set<std::int64_t> done;
    for (const auto& vote : m_votes) {
        if (QString::fromStdString(vote.judge) == m_judge) {
            done.insert(vote.pair);
        }
    }
    m_numDone = static_cast<qint64>(done.size());
    m_place = 0;
    while (m_place < m_pairs.size() && done.contains(m_pairs[m_place].number)) {
        ++m_place;
    }
    m_shown.start();
    Q_EMIT pairChanged();
}

void JudgingDesk::setJudge(const QString& name)
{
    const QString trimmed = name.trimmed();
    if (!trimmed.isEmpty() && trimmed != m_judge) {
        m_judge = trimmed;
        findOpenPair();
    }
}

QString JudgingDesk::answer(bool isLeft) const
{
    if (pair() == nullptr) {
        return {};
    }
    const bool swapped = evaluation::isSwapped(m_row.seed, pair()->number, m_judge.toStdString());
    return QString::fromStdString(isLeft == swapped ? pair()->secondAnswer : pair()->firstAnswer);
}

evaluation::Tally JudgingDesk::tally() const
{
    const bool isOpen = !m_pairs.empty();
    return evaluation::tallyOf(m_pairs, evaluation::votesOfPeople(m_votes), isOpen ? m_pairs.front().first : "", isOpen ? m_pairs.front().second : "");
}

std::vector<evaluation::SystemRating> JudgingDesk::ratings() const
{
    return evaluation::ratingsOf(m_pairs, evaluation::votesOfPeople(m_votes));
}

qint64 JudgingDesk::numSystems() const
{
    std::set<std::string> systems;
    for (const evaluation::JudgedPair& pair : m_pairs) {
        systems.insert({pair.first, pair.second});
    }
    return static_cast<qint64>(systems.size());
}

qint64 JudgingDesk::numJudged() const
{
    std::set<std::int64_t> judged;
    for (const evaluation::Vote& vote : evaluation::votesThatCount(evaluation::votesOfPeople(m_votes))) {
        if (vote.choice != evaluation::Choice::Skip) {
            judged.insert(vote.pair);
        }
    }
    return static_cast<qint64>(judged.size());
}

evaluation::JudgeAgreement JudgingDesk::agreement() const
{
    return evaluation::agreementOf(evaluation::votesOfPeople(m_votes));
}

std::vector<evaluation::CriterionScore> JudgingDesk::criterionScores() const
{
    return evaluation::criterionScores(m_row.criteria, evaluation::votesOfPeople(m_votes));
}

void JudgingDesk::setCriteria(const QStringList& criteria)
{
    std::vector<std::string> words;
    for (const QString& word : criteria) {
        if (const std::string trimmed = word.trimmed().toStdString(); !trimmed.empty() && std::find(words.begin(), words.end(), trimmed) == words.end()) {
            words.push_back(trimmed);
        }
    }
    if (words != m_row.criteria) {
        change([words, id = m_row.id](store::Judgings& judgings) { return judgings.setCriteria(id, words); });
    }
}

void JudgingDesk::judgeByModel(const ModelChoice& choice)
{
    const auto project = m_workspace.project();
    if (m_modelJob || !project || m_row.id == 0) {
        return;
    }
    m_modelJob = std::make_shared<JobControl>();
    m_modelJob->progress = detail::batchedProgress(this, [this](std::int64_t done, std::int64_t total) {
        if (m_modelJob) { // it comes a frame later
            Q_EMIT modelProgressed(tr("Judging"), done, total);
        }
    });
    Q_EMIT modelProgressed(tr("Loading the model"), 0, 0);
    struct Done {
        QString sentence;
        bool isProblem = false;
    };
    const auto work = [project, choice, id = m_row.id, pairs = m_pairs, votes = m_votes](const JobControl& control) -> Done {
        const std::filesystem::path path = choice.path.toStdString();
        const std::string name = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
        const auto problem = [](const std::string& sentence) { return Done{QString::fromStdString(sentence), true}; };
        auto session = choice.isReward ? evaluation::openRewardModel(path, "auto", "auto") : inference::Session::open({path, {}});
        if (!session) {
            return problem(session.message());
        }
        const auto judge = choice.isReward ? evaluation::ModelJudge::scoring(*session, name) : evaluation::ModelJudge::asking(*session, name, choice.rubric.toStdString());
        if (!judge) {
            return problem(judge.message());
        }
        const auto judged = evaluation::judgeAll(
            *judge, pairs, votes, [&](const evaluation::Vote& vote) { return project->judgings().vote(id, vote); }, control.progress, control.cancel);
        if (!judged) {
            return control.cancel.isCancelled() ? Done{tr("Stopped; its votes so far are kept."), false} : problem(judged.message());
        }
        const auto now = project->judgings().votes(id);
        if (now && std::any_of(now->begin(), now->end(), [&](const evaluation::Vote& vote) { return vote.judge == judge->name(); })) {
            return {choice.isReward ? QString::fromStdString(store::rewardTrustOf(project.get(), path).sentence) : QString(), false};
        }
        return problem(judged->problems.empty() ? "there was no pair to judge" : judged->problems.front());
    };
    startJob(this, work, [this](const Done& done) {
        m_modelJob.reset();
        Q_EMIT modelEnded(done.sentence, done.isProblem);
        if (m_row.id != 0) {
            open(m_row.id);
        }
    }, *m_modelJob);
}

void JudgingDesk::stopModel()
{
    if (m_modelJob) {
        m_modelJob->cancel.cancel();
    }
}

void JudgingDesk::change(const std::function<Result<void>(store::Judgings& judgings)>& work)
{
    const auto project = m_workspace.project();
    if (m_isBusy || !project || m_row.id == 0) {
        return;
    }
    m_isBusy = true;
    m_opening.cancel(); // it would show what was before this
    const auto id = m_row.id;
    const auto changeAndRead = [project, id, work] {
        const auto done = work(project->judgings());
        return done ? read(*project, id) : Read{{}, {}, {}, QString::fromStdString(done.message())};
    };
    startJob(this, changeAndRead, [this, id](const Read& read) {
        m_isBusy = false;
        if (m_row.id == id) {
            take(read);
        }
    });
}

void JudgingDesk::vote(evaluation::Choice choice, const QString& note, const QString& correction, const std::map<std::string, SideScore>& scores)
{
    if (pair() == nullptr) {
        return;
    }
    const std::string judge = m_judge.toStdString();
    evaluation::Vote vote{pair()->number, judge, choice, evaluation::isSwapped(m_row.seed, pair()->number, judge), note.trimmed().toStdString(),
                          correction.trimmed().toStdString(), static_cast<double>(m_shown.elapsed()) / kMilliseconds, {}};
    for (const auto& [criterion, both] : scores) {
        if (both.left > 0 && both.right > 0) {
            vote.scores[criterion] = vote.isSwapped ? std::pair(both.right, both.left) : std::pair(both.left, both.right);
        }
    }
    change([vote = std::move(vote), id = m_row.id](store::Judgings& judgings) { return judgings.vote(id, vote); });
}

void JudgingDesk::takeBack()
{
    change([judge = m_judge.toStdString(), id = m_row.id](store::Judgings& judgings) -> Result<void> {
        const auto gone = judgings.takeBack(id, judge);
        return gone ? Result<void>() : gone.error();
    });
}

void JudgingDesk::makeFrom(const QString& path)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    const auto make = [project, path, isFolder = QFileInfo(path).isDir()]() -> Result<store::JudgingRow> {
        const std::filesystem::path source = path.toStdString();
        // What was tuned against what it was tuned from; without, against the base with a prompt.
        auto chosen = isFolder ? evaluation::pairsOfEvaluation(source, {}) : evaluation::pairsOfFile(source, {});
        if (!chosen && isFolder) {
            const auto others = evaluation::pairsOfEvaluation(source, {.second = "prompted"});
            chosen = others ? others : chosen;
        }
        if (!chosen) {
            return chosen.error();
        }
        return project->judgings().create(source.filename().string(), evaluation::PairChoice{}.seed, chosen->pairs);
    };
    startJob(this, make, [this](const Result<store::JudgingRow>& row) {
        if (!row) {
            Q_EMIT problemFound(QString::fromStdString(row.message()));
            return;
        }
        m_row.id = row->id;
        reload();
    });
}

void JudgingDesk::writePreferences()
{
    const auto project = m_workspace.project();
    if (!project || m_row.id == 0) {
        return;
    }
    struct Written {
        std::filesystem::path path;
        Result<std::int64_t> rows;
    };
    const auto write = [project, id = m_row.id, pairs = m_pairs, votes = evaluation::votesOfPeople(m_votes)] {
        const auto path = freeFile(project->folder(), id);
        return Written{path, evaluation::writePreferences(pairs, votes, path)};
    };
    startJob(this, write, [this](const Written& written) {
        if (!written.rows) {
            Q_EMIT problemFound(QString::fromStdString(written.rows.message()));
            return;
        }
        Q_EMIT preferencesWritten(QString::fromStdString(written.path.string()), *written.rows);
    });
}

} // namespace luthier::ui
