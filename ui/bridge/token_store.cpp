// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/token_store.h"

#ifdef LUTHIER_KEYCHAIN
#include <qt6keychain/keychain.h>
#endif

namespace luthier::ui {

#ifdef LUTHIER_KEYCHAIN

namespace {

const QString kService = QStringLiteral("luthier");
const QString kKey = QStringLiteral("hub-token");

// Jobs belong to nobody and delete themselves: the secret store may answer after the window is gone.

bool isFine(const QKeychain::Job* job)
{
    return job->error() == QKeychain::NoError || job->error() == QKeychain::EntryNotFound;
}

QString sentence(const QKeychain::Job* job)
{
    return isFine(job) ? QString()
                       : TokenStore::tr("The desktop's secret store cannot be used, so a token lasts until Luthier is closed.");
}

} // namespace

bool TokenStore::isBuiltIn()
{
    return true;
}

void TokenStore::load()
{
    auto* job = new QKeychain::ReadPasswordJob(kService);
    job->setInsecureFallback(false); // never as plain text
    job->setKey(kKey);
    connect(job, &QKeychain::Job::finished, this, [this, job] {
        m_problem = sentence(job);
        m_reason = isFine(job) ? QString() : job->errorString();
        if (m_token.isEmpty()) { // typed meanwhile
            m_token = job->textData();
        }
        Q_EMIT changed();
    });
    job->start();
}

void TokenStore::setToken(const QString& token)
{
    m_token = token.trimmed();
    QKeychain::Job* job = nullptr;
    if (m_token.isEmpty()) {
        job = new QKeychain::DeletePasswordJob(kService);
    } else {
        auto* write = new QKeychain::WritePasswordJob(kService);
        write->setTextData(m_token);
        job = write;
    }
    job->setInsecureFallback(false);
    job->setKey(kKey);
    connect(job, &QKeychain::Job::finished, this, [this, job] {
        m_problem = sentence(job);
        m_reason = isFine(job) ? QString() : job->errorString();
        Q_EMIT changed();
    });
    job->start();
    Q_EMIT changed();
}

#else

bool TokenStore::isBuiltIn()
{
    return false;
}

void TokenStore::load()
{
    m_problem = tr("This Luthier was built without a secret store, so a token lasts until it is closed.");
    Q_EMIT changed();
}

void TokenStore::setToken(const QString& token)
{
    m_token = token.trimmed();
    Q_EMIT changed();
}

#endif

} // namespace luthier::ui
