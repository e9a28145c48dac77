// SPDX-License-Identifier: GPL-3.0-or-later
// SourceFiles: the data files of the project: listed, added, removed, read in another shape. The files themselves are not
// touched; the project remembers where they lie. Every change is made by a job and is followed by listed(); of listings that
// are asked for at once only the last one answers, so that none tells of an earlier state.
//
// Threads: GUI thread.
#pragma once

#include "ui/bridge/job.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <vector>

namespace luthier::ui {

class Workspace;

struct SourceItem {
    std::int64_t id = 0;
    QString path;   // absolute
    QString format; // chosen: an id, or "auto"
};

QString bundledData(); // the rows that come with Luthier

class SourceFiles : public QObject {
    Q_OBJECT

public:
    explicit SourceFiles(Workspace& workspace, QObject* parent = nullptr);

    const std::vector<SourceItem>& items() const { return m_items; } // as they were listed last, in the project's order
    const SourceItem* find(std::int64_t id) const;                   // null: not among them
    const SourceItem* find(const QString& path) const;

    void list(std::int64_t wanted = 0); // what an unanswered listing wanted is wanted still
    void add(const QStringList& paths);    // once the project is open; the last becomes the one wanted
    void addPasted(const QString& text);   // kept in the project as a file
    void remove(std::int64_t id);          // 0: does nothing
    void setFormat(const SourceItem& source, const QString& format);

Q_SIGNALS:
    // `wanted`: the one to show; 0: no other than before. `problem`: why the list is empty; usually empty.
    void listed(qint64 wanted, const QString& problem);
    void formatChanged(const luthier::ui::SourceItem& source); // under a new id; listed() follows
    void failed(const QString& sentence);                      // a file could not be added or removed

private:
    Workspace& m_workspace;
    std::vector<SourceItem> m_items;
    QStringList m_waiting; // asked for before the project was open
    std::int64_t m_wanted = 0; // by the listing under way
    JobSlot m_listing;
};

} // namespace luthier::ui
