// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

constexpr int kBusyMs = 5000; // another process that looks may be in the way for a moment
constexpr int kLimitBytes = 256 << 20;

// `extended` is SQLite's extended code, `system` the errno behind it.
std::string reason(int extended, int system, const char* text)
{
    if (system == ENOSPC || system == EDQUOT) {
        return "the disk is full; free some space and try again";
    }
    switch (extended & 0xff) {
    case SQLITE_FULL:
        return "the disk is full; free some space and try again";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return std::string("the file is damaged or no project (") + text
               + "); nothing was changed. Keep a copy of the folder and go back to a backup of it";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return std::string("cannot be opened for this (") + text
               + "); look at the rights of the file and its folder";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds the file; close it there and try again";
    case SQLITE_IOERR:
        return std::string("the disk does not take or give the data (") + text + ", SQLite "
               + std::to_string(extended) + "); look at its free space and its health and try again";
    case SQLITE_TOOBIG:
        return "a single value is larger than 256 MiB and is not stored";
    default:
        return std::string(text) + " (SQLite " + std::to_string(extended) + ")";
    }
}

std::string immutableUri(const fs::path& path)
{
    std::string uri = "file:";
    for (const char c : path.string()) {
        const bool isSpecial = c == '%' || c == '?' || c == '#';
        uri += isSpecial ? (c == '%' ? "%25" : c == '?' ? "%3f" : "%23") : std::string(1, c);
    }
    return uri + "?immutable=1";
}

void protect(sqlite3* handle)
{
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kBusyMs);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLimitBytes);
    for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                        {SQLITE_DBCONFIG_ENABLE_VIEW, 0}}) {
        sqlite3_db_config(handle, option, value, nullptr);
    }
}

} // namespace

Result<Database> Database::open(const fs::path& path, Mode mode)
{
    const int access =
        mode == Mode::ReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const std::string name = mode == Mode::Fixed ? immutableUri(path) : path.string();
    const int flags =
        access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | (mode == Mode::Fixed ? SQLITE_OPEN_URI : 0);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
    Database database(path, handle); // closes the handle also when opening failed
    if (code != SQLITE_OK) {
        return database.failure(handle == nullptr ? SQLITE_NOMEM : code);
    }
    protect(handle);
    const char* sql =
        "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0";
    if (auto set = database.execute(sql); !set) {
        return set.error();
    }
    return database;
}

Database::Database(Database&& other) noexcept
    : m_path(std::move(other.m_path)), m_handle(std::exchange(other.m_handle, nullptr))
{
}

Database::~Database()
{
    sqlite3_close_v2(m_handle);
}

Result<Statement> Database::prepare(std::string_view sql) const
{
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(m_handle, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) {
        return failure(code);
    }
    return Statement(*this, statement);
}

Result<void> Database::execute(const char* sql)
{
    const int code = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? Result<void>() : failure(code);
}

std::int64_t Database::lastId() const
{
    return sqlite3_last_insert_rowid(m_handle);
}

std::int64_t Database::changes() const
{
    return sqlite3_changes64(m_handle);
}

Error Database::failure(int code) const
{
    const int system = m_handle == nullptr ? 0 : sqlite3_system_errno(m_handle);
    const bool isIo = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    const char* text = m_handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(m_handle);
    return {m_path.string() + ": " + reason(code, isIo ? system : 0, text)};
}

Result<Transaction> Transaction::begin(Database& database)
{
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
        return begun.error();
    }
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept : m_database(std::exchange(other.m_database, nullptr))
{
}

Transaction::~Transaction()
{
    if (m_database != nullptr) {
        // Fails when SQLite has rolled back by itself, which is as good.
        static_cast<void>(m_database->execute("ROLLBACK"));
    }
}

Result<void> Transaction::commit()
{
    if (auto committed = m_database->execute("COMMIT"); !committed) {
        return committed;
    }
    m_database = nullptr;
    return {};
}

} // namespace luthier::store
