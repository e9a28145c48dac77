// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/chat_session.h"

#include "ui/base/amounts.h"
#include "ui/bridge/job.h"
#include "ui/settings/app_settings.h"

#include <QLocale>

#include <mutex>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kDeliverMs = 33;

} // namespace

struct ChatSession::Pieces {
    std::mutex mutex;
    std::string text; // guarded by mutex

    void add(const std::string& piece)
    {
        const std::lock_guard lock(mutex);
        text += piece;
    }
    std::string take()
    {
        const std::lock_guard lock(mutex);
        return std::exchange(text, {});
    }
};

ChatSession::ChatSession(QObject* parent) : QObject(parent)
{
    m_deliver.setInterval(kDeliverMs);
    connect(&m_deliver, &QTimer::timeout, this, &ChatSession::deliver);
}

ChatSession::~ChatSession()
{
    m_cancel.cancel();
}

void ChatSession::setPartner(const ChatPartner& partner)
{
    if (partner == m_partner) {
        m_partner.name = partner.name;
        return;
    }
    m_cancel.cancel();
    ++m_turn;
    m_session.reset();
    m_partner = partner;
    setRunning(false);
    clear();
}

void ChatSession::clear()
{
    stop();
    ++m_turn;
    setRunning(false);
    m_messages.clear();
    Q_EMIT messagesChanged();
    Q_EMIT stageChanged({});
}

void ChatSession::forget()
{
    clear();
    Q_EMIT answered();
}

void ChatSession::restore(std::vector<ChatTurn> messages)
{
    clear();
    m_messages = std::move(messages);
    Q_EMIT messagesChanged();
}

void ChatSession::ask(const QString& question, const inference::Sampling& sampling)
{
    if (m_isRunning || m_partner.isEmpty() || question.trimmed().isEmpty()) {
        return;
    }
    m_cancel = {};
    ++m_turn;
    m_messages.push_back({{"user", question.toStdString(), {}}});
    setRunning(true);
    Q_EMIT messagesChanged();
    if (m_session) {
        generate(sampling);
        return;
    }
    Q_EMIT stageChanged(tr("Loading the model\u2026"));
    inference::ModelSpec spec;
    spec.path = m_partner.model.toStdString();
    spec.device = AppSettings().text(QStringLiteral("device"), QStringLiteral("auto")).toStdString();
    for (const QString& adapter : m_partner.adapters) {
        spec.adapters.push_back({adapter.toStdString(), 1});
    }
    const auto work = [spec, made = m_partner.made]() mutable -> Result<std::shared_ptr<inference::Session>> {
        if (const auto path = made ? made() : Result<QString>(QString()); !path) {
            return path.error();
        } else if (!path->isEmpty()) {
            (spec.adapters.empty() ? spec.path : spec.adapters.front().path) = path->toStdString();
        }
        return inference::Session::open(spec);
    };
    startJob(this, work,
             [this, sampling, turn = m_turn](const Result<std::shared_ptr<inference::Session>>& session) {
                 if (turn != m_turn) {
                     return;
                 }
                 if (!session) {
                     giveUp(QString::fromStdString(session.message()));
                     return;
                 }
                 m_session = *session;
                 generate(sampling);
             });
}

std::vector<data::Message> ChatSession::asked() const
{
    std::vector<data::Message> messages(m_messages.begin(), m_messages.end());
    if (!m_system.isEmpty()) {
        messages.insert(messages.begin(), {"system", m_system.toStdString(), {}});
    }
    return messages;
}

void ChatSession::generate(const inference::Sampling& sampling)
{
    Q_EMIT stageChanged(tr("Answering\u2026"));
    m_pieces = std::make_shared<Pieces>();
    const auto isFolded = std::make_shared<bool>(false); // written before the job ends, read behind it
    const auto work = [session = m_session, messages = asked(), sampling, pieces = m_pieces, cancel = m_cancel,
                       isFolded]() -> Result<inference::Generation> {
        auto ids = session->encoder().encodePrompt(messages);
        if (!ids && messages.front().role == "system") { // perhaps a template that takes none
            data::Encoder encoder = session->encoder();
            encoder.foldSystem();
            auto folded = encoder.encodePrompt(messages);
            *isFolded = folded.ok();
            ids = folded ? std::move(folded) : std::move(ids);
        }
        if (!ids) {
            return ids.error();
        }
        inference::GenerateOptions options;
        options.sampling = sampling;
        options.cancel = cancel;
        options.onPiece = [pieces](const std::string& piece) { pieces->add(piece); };
        return session->generate(*ids, options);
    };
    m_messages.push_back({{"assistant", {}, {}}, m_partner.contender()});
    Q_EMIT messagesChanged();
    m_deliver.start();
    startJob(this, work, [this, turn = m_turn, isFolded](const Result<inference::Generation>& generation) {
        if (turn == m_turn) {
            end(generation, *isFolded);
        }
    });
}

void ChatSession::deliver()
{
    const std::string piece = m_pieces ? m_pieces->take() : std::string();
    if (!piece.empty() && !m_messages.empty()) {
        m_messages.back().content += piece;
        Q_EMIT messagesChanged();
    }
}

void ChatSession::end(const Result<inference::Generation>& generation, bool isFolded)
{
    m_deliver.stop();
    if (!generation) {
        m_messages.pop_back();
        giveUp(QString::fromStdString(generation.message()));
        return;
    }
    m_messages.back().content = generation->text; // stop texts are not part of the answer
    const QString how = generation->finish == "length"   ? tr("reached the token limit")
                        : generation->finish == "cancel" ? tr("stopped")
                                                         : tr("complete");
    setRunning(false);
    Q_EMIT messagesChanged();
    Q_EMIT answered();
    const QString went = tr("%Ln token(s)  \u00b7  %1 tokens/s  \u00b7  %2", nullptr, static_cast<int>(std::ssize(generation->ids)))
                             .arg(QLocale().toString(generation->tokensPerSecond, 'f', 1), how);
    Q_EMIT stageChanged(isFolded ? tr("%1  \u00b7  this model takes no system text, so it stands before the question").arg(went) : went);
}

void ChatSession::giveUp(const QString& sentence)
{
    m_messages.pop_back();
    setRunning(false);
    Q_EMIT messagesChanged();
    Q_EMIT stageChanged({});
    Q_EMIT failed(sentence);
}

void ChatSession::setRunning(bool running)
{
    if (!running) {
        m_deliver.stop();
    }
    if (std::exchange(m_isRunning, running) != running) {
        Q_EMIT runningChanged(running);
    }
}

void ChatSession::stop()
{
    m_cancel.cancel();
}

} // namespace luthier::ui
