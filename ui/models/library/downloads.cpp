// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/library/downloads.h"

#include "ui/bridge/job.h"
#include "ui/bridge/token_store.h"
#include "ui/settings/app_settings.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace luthier::ui {
namespace {

constexpr std::size_t kMostAtOnce = 2;
constexpr int kPollMs = 100;
constexpr int kStillMs = 2000; // a speed of so long ago is none any more
const QString kOffline = QStringLiteral("offline");

} // namespace

struct Downloads::Shared {
    std::mutex mutex;
    hub::DownloadProgress progress; // guarded by mutex
};

Downloads::Downloads(AppSettings& settings, QObject* parent) : QObject(parent), m_settings(settings), m_tokens(new TokenStore(this))
{
    m_poll.setInterval(kPollMs);
    connect(&m_poll, &QTimer::timeout, this, &Downloads::poll);
}

Downloads::~Downloads()
{
    for (const Transfer& transfer : m_transfers) {
        transfer.cancel.cancel();
    }
}

bool Downloads::isOffline() const
{
    return m_settings.text(kOffline) == QLatin1String("1");
}

void Downloads::setOffline(bool offline)
{
    m_settings.setText(kOffline, offline ? QStringLiteral("1") : QString());
}

std::function<hub::HubSettings()> Downloads::settingsMaker() const
{
    return [token = m_tokens->token().toStdString(), offline = isOffline()] {
        hub::HubSettings settings = hub::settingsFromEnvironment();
        settings.token = token.empty() ? settings.token : token;
        if (offline && !settings.offline) {
            settings.offline = true;
            settings.offlineBecause = "Work offline is switched on";
        }
        return settings;
    };
}

const Downloads::Item* Downloads::find(int id) const
{
    const auto found = std::find_if(m_items.begin(), m_items.end(), [id](const Item& item) { return item.id == id; });
    return found == m_items.end() ? nullptr : &*found;
}

Downloads::Item* Downloads::at(int id)
{
    return const_cast<Item*>(std::as_const(*this).find(id));
}

int Downloads::start(const QString& name)
{
    for (const Item& item : m_items) {
        if (item.name == name) {
            if (item.state != State::Running && item.state != State::Waiting) {
                resume(item.id);
            }
            return item.id;
        }
    }
    m_items.push_back({++m_lastId, name, State::Waiting, {}, {}, {}});
    Q_EMIT listChanged();
    startNext();
    return m_lastId;
}

void Downloads::stop(int id)
{
    for (const Transfer& transfer : m_transfers) {
        if (transfer.id == id) {
            transfer.cancel.cancel();
            return;
        }
    }
    if (Item* item = at(id); item != nullptr && item->state == State::Waiting) {
        item->state = State::Stopped;
        Q_EMIT itemChanged(id);
    }
}

void Downloads::resume(int id)
{
    Item* item = at(id);
    if (item == nullptr || item->state == State::Running) {
        return;
    }
    item->state = State::Waiting;
    item->problem.clear();
    Q_EMIT itemChanged(id);
    startNext();
}

void Downloads::remove(int id)
{
    stop(id);
    std::erase_if(m_items, [id](const Item& item) { return item.id == id; });
    Q_EMIT listChanged();
}

void Downloads::startNext()
{
    for (Item& item : m_items) {
        if (m_transfers.size() >= kMostAtOnce) {
            return;
        }
        if (item.state == State::Waiting) {
            begin(item);
        }
    }
}

void Downloads::begin(Item& item)
{
    item.state = State::Running;
    Transfer transfer{item.id, {}, std::make_shared<Shared>(), 0, {}};
    transfer.sinceThen.start();
    m_transfers.push_back(transfer);
    m_poll.start();
    const auto work = [name = item.name.toStdString(), make = settingsMaker(), transfer]() -> Result<hub::Downloaded> {
        const auto repo = hub::parseRepoName(name);
        if (!repo) {
            return repo.error();
        }
        hub::DownloadOptions options;
        options.cancel = transfer.cancel;
        options.onProgress = [shared = transfer.shared](const hub::DownloadProgress& progress) {
            const std::lock_guard lock(shared->mutex);
            shared->progress = progress;
        };
        return hub::download(make(), *repo, options);
    };
    const int id = item.id;
    startJob(this, work, [this, id, cancel = transfer.cancel](const Result<hub::Downloaded>& got) { end(id, got, cancel.isCancelled()); });
    Q_EMIT itemChanged(id);
}

void Downloads::end(int id, const Result<hub::Downloaded>& got, bool wasStopped)
{
    poll();
    std::erase_if(m_transfers, [id](const Transfer& transfer) { return transfer.id == id; });
    if (m_transfers.empty()) {
        m_poll.stop();
    }
    if (Item* item = at(id)) { // else it was removed from the list meanwhile
        item->state = got ? State::Done : wasStopped ? State::Stopped : State::Failed;
        item->path = got ? QString::fromStdString(got->path.string()) : QString();
        item->problem = item->state == State::Failed ? QString::fromStdString(got.message()) : QString();
        const QString name = item->name;
        const QString path = item->path;
        Q_EMIT itemChanged(id);
        if (got) {
            Q_EMIT finished(name, path);
        }
    }
    startNext();
}

void Downloads::poll()
{
    for (Transfer& transfer : m_transfers) {
        if (Item* item = at(transfer.id)) {
            {
                const std::lock_guard lock(transfer.shared->mutex);
                item->progress = transfer.shared->progress;
            }
            if (std::exchange(transfer.came, item->progress.done) != item->progress.done) {
                transfer.sinceThen.start();
            }
            item->isStill = transfer.sinceThen.elapsed() > kStillMs && item->progress.done < item->progress.total; // then it is checked
            Q_EMIT itemChanged(transfer.id);
        }
    }
}

} // namespace luthier::ui
