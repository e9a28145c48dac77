// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterLibrary: the project's adapters for the window: read, imported, noted and deleted by jobs.
//
// Threads: GUI thread; disks and the database are touched in jobs only.
#pragma once

#include "core/store/adapter_library.h"
#include "ui/bridge/job.h"
#include "ui/models/card_list_model.h"

#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace luthier::ui {

class Workspace;

class AdapterLibrary : public QObject {
    Q_OBJECT

public:
    explicit AdapterLibrary(Workspace& workspace, QObject* parent = nullptr);

    const std::vector<store::LibraryAdapter>& adapters() const { return m_adapters; }
    const store::LibraryAdapter* find(const QString& path) const; // null: not there
    bool isRead() const { return m_isRead; }

    void refresh();
    void import(const QString& path);
    void remove(const QString& path); // to the project's trash
    void setNotes(const QString& path, const QString& notes);
    void keepExport(const std::vector<std::filesystem::path>& adapters, const store::AdapterExport& made); // of each that went into it

Q_SIGNALS:
    void changed();
    void imported(const QString& path);
    void failed(const QString& sentence);

private:
    Workspace& m_workspace;
    std::vector<store::LibraryAdapter> m_adapters;
    bool m_isRead = false;
    JobSlot m_job;
};

CardItem cardOf(const store::LibraryAdapter& adapter);

} // namespace luthier::ui
