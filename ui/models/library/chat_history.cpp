// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/library/chat_history.h"

#include "ui/workspace/workspace.h"

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr const char* kKey = "chat"; // value of the project: {partner, system, sampling, talks: [{partner, messages: [{role, content, by}]}]}
constexpr std::size_t kMostTalks = 50;
constexpr std::size_t kMostBytes = std::size_t{4} << 20; // of all of them

QString textAt(const Json& object, const char* key)
{
    const bool has = object.is_object() && object.contains(key) && object[key].is_string();
    return has ? QString::fromStdString(object[key].get<std::string>()) : QString();
}

} // namespace

ChatHistory::ChatHistory(Workspace& workspace, QObject* parent) : QObject(parent), m_workspace(workspace)
{
    connect(&m_workspace, &Workspace::projectChanged, this, &ChatHistory::load);
    load();
}

const std::vector<ChatTurn>& ChatHistory::talkWith(const QString& partner) const
{
    static const std::vector<ChatTurn> kNone;
    const auto at = std::find_if(m_talks.begin(), m_talks.end(), [&partner](const Talk& talk) { return talk.partner == partner; });
    return at == m_talks.end() ? kNone : at->messages;
}

void ChatHistory::load()
{
    m_isRead = false;
    m_talks.clear();
    m_partner.clear();
    m_system.clear();
    m_sampling = {};
    m_loading.cancel();
    m_saving.whenWritten([this] { readAll(); });
}

void ChatHistory::readAll()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_loading.start(this, [project]() -> Result<Json> { return project->value(kKey); }, [this](const Result<Json>& kept) {
        take(kept ? *kept : Json());
        m_isRead = true;
        Q_EMIT read();
        if (!kept) {
            Q_EMIT failed(QString::fromStdString(kept.message()));
        }
    });
}

// What is no conversation is passed over.
void ChatHistory::take(const Json& kept)
{
    m_partner = textAt(kept, "partner");
    m_system = textAt(kept, "system");
    m_sampling = kept.is_object() && kept.contains("sampling") ? kept["sampling"] : Json();
    for (const Json& one : kept.is_object() && kept.contains("talks") && kept["talks"].is_array() ? kept["talks"] : Json::array()) {
        Talk talk{textAt(one, "partner"), {}};
        for (const Json& message : one.is_object() && one.contains("messages") && one["messages"].is_array() ? one["messages"] : Json::array()) {
            talk.messages.push_back({{textAt(message, "role").toStdString(), textAt(message, "content").toStdString(), {}},
                                     contenderFromJson(message.is_object() ? message.value("by", Json()) : Json())});
        }
        if (!talk.partner.isEmpty() && !talk.messages.empty()) {
            m_talks.push_back(std::move(talk));
        }
    }
}

void ChatHistory::keepTalk(const QString& partner, const std::vector<ChatTurn>& messages)
{
    if (!m_isRead || partner.isEmpty()) {
        return;
    }
    std::erase_if(m_talks, [&partner](const Talk& talk) { return talk.partner == partner; });
    if (!messages.empty()) {
        m_talks.insert(m_talks.begin(), {partner, messages});
    }
    std::size_t bytes = 0;
    std::size_t kept = 0;
    for (; kept < std::min(m_talks.size(), kMostTalks); ++kept) {
        for (const ChatTurn& message : m_talks[kept].messages) {
            bytes += message.content.size();
        }
        if (bytes > kMostBytes && kept > 0) {
            break;
        }
    }
    m_talks.resize(kept);
    save();
}

void ChatHistory::keepSettings(const QString& partner, const QString& system, const Json& sampling)
{
    if (!m_isRead || (partner == m_partner && system == m_system && sampling == m_sampling)) {
        return;
    }
    m_partner = partner;
    m_system = system;
    m_sampling = sampling;
    save();
}

Json ChatHistory::toJson() const
{
    Json talks = Json::array();
    for (const Talk& talk : m_talks) {
        Json messages = Json::array();
        for (const ChatTurn& turn : talk.messages) {
            messages.push_back({{"role", turn.role}, {"content", turn.content}});
            if (turn.by != Contender()) {
                messages.back()["by"] = ui::toJson(turn.by);
            }
        }
        talks.push_back({{"partner", talk.partner.toStdString()}, {"messages", std::move(messages)}});
    }
    return {{"partner", m_partner.toStdString()}, {"system", m_system.toStdString()}, {"sampling", m_sampling}, {"talks", std::move(talks)}};
}

void ChatHistory::save()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_saving.start(this, [project, value = toJson()] { return project->setValue(kKey, value); }, [this](const Result<void>& kept) {
        if (!kept) {
            Q_EMIT failed(QString::fromStdString(kept.message()));
        }
    });
}

} // namespace luthier::ui
