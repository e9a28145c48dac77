// SPDX-License-Identifier: GPL-3.0-or-later
// Places: where the person was on each page of the open project: the file and row looked at, the runs chosen, the question asked. Kept
// with the project after every change, and there again after a restart. What belongs to the window alone (splitters, tabs) is
// kept in AppSettings, and what was made (runs, comparisons, conversations) is kept for itself.
//
// A page asks for its place at read(), and where it was read already; it keeps another one whenever a person goes elsewhere.
// Threads: GUI thread; the project is asked in jobs.
#pragma once

#include "core/base/json.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QObject>
#include <QString>

#include <memory>

namespace luthier::store {
class Project;
}

namespace luthier::ui {

class Workspace;

class Places : public QObject {
    Q_OBJECT

public:
    explicit Places(Workspace& workspace); // its child

    bool isRead() const { return m_isRead; } // of the open project
    // By the page's id. Null: it was never kept, or nothing is read yet. What is kept may be damaged or of something that is gone.
    Json at(const QString& page) const;
    void keep(const QString& page, const Json& place); // ignored until the project's own are read

Q_SIGNALS:
    void read(); // another project's; also where none were kept

private:
    void load();
    void readAll();

    Workspace& m_workspace;
    std::shared_ptr<store::Project> m_project; // whose they are
    Json m_places = Json::object();
    bool m_isRead = false;
    JobSlot m_loading;
    WriteSlot m_saving;
};

// Of a kept place: what stands under the key, where it has that type.
QString textIn(const Json& place, const char* key);
std::int64_t wholeIn(const Json& place, const char* key, std::int64_t fallback = 0);

} // namespace luthier::ui
