// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/library/source_files.h"

#include "core/base/paths.h"
#include "core/data/sources/pasted_text.h"
#include "core/store/project.h"
#include "ui/workspace/workspace.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace luthier::ui {

QString bundledData()
{
    return QDir::cleanPath(QFileInfo(QString::fromStdString((base::datasetsFolder() / "workshop_instructions.jsonl").string())).absoluteFilePath());
}

SourceFiles::SourceFiles(Workspace& workspace, QObject* parent) : QObject(parent), m_workspace(workspace)
{
    connect(&m_workspace, &Workspace::projectChanged, this, [this] {
        list();
        add(std::exchange(m_waiting, {}));
    });
}

const SourceItem* SourceFiles::find(std::int64_t id) const
{
    const auto at = std::find_if(m_items.begin(), m_items.end(), [id](const SourceItem& item) { return item.id == id; });
    return at == m_items.end() ? nullptr : &*at;
}

const SourceItem* SourceFiles::find(const QString& path) const
{
    const auto at = std::find_if(m_items.begin(), m_items.end(), [&path](const SourceItem& item) { return item.path == path; });
    return at == m_items.end() ? nullptr : &*at;
}

void SourceFiles::list(std::int64_t wanted)
{
    struct Listing {
        std::vector<SourceItem> items;
        QString problem;
    };
    const auto work = [project = m_workspace.project()] {
        Listing listing;
        const Result<std::vector<store::DataSourceRow>> rows = project ? project->sources() : std::vector<store::DataSourceRow>();
        if (!rows) {
            listing.problem = QString::fromStdString(rows.message());
            return listing;
        }
        for (const store::DataSourceRow& row : *rows) {
            listing.items.push_back({row.id, QString::fromStdString(row.path), QString::fromStdString(row.format)});
        }
        return listing;
    };
    m_wanted = wanted != 0 ? wanted : m_wanted;
    m_listing.start(this, work, [this](const Listing& listing) {
        m_items = listing.items;
        Q_EMIT listed(std::exchange(m_wanted, 0), listing.problem);
    });
}

void SourceFiles::add(const QStringList& paths)
{
    if (!m_workspace.project()) {
        m_waiting = paths;
        return;
    }
    if (paths.isEmpty()) {
        return;
    }
    struct Added {
        std::int64_t last = 0;
        QString problem;
    };
    const auto work = [project = m_workspace.project(), paths] {
        Added added;
        for (const QString& path : paths) {
            const auto row = project->addSource(QFileInfo(path).absoluteFilePath().toStdString(), "auto");
            if (row) {
                added.last = row->id;
            } else {
                added.problem = QString::fromStdString(row.message());
            }
        }
        return added;
    };
    startJob(this, work, [this](const Added& added) {
        list(added.last);
        Q_EMIT m_workspace.sourcesChanged();
        if (!added.problem.isEmpty()) {
            Q_EMIT failed(added.problem);
        }
    });
}

void SourceFiles::addPasted(const QString& text)
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    const auto work = [project, text] { return data::keepPasted(text.toStdString(), project->folder() / "pasted"); };
    startJob(this, work, [this](const Result<std::filesystem::path>& kept) {
        if (kept) {
            add({QString::fromStdString(kept->string())});
        } else {
            m_workspace.say(QString::fromStdString(kept.message()));
        }
    });
}

void SourceFiles::remove(std::int64_t id)
{
    if (id == 0) {
        return;
    }
    startJob(this, [project = m_workspace.project(), id] { return project->removeSource(id); }, [this](const Result<void>& removed) {
        if (removed) {
            list();
            Q_EMIT m_workspace.sourcesChanged();
        } else {
            Q_EMIT failed(QString::fromStdString(removed.message()));
        }
    });
}

void SourceFiles::setFormat(const SourceItem& source, const QString& format)
{
    if (source.id == 0 || source.format == format) {
        return;
    }
    const auto work = [project = m_workspace.project(), source, format]() -> Result<SourceItem> {
        if (Result<void> removed = project->removeSource(source.id); !removed) {
            return removed.error();
        }
        const auto added = project->addSource(source.path.toStdString(), format.toStdString());
        return added ? Result<SourceItem>(SourceItem{added->id, source.path, format}) : added.error();
    };
    startJob(this, work, [this](const Result<SourceItem>& changed) {
        if (!changed) {
            Q_EMIT failed(QString::fromStdString(changed.message()));
            return;
        }
        Q_EMIT formatChanged(*changed);
        list(changed->id);
        Q_EMIT m_workspace.sourcesChanged();
    });
}

} // namespace luthier::ui
