// SPDX-License-Identifier: GPL-3.0-or-later
// Statement: one prepared SQL statement with its bound values and the row it stands on.
//
// Reals keep NaN and infinity: SQLite stores NaN as null, so it is bound as the text 'NaN' and read back from
// it. Threads: those of its Database, which must outlive it.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace luthier::store {

class Database;

class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Places count from 1. A value that cannot be bound is told by the next step().
    void bind(int place, std::int64_t value);
    void bind(int place, double value);
    void bind(int place, std::string_view value);
    void bind(int place, const std::optional<double>& value);
    void bind(int place, std::nullopt_t); // null

    template <class... Values>
    void bindAll(const Values&... values)
    {
        int place = 0;
        (bind(++place, values), ...);
    }

    Result<bool> step(); // true: stands on a row
    Result<void> run();  // to the end, then ready to be bound again

    // Columns of the row it stands on, counted from 0.
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::optional<double> optionalReal(int column) const;
    std::string text(int column) const;
    std::string_view textView(int column) const; // until the next step()
    bool isNull(int column) const;

private:
    friend class Database;
    Statement(const Database& database, sqlite3_stmt* statement)
        : m_database(database), m_statement(statement)
    {
    }

    const Database& m_database;
    sqlite3_stmt* m_statement;
    int m_bindCode = 0; // first failure of a bind
};

} // namespace luthier::store
