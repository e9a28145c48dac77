// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads: models on their way from the hub: at most two at once, the others wait. What was stopped or cut goes on when it is
// resumed. Also says with which settings the hub is asked: the environment's, the person's token, offline or not.
//
// Threads: GUI thread; transfers are jobs.
#pragma once

#include "core/hub/download.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace luthier::ui {

class AppSettings;
class TokenStore;

class Downloads : public QObject {
    Q_OBJECT

public:
    enum class State { Waiting, Running, Stopped, Failed, Done };

    struct Item {
        int id = 0;
        QString name; // org/name
        State state = State::Waiting;
        hub::DownloadProgress progress;
        QString problem; // of Failed
        QString path;    // of Done
        bool isStill = false; // running, and nothing has come for a while
    };

    Downloads(AppSettings& settings, QObject* parent = nullptr);
    ~Downloads() override;

    const std::vector<Item>& items() const { return m_items; }
    const Item* find(int id) const;
    TokenStore* tokens() const { return m_tokens; }

    bool isOffline() const;
    void setOffline(bool offline);

    int start(const QString& name); // the id; of the one that is there already, if any
    void stop(int id);              // keeps what came
    void resume(int id);
    void remove(int id); // from the list; the partial file stays for another day

    // For jobs: call it inside, it reads files.
    std::function<hub::HubSettings()> settingsMaker() const;

Q_SIGNALS:
    void listChanged();
    void itemChanged(int id);
    void finished(const QString& name, const QString& path);

private:
    struct Shared; // what a transfer's thread writes
    struct Transfer {
        int id = 0;
        base::CancelToken cancel;
        std::shared_ptr<Shared> shared;
        std::int64_t came = 0;
        QElapsedTimer sinceThen;
    };

    Item* at(int id);
    void startNext();
    void begin(Item& item);
    void end(int id, const Result<hub::Downloaded>& got, bool wasStopped);
    void poll();

    AppSettings& m_settings;
    TokenStore* m_tokens;
    std::vector<Item> m_items;
    std::vector<Transfer> m_transfers;
    QTimer m_poll;
    int m_lastId = 0;
};

} // namespace luthier::ui
