// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_reward.h"

#include "core/evaluation/answer_rewards.h"
#include "core/inference/session.h"
#include "core/store/runs/reward_trust.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QLocale>
#include <QMenu>

#include <cmath>
#include <limits>
#include <mutex>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kRewardDigits = 3;

} // namespace

struct CompareReward::Held {
    std::mutex mutex;
    std::shared_ptr<inference::Session> session; // guarded; null: not open yet
};

CompareReward::CompareReward(Workspace& workspace, QWidget* parent)
    : QObject(parent), m_workspace(workspace), m_parent(parent), m_note(new StatusLabel(Token::TextQuiet))
{
    m_note->setObjectName(QStringLiteral("rewardNote"));
    m_note->setWordWrap(true);
    m_note->hide();
}

QLabel* CompareReward::note() const
{
    return m_note;
}

void CompareReward::setRuns(const std::vector<TunedRun>& runs)
{
    m_offered.clear();
    for (const TunedRun& run : runs) {
        if (run.checkpoint == 0 && objectiveIn(run.recipe) == "reward") {
            m_offered.emplace_back(run.name, run.result);
        }
    }
}

void CompareReward::addTo(QMenu* menu)
{
    QMenu* own = menu->addMenu(tr("Scores of a reward model"));
    own->setObjectName(QStringLiteral("rewardMenu"));
    const auto add = [&](const QString& text, bool isNow, auto then) {
        QAction* action = own->addAction(text);
        action->setCheckable(true);
        action->setChecked(isNow);
        connect(action, &QAction::triggered, this, then);
    };
    add(tr("none"), !isOn(), [this] { choose({}, {}); });
    bool isOffered = false;
    for (const auto& [name, path] : m_offered) {
        isOffered = isOffered || path == m_path;
        add(name, path == m_path, [this, name = name, path = path] { choose(name, path); });
    }
    if (isOn() && !isOffered) {
        add(m_name, true, [] {});
    }
    own->addSeparator();
    connect(own->addAction(tr("A folder\u2026")), &QAction::triggered, this, &CompareReward::askForFolder);
}

void CompareReward::askForFolder()
{
    auto* dialog = openDialog(m_parent->window(), QStringLiteral("model"), tr("Choose a reward model"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { choose(QFileInfo(path).fileName(), path); });
    dialog->open();
}

void CompareReward::choose(const QString& name, const QString& path)
{
    m_scoring.cancel.cancel();
    m_scoring = {};
    m_open = 0;
    m_trustJob.cancel();
    m_name = name;
    m_path = path;
    m_trust.clear();
    m_held = isOn() ? std::make_shared<Held>() : nullptr;
    m_note->setVisible(isOn());
    if (isOn()) {
        tell(tr("%1 scores the answers.").arg(m_name), false);
        const auto work = [project = m_workspace.project(), path = std::filesystem::path(path.toStdString())] { return store::rewardTrustOf(project.get(), path).sentence; };
        m_trustJob.start(this, work, [this](const std::string& sentence) {
            m_trust = QString::fromStdString(sentence);
            if (m_open == 0) {
                tell(m_trust, false);
            }
        });
    }
    Q_EMIT chosen();
}

void CompareReward::tell(const QString& sentence, bool isProblem)
{
    m_note->setToken(isProblem ? Token::Bad : Token::TextQuiet);
    m_note->setText(isProblem ? problemSentence(sentence) : sentence);
}

void CompareReward::score(const std::vector<data::Message>& messages, const std::vector<QString>& answers, Scored done)
{
    using Scores = Result<std::vector<double>>;
    const auto work = [held = m_held, path = std::filesystem::path(m_path.toStdString()), device = m_workspace.settings().text(QStringLiteral("device"), QStringLiteral("auto")).toStdString(),
                       messages, answers](const JobControl& control) -> Scores {
        const std::lock_guard lock(held->mutex);
        if (!held->session) {
            auto opened = evaluation::openRewardModel(path, device, "auto");
            if (!opened) {
                return opened.error();
            }
            held->session = *opened;
        }
        std::vector<double> scores(answers.size(), std::numeric_limits<double>::quiet_NaN());
        std::vector<std::pair<std::vector<data::Message>, std::string>> conversations;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (!answers[i].isEmpty()) {
                conversations.emplace_back(messages, answers[i].toStdString());
                places.push_back(i);
            }
        }
        const auto rewards = conversations.empty() ? Scores(std::vector<double>()) : evaluation::rewardsOf(*held->session, conversations, control.cancel);
        if (!rewards) {
            return rewards.error();
        }
        for (std::size_t k = 0; k < places.size(); ++k) {
            scores[places[k]] = (*rewards)[k];
        }
        return scores;
    };
    tell(tr("%1 scores the answers\u2026").arg(m_name), false);
    ++m_open;
    const auto take = [this, held = m_held, done = std::move(done)](const Scores& scores) {
        if (held == m_held) { // still the one that is chosen
            --m_open;
            tell(scores ? m_trust : QString::fromStdString(scores.message()), !scores);
        }
        done(scores && held == m_held ? *scores : std::vector<double>());
    };
    startJob(this, work, take, m_scoring);
}

QString withReward(const QString& footer, double score)
{
    //: what stands under an answer, and the score that a reward model gives it
    return std::isfinite(score) ? CompareReward::tr("%1  \u00b7  reward %2").arg(footer, QLocale().toString(score, 'f', kRewardDigits)) : footer;
}

} // namespace luthier::ui
