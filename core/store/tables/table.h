// SPDX-License-Identifier: GPL-3.0-or-later
// Table: what the parts of a project share: one database behind one mutex. Each part is a class of its own that keeps one
// noun in the database: runs, data files, edits, steps, versions, losses, values.
//
// Threads: any; every public function takes the mutex but those that say so; private ones expect it taken.
#pragma once

#include "core/store/database.h"
#include "core/store/project_lock.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

namespace luthier::store {

struct ProjectBase {
    std::filesystem::path folder;
    std::optional<ProjectLock> lock; // none: for looking only. Given back after the database is closed
    std::mutex mutex;
    Database database;
};

class Table {
public:
    explicit Table(ProjectBase& base) : m_base(base), m_folder(base.folder), m_mutex(base.mutex), m_database(base.database) {}

protected:

    Result<Transaction> beginWriting();                // refused where the project is open for looking only
    static std::string keyOf(const std::string& path); // of a data file: absolute, without detours

    ProjectBase& m_base;
    const std::filesystem::path& m_folder;
    std::mutex& m_mutex;
    Database& m_database;
};

} // namespace luthier::store
