// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/library/adapter_library.h"

#include "ui/base/amounts.h"
#include "ui/workspace/workspace.h"

#include <QLocale>
#include <QStringList>

namespace luthier::ui {

AdapterLibrary::AdapterLibrary(Workspace& workspace, QObject* parent) : QObject(parent), m_workspace(workspace)
{
    connect(&m_workspace, &Workspace::projectChanged, this, &AdapterLibrary::refresh);
    connect(&m_workspace, &Workspace::runsChanged, this, &AdapterLibrary::refresh);
}

const store::LibraryAdapter* AdapterLibrary::find(const QString& path) const
{
    for (const store::LibraryAdapter& adapter : m_adapters) {
        if (adapter.facts.path == path.toStdString()) {
            return &adapter;
        }
    }
    return nullptr;
}

void AdapterLibrary::refresh()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_job.start(this, [project] { return store::adapters(*project); }, [this](const Result<std::vector<store::LibraryAdapter>>& read) {
        m_isRead = true;
        m_adapters = read ? *read : std::vector<store::LibraryAdapter>();
        if (!read) {
            Q_EMIT failed(QString::fromStdString(read.message()));
        }
        Q_EMIT changed();
    });
}

void AdapterLibrary::import(const QString& path)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    startJob(this, [project, path = path.toStdString()] { return store::importAdapter(*project, path); },
             [this](const Result<std::filesystem::path>& target) {
                 if (!target) {
                     Q_EMIT failed(QString::fromStdString(target.message()));
                     return;
                 }
                 Q_EMIT imported(QString::fromStdString(target->string()));
                 refresh();
             });
}

void AdapterLibrary::remove(const QString& path)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    startJob(this, [project, path = path.toStdString()] { return store::deleteAdapter(*project, path); }, [this](const Result<void>& done) {
        if (!done) {
            Q_EMIT failed(QString::fromStdString(done.message()));
        }
        refresh();
    });
}

void AdapterLibrary::setNotes(const QString& path, const QString& notes)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    for (store::LibraryAdapter& adapter : m_adapters) {
        if (adapter.facts.path == path.toStdString()) {
            adapter.notes = notes.toStdString();
        }
    }
    startJob(this, [project, path = path.toStdString(), text = notes.toStdString()] { return store::setAdapterNotes(*project, path, text); },
             [this](const Result<void>& done) {
                 if (!done) {
                     Q_EMIT failed(QString::fromStdString(done.message()));
                 }
             });
}

void AdapterLibrary::keepExport(const std::vector<std::filesystem::path>& adapters, const store::AdapterExport& made)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    const auto work = [project, adapters, made]() -> Result<void> {
        for (const std::filesystem::path& adapter : adapters) {
            if (auto kept = store::keepExport(*project, adapter, made); !kept) {
                return kept;
            }
        }
        return {};
    };
    startJob(this, work, [this](const Result<void>& kept) {
        if (!kept) {
            Q_EMIT failed(QString::fromStdString(kept.message()));
        }
        refresh(); // a combined one may have gone into the project
    });
}

CardItem cardOf(const store::LibraryAdapter& adapter)
{
    CardItem card;
    card.id = QString::fromStdString(adapter.facts.path.string());
    card.title = QString::fromStdString(adapter.name);
    card.badge = adapter.run > 0 ? AdapterLibrary::tr("run %1").arg(adapter.run) : AdapterLibrary::tr("imported");
    card.help = card.id;
    card.isBad = !adapter.facts.problem.empty();
    if (card.isBad) {
        card.facts = QString::fromStdString(adapter.facts.problem);
        return card;
    }
    QStringList parts{QString::fromStdString(adapter.facts.method), fileSize(static_cast<double>(adapter.facts.bytes))};
    const auto* heldOut = adapter.measures.find(measures::measureOf("loss"), measures::kHeldOutSet);
    if (heldOut != nullptr && heldOut->lastStep > 0) { // what was measured before the first step is the base's
        parts += AdapterLibrary::tr("held-out %1").arg(QLocale().toString(heldOut->last, 'f', 3));
    }
    if (!adapter.trainedOn.empty()) {
        parts += QString::fromStdString(adapter.trainedOn);
    }
    card.facts = parts.join(QStringLiteral("  \u00b7  "));
    return card;
}

} // namespace luthier::ui
