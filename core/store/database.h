// SPDX-License-Identifier: GPL-3.0-or-later
// Database: one SQLite connection. A commit that returned ok has been synced to the disk (WAL, synchronous
// FULL). Written with care for files of unknown origin: no triggers, no views, no functions from the schema.
//
// Errors name the file and say what to do: disk full, no permission, damaged, busy.
// Threads: one at a time; the owner has the mutex.
#pragma once

#include "core/base/result.h"
#include "core/store/statement.h"

#include <cstdint>
#include <filesystem>
#include <string>

struct sqlite3;

namespace luthier::store {

class Database {
public:
    enum class Mode { ReadWrite, ReadOnly, Fixed }; // Fixed: read only, and nobody changes the file meanwhile

    // Changes nothing in the file yet; ReadWrite creates an empty one where there is none.
    static Result<Database> open(const std::filesystem::path& path, Mode mode);
    Database(Database&& other) noexcept;
    Database& operator=(Database&&) = delete;
    ~Database();

    const std::filesystem::path& path() const { return m_path; }

    Result<Statement> prepare(std::string_view sql) const;
    Result<void> execute(const char* sql); // several statements, no values

    template <class... Values>
    Result<void> run(std::string_view sql, const Values&... values)
    {
        auto statement = prepare(sql);
        if (!statement) {
            return statement.error();
        }
        statement->bindAll(values...);
        return statement->run();
    }

    // `take` sees every row; stops at its first failure.
    template <class Take, class... Values>
    Result<void> each(std::string_view sql, Take take, const Values&... values)
    {
        auto statement = prepare(sql);
        if (!statement) {
            return statement.error();
        }
        statement->bindAll(values...);
        auto row = statement->step();
        for (; row && *row; row = statement->step()) {
            if (Result<void> taken = take(*statement); !taken) {
                return taken;
            }
        }
        return row ? Result<void>() : row.error();
    }

    // First column of the first row; 0 when there is none.
    template <class... Values>
    Result<std::int64_t> number(std::string_view sql, const Values&... values)
    {
        auto statement = prepare(sql);
        if (!statement) {
            return statement.error();
        }
        statement->bindAll(values...);
        auto row = statement->step();
        if (!row) {
            return row.error();
        }
        return *row ? statement->integer(0) : 0;
    }

    std::int64_t lastId() const;  // of the last row inserted
    std::int64_t changes() const; // rows of the last statement

    Error failure(int code) const;

private:
    Database(std::filesystem::path path, sqlite3* handle) : m_path(std::move(path)), m_handle(handle) {}

    std::filesystem::path m_path;
    sqlite3* m_handle;
};

// All or nothing: destroyed without commit(), it leaves the database as it was.
class Transaction {
public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

private:
    explicit Transaction(Database& database) : m_database(&database) {}

    Database* m_database; // null: committed or moved from
};

} // namespace luthier::store
