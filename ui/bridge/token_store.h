// SPDX-License-Identifier: GPL-3.0-or-later
// TokenStore: the access token for the hub, kept in the desktop's secret store and nowhere else. Without one (none is
// running, or Luthier was built without it) a token lasts until the window closes, and problem() says why.
//
// Threads: GUI thread.
#pragma once

#include <QObject>
#include <QString>

namespace luthier::ui {

class TokenStore : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    void load();                         // asks the secret store; changed() follows
    void setToken(const QString& token); // empty: forgotten, there too
    const QString& token() const { return m_token; }
    const QString& problem() const { return m_problem; } // a sentence; empty: the secret store works

    const QString& reason() const { return m_reason; }   // of the problem, as the desktop says it: for who looks closer

    static bool isBuiltIn();

Q_SIGNALS:
    void changed();

private:
    QString m_token;
    QString m_problem;
    QString m_reason;
};

} // namespace luthier::ui
