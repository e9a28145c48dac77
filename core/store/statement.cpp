// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/statement.h"

#include "core/store/database.h"

#include <sqlite3.h>

#include <cmath>
#include <limits>
#include <utility>

namespace luthier::store {

namespace {

constexpr std::string_view kNan = "NaN";

} // namespace

Statement::Statement(Statement&& other) noexcept
    : m_database(other.m_database), m_statement(std::exchange(other.m_statement, nullptr)),
      m_bindCode(other.m_bindCode)
{
}

Statement::~Statement()
{
    sqlite3_finalize(m_statement);
}

void Statement::bind(int place, std::int64_t value)
{
    const int code = sqlite3_bind_int64(m_statement, place, value);
    m_bindCode = m_bindCode == SQLITE_OK ? code : m_bindCode;
}

void Statement::bind(int place, double value)
{
    if (std::isnan(value)) {
        bind(place, kNan);
        return;
    }
    const int code = sqlite3_bind_double(m_statement, place, value);
    m_bindCode = m_bindCode == SQLITE_OK ? code : m_bindCode;
}

void Statement::bind(int place, std::string_view value)
{
    const int code = sqlite3_bind_text64(m_statement, place, value.empty() ? "" : value.data(), value.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8);
    m_bindCode = m_bindCode == SQLITE_OK ? code : m_bindCode;
}

void Statement::bind(int place, const std::optional<double>& value)
{
    if (value) {
        bind(place, *value);
    } else {
        bind(place, std::nullopt);
    }
}

void Statement::bind(int place, std::nullopt_t)
{
    const int code = sqlite3_bind_null(m_statement, place);
    m_bindCode = m_bindCode == SQLITE_OK ? code : m_bindCode;
}

Result<bool> Statement::step()
{
    const int code = m_bindCode == SQLITE_OK ? sqlite3_step(m_statement) : m_bindCode;
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return code == SQLITE_ROW;
    }
    return m_database.failure(code);
}

Result<void> Statement::run()
{
    auto row = step();
    while (row && *row) {
        row = step();
    }
    sqlite3_reset(m_statement);
    m_bindCode = SQLITE_OK;
    return row ? Result<void>() : row.error();
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

double Statement::real(int column) const
{
    return optionalReal(column).value_or(0);
}

std::optional<double> Statement::optionalReal(int column) const
{
    switch (sqlite3_column_type(m_statement, column)) {
    case SQLITE_NULL:
        return std::nullopt;
    case SQLITE_TEXT:
        return std::numeric_limits<double>::quiet_NaN();
    default:
        return sqlite3_column_double(m_statement, column);
    }
}

std::string Statement::text(int column) const
{
    return std::string(textView(column));
}

std::string_view Statement::textView(int column) const
{
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return bytes == nullptr
               ? std::string_view()
               : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column)));
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

} // namespace luthier::store
