// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/store/project_store.h"
#include "core/store/tables/schema.h"

#include <system_error>
#include <unistd.h>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

const char kDatabase[] = "luthier.db";

constexpr std::uintmax_t kSmallestPage = 512;
// Up to this size every page is read at each opening; above it only where the last one ended badly.
constexpr std::uintmax_t kAlwaysCheckedBytes = std::uintmax_t{64} << 20;

// Projects that are open for writing here: asking for one again gives the same, whatever its path is called.
struct Registry {
    std::mutex mutex;
    std::map<ProjectLock::FileId, std::weak_ptr<Project>> open; // guarded by mutex
};

Registry& registry()
{
    static Registry instance;
    return instance;
}

fs::path cleaned(const fs::path& folder)
{
    std::error_code code;
    fs::path path = fs::absolute(folder, code).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

// SQLite takes a file shorter than a page for an empty one and would write over it.
Result<void> checkLength(const fs::path& path)
{
    std::error_code code;
    const auto size = fs::file_size(path, code);
    if (!code && size > 0 && size < kSmallestPage) {
        return Error{
            path.string() + ": the file is damaged or no project (" + std::to_string(size)
            + " bytes); nothing was changed. Keep a copy of the folder and go back to a backup of it"};
    }
    return {};
}

Result<Database> openDatabase(const fs::path& path, const ProjectLock& lock)
{
    if (auto checked = checkLength(path); !checked) {
        return checked.error();
    }
    auto database = Database::open(path, Database::Mode::ReadWrite);
    if (!database) {
        return database;
    }
    std::error_code code;
    if (const auto size = fs::file_size(path, code);
        !code && (lock.wasLeftOpen() || size <= kAlwaysCheckedBytes)) {
        if (auto checked = checkPages(*database); !checked) {
            return checked.error();
        }
    }
    if (auto prepared = prepareSchema(*database); !prepared) {
        return prepared.error();
    }
    return database;
}

Result<std::shared_ptr<Project>> openForWriting(const fs::path& folder)
{
    if (auto made = base::makeDirectories(folder); !made) {
        return made.error();
    }
    const std::lock_guard guard(registry().mutex);
    auto lock = ProjectLock::open(folder);
    if (!lock) {
        return lock.error();
    }
    const auto id = lock->id();
    if (const auto known = registry().open.find(id); known != registry().open.end()) {
        if (auto project = known->second.lock()) {
            return project;
        }
    }
    if (auto taken = lock->take(); !taken) {
        return taken.error();
    }
    auto database = openDatabase(folder / kDatabase, *lock);
    if (!database) {
        return database.error();
    }
    auto project = std::make_shared<ProjectStore>(folder, std::move(*lock), std::move(*database));
    if (auto tidied = project->tidy(); !tidied) {
        return tidied.error();
    }
    registry().open[id] = project;
    return std::shared_ptr<Project>(std::move(project));
}

// In a folder where nothing can be written SQLite cannot make the files it shares with other processes.
bool isFixed(const fs::path& folder)
{
    std::error_code code;
    const auto journal = fs::file_size(folder / (std::string(kDatabase) + "-wal"), code);
    return ::access(folder.c_str(), W_OK) != 0 && (code || journal == 0);
}

Result<std::shared_ptr<Project>> openForLooking(const fs::path& folder)
{
    const fs::path path = folder / kDatabase;
    std::error_code code;
    if (!fs::exists(path, code)) {
        return Error{folder.string() + ": no project lies there (" + kDatabase + " is missing)"};
    }
    if (auto checked = checkLength(path); !checked) {
        return checked.error();
    }
    auto database = Database::open(path, isFixed(folder) ? Database::Mode::Fixed : Database::Mode::ReadOnly);
    if (!database) {
        return database.error();
    }
    // Looking knows the newest form of the file alone, and who only ever looks must not be locked out of an older project.
    if (const auto older = isOlder(*database); older && *older && ::access(path.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK) == 0) {
        auto upToDate = openForWriting(folder);
        if (!upToDate) {
            return upToDate.error();
        }
    }
    if (auto checked = checkSchema(*database); !checked) {
        return checked.error();
    }
    return std::shared_ptr<Project>(
        std::make_shared<ProjectStore>(folder, std::nullopt, std::move(*database)));
}

} // namespace

Result<std::shared_ptr<Project>> Project::open(const fs::path& folder, bool readOnly)
{
    return readOnly ? openForLooking(cleaned(folder)) : openForWriting(cleaned(folder));
}

ProjectStore::ProjectStore(fs::path folder, std::optional<ProjectLock> lock, Database database)
    : m_base{std::move(folder), std::move(lock), {}, std::move(database)}
{
}

Result<void> ProjectStore::tidy()
{
    return m_runs.tidy();
}

} // namespace luthier::store
