// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/chat/chat_page.h"

#include "core/hub/installed_models.h"
#include "ui/models/library/chat_history.h"
#include "ui/pages/chat/chat_card.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

// The first of a run goes by the run's number, others of it by where they lie. `model`: the base of one that does not name its own.
ChatPartner partnerOf(const TunedRun& run, bool isFirst, const QString& model)
{
    const QString id = isFirst && run.id != 0 ? QStringLiteral("run:%1").arg(run.id) : run.result;
    ChatPartner partner = run.isAdapter ? ChatPartner{id, run.name, run.model.isEmpty() ? model : run.model, {run.result}} : ChatPartner{id, run.name, run.result, {}};
    if (run.checkpoint > 0) {
        partner.made = [run] { return resultOf(run); };
    }
    return partner;
}

bool isMeant(const ChatPartner& partner, const QString& what)
{
    return !partner.isEmpty()
           && (partner.id == what || (partner.adapters.isEmpty() ? partner.model == what : partner.adapters.contains(what)));
}

} // namespace

ChatPage::ChatPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_history(new ChatHistory(workspace, this)),
      m_choice(new QComboBox), m_note(new StatusLabel(Token::TextQuiet)), m_card(new ChatCard(tr("Conversation")))
{
    setObjectName(QStringLiteral("chatPage"));
    m_choice->setObjectName(QStringLiteral("chatPartner"));
    m_choice->setAccessibleName(tr("Who answers"));
    m_choice->setToolTip(tr("What the runs of this project made, its adapters, and the models on this machine"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(30);
    m_choice->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_note->setObjectName(QStringLiteral("chatNote"));
    m_note->setTextFormat(Qt::PlainText);
    auto* label = new QLabel(tr("&Talk to"));
    label->setBuddy(m_choice);
    auto* top = new QHBoxLayout;
    top->addWidget(label);
    top->addWidget(m_choice, 2); // a long name has the room that is there
    top->addWidget(m_note, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(top);
    layout->addWidget(m_card, 1);
    connect(m_choice, &QComboBox::currentIndexChanged, this, &ChatPage::choose);
    connect(workspace.models(), &ModelLibrary::changed, this, &ChatPage::fill);
    connect(&workspace, &Workspace::runsChanged, this, &ChatPage::reload);
    connect(m_history, &ChatHistory::read, this, &ChatPage::takeHistory);
    connect(m_history, &ChatHistory::failed, &workspace, &Workspace::say);
    connect(&workspace, &Workspace::projectChanged, this, [this] {
        m_isTyped = false;
        m_isChosen = false;
    });
    connect(m_card, &ChatCard::settingsChanged, this, [this] {
        m_isTyped = true;
        keepSettings();
    });
    connect(m_choice, &QComboBox::activated, this, [this] {
        m_isChosen = true;
        keepSettings();
    });
    connect(m_card->session(), &ChatSession::answered, this, [this] {
        m_isChosen = true;
        m_history->keepTalk(partner(), m_card->session()->messages());
        keepSettings(); // who was talked to last
    });
    setFirstControl(m_card->findChild<QWidget*>(QStringLiteral("chatQuestion")));
    reload();
    fill();
}

QString ChatPage::partner() const
{
    return m_card->session()->partner().id;
}

void ChatPage::reload()
{
    m_job.start(this, [project = m_workspace.project()] { return project ? readTunedRuns(*project) : TunedRuns{}; }, [this](const TunedRuns& read) {
        m_runs = read.runs;
        if (!read.problem.isEmpty()) {
            m_workspace.say(read.problem);
        }
        fill();
    });
}

void ChatPage::takeHistory()
{
    if (m_isTyped) {
        keepSettings(); // what was typed while the project was being read is newer
    } else {
        m_card->setSettings(m_history->system(), m_history->sampling());
    }
    if (m_wanted.isEmpty() && !m_history->partner().isEmpty()) {
        m_wanted = m_history->partner();
        m_isChosen = true;
    }
    fill();
    if (m_card->session()->messages().empty()) {
        m_card->session()->restore(m_history->talkWith(partner()));
    }
}

void ChatPage::keepSettings()
{
    m_history->keepSettings(partner(), m_card->system(), m_card->sampling());
}

void ChatPage::reveal(const QString& what)
{
    m_wanted = what;
    m_isChosen = true;
    fill();
}

// What was made here first, then what it was made of. The conversation goes on while its partner is there; until somebody chose
// one, the newest that was made is it.
void ChatPage::fill()
{
    const QString current = partner();
    const QSignalBlocker quiet(m_choice);
    m_choice->clear();
    m_partners.clear();
    const auto add = [this](const ChatPartner& partner, const QString& text) {
        m_partners.push_back(partner);
        m_choice->addItem(text, partner.id);
        m_choice->setItemData(m_choice->count() - 1, partner.adapters.isEmpty() ? partner.model : partner.adapters.join(u'\n'), Qt::ToolTipRole);
    };
    const auto separate = [this] {
        if (m_choice->count() > 0 && !m_partners.back().isEmpty()) {
            m_choice->insertSeparator(m_choice->count());
            m_partners.emplace_back();
        }
    };
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        const TunedRun& run = m_runs[i];
        if (run.id == 0 && i > 0 && m_runs[i - 1].id != 0) {
            separate(); // imported ones
        }
        const ChatPartner partner = partnerOf(run, i == 0 || m_runs[i - 1].id != run.id, m_workspace.modelPath());
        //: a tuned model and what it was tuned from
        add(partner, run.isAdapter ? tr("%1, on %2").arg(run.name, QString::fromStdString(hub::modelNameOf(partner.model.toStdString()))) : run.name);
    }
    separate();
    for (const hub::InstalledModel& model : m_workspace.models()->models()) {
        if (model.problem.empty() && model.weightBytes > 0) {
            const QString path = QString::fromStdString(model.path.string());
            add({path, QString::fromStdString(model.name), path, {}}, QString::fromStdString(model.name));
        }
    }
    const QString wanted = !m_wanted.isEmpty() ? m_wanted : m_isChosen ? current : QString();
    const auto at = std::find_if(m_partners.begin(), m_partners.end(), [&](const ChatPartner& partner) { return isMeant(partner, wanted); });
    if (at != m_partners.end()) {
        m_wanted.clear();
    }
    m_choice->setCurrentIndex(at != m_partners.end() ? static_cast<int>(at - m_partners.begin()) : m_partners.empty() ? -1 : 0);
    choose();
}

void ChatPage::choose()
{
    const int row = m_choice->currentIndex();
    const ChatPartner partner = row < 0 ? ChatPartner{} : m_partners[static_cast<std::size_t>(row)];
    if (partner == m_card->session()->partner() && !partner.isEmpty()) {
        if (partner.name != m_card->session()->partner().name) {
            m_card->setPartner(partner); // renamed
        }
        return;
    }
    m_card->setPartner(partner);
    m_card->session()->restore(m_history->talkWith(partner.id));
    m_note->setText(partner.adapters.isEmpty() ? QString() : tr("an adapter answers, over its base"));
}

} // namespace luthier::ui
