// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/row_writer.h"

#include "core/data/columnar_file.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

char delimiterOf(const std::filesystem::path& path)
{
    const std::string extension = path.extension().string();
    return extension == ".csv" ? ',' : extension == ".tsv" ? '\t' : '\0';
}

std::string cellOf(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : base::dumpJson(value);
}

} // namespace

std::string csvField(std::string_view text, char delimiter)
{
    if (text.find_first_of(std::string("\"\r\n") + delimiter) == std::string_view::npos
        && (text.empty() || (text.front() != ' ' && text.back() != ' '))) {
        return std::string(text);
    }
    std::string field = "\"";
    for (const char c : text) {
        field += c;
        if (c == '"') {
            field += '"';
        }
    }
    return field + '"';
}

RowSink::RowSink(std::filesystem::path path, std::filesystem::path lines, base::AtomicFile file, char delimiter)
    : m_path(std::move(path)), m_lines(std::move(lines)), m_file(std::move(file)), m_delimiter(delimiter)
{
}

Result<RowSink> RowSink::create(const std::filesystem::path& path)
{
    const bool waits = path.extension() == ".parquet";
    if (waits && !hasColumnar()) {
        return Error{path.string() + ": this build of Luthier has no Apache Arrow and writes no Parquet; choose .jsonl or .csv"};
    }
    const std::filesystem::path lines = waits ? path.string() + ".rows" : std::string();
    auto file = base::AtomicFile::create(waits ? lines : path);
    return file ? Result<RowSink>(RowSink(path, lines, std::move(*file), delimiterOf(path))) : file.error();
}

Result<std::string> RowSink::csvLine(const Json& row)
{
    if (!row.is_object() || row.empty()) {
        return Error{"a row of a table must be an object with fields; write JSON Lines instead"};
    }
    std::string line;
    if (m_columns.empty()) {
        for (const auto& [name, value] : row.items()) {
            line += (m_columns.empty() ? "" : std::string(1, m_delimiter)) + csvField(name, m_delimiter);
            m_columns.push_back(name);
        }
        line += "\n";
    }
    for (const auto& [name, value] : row.items()) {
        if (std::find(m_columns.begin(), m_columns.end(), name) == m_columns.end()) {
            return Error{"the field \"" + name + "\" is not one of the first row's, which name the columns; write JSON Lines instead"};
        }
    }
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        const auto found = row.find(m_columns[i]);
        line += i > 0 ? std::string(1, m_delimiter) : std::string();
        line += found == row.end() ? std::string() : csvField(cellOf(*found), m_delimiter);
    }
    return line;
}

Result<void> RowSink::write(const Json& row)
{
    auto line = m_delimiter ? csvLine(row) : Result<std::string>(base::dumpJson(row));
    if (!line) {
        return Error{m_path.string() + ": row " + std::to_string(m_count + 1) + ": " + line.message()};
    }
    m_buffer += *line + "\n";
    ++m_count;
    return m_buffer.size() >= kBufferBytes ? flush() : Result<void>();
}

Result<void> RowSink::flush()
{
    auto written = m_file.write(m_buffer);
    m_buffer.clear();
    return written;
}

Result<void> RowSink::commit(const base::CancelToken& cancel)
{
    auto written = flush();
    written = written ? m_file.commit() : written;
    return written && !m_lines.empty() ? commitParquet(cancel) : written;
}

Result<void> RowSink::commitParquet(const base::CancelToken& cancel)
{
    auto file = base::AtomicFile::create(m_path);
    auto done = file ? linesToParquet(m_lines, [&](std::string_view bytes) { return file->write(bytes); }, cancel)
                     : Result<void>(file.error());
    if (file && !done && done.message() != "cancelled") {
        done = Error{m_path.string() + ": " + done.message()};
    }
    done = done ? file->commit() : done;
    std::error_code code;
    std::filesystem::remove(m_lines, code);
    return done;
}

} // namespace luthier::data
