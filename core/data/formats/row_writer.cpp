// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/row_writer.h"

#include "core/data/sources/columnar_file.h"

#include <algorithm>
#include <fstream>

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

std::string csvLine(const std::vector<std::string>& fields, char delimiter)
{
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        line += (i > 0 ? std::string(1, delimiter) : std::string()) + csvField(fields[i], delimiter);
    }
    return line + "\n";
}

RowSink::RowSink(std::filesystem::path path, std::filesystem::path lines, base::AtomicFile file, char delimiter)
    : m_path(std::move(path)), m_lines(std::move(lines)), m_file(std::move(file)), m_delimiter(delimiter)
{
}

Result<RowSink> RowSink::create(const std::filesystem::path& path)
{
    const bool isParquet = path.extension() == ".parquet";
    const bool waits = isParquet || delimiterOf(path) != '\0';
    if (isParquet && !hasColumnar()) {
        return Error{path.string() + ": this build of Luthier has no Apache Arrow and writes no Parquet; choose .jsonl or .csv"};
    }
    const std::filesystem::path lines = waits ? path.string() + ".rows" : std::string();
    auto file = base::AtomicFile::create(waits ? lines : path);
    return file ? Result<RowSink>(RowSink(path, lines, std::move(*file), delimiterOf(path))) : file.error();
}

Result<void> RowSink::takeColumns(const Json& row)
{
    if (!row.is_object() || row.empty()) {
        return Error{"a row of a table must be an object with fields; write JSON Lines instead"};
    }
    for (const auto& [name, value] : row.items()) {
        if (std::find(m_columns.begin(), m_columns.end(), name) == m_columns.end()) {
            m_columns.push_back(name);
        }
    }
    return {};
}

std::string RowSink::csvLine(const Json& row) const
{
    std::string line;
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        const auto found = row.find(m_columns[i]);
        line += i > 0 ? std::string(1, m_delimiter) : std::string();
        line += found == row.end() ? std::string() : csvField(cellOf(*found), m_delimiter);
    }
    return (line.empty() ? "\"\"" : line) + "\n"; // an empty line would be no row
}

Result<void> RowSink::write(const Json& row)
{
    if (auto taken = m_delimiter ? takeColumns(row) : Result<void>(); !taken) {
        return Error{m_path.string() + ": row " + std::to_string(m_count + 1) + ": " + taken.message()};
    }
    m_buffer += base::dumpJson(row) + "\n";
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
    return written && !m_lines.empty() ? commitTable(cancel) : written;
}

// The rows that waited, under the names of all their columns.
Result<void> RowSink::writeCsv(base::AtomicFile& file, const base::CancelToken& cancel) const
{
    std::string text;
    for (const std::string& name : m_columns) {
        text += (text.empty() ? "" : std::string(1, m_delimiter)) + csvField(name, m_delimiter);
    }
    text += m_columns.empty() ? "" : "\n";
    std::ifstream lines(m_lines, std::ios::binary);
    for (std::string line; std::getline(lines, line);) {
        const auto row = base::parseJson(line);
        if (!row || cancel.isCancelled()) {
            return row ? Error{"cancelled"} : row.error();
        }
        text += csvLine(*row);
        if (text.size() >= kBufferBytes) {
            if (auto written = file.write(text); !written) {
                return written;
            }
            text.clear();
        }
    }
    return lines.eof() ? file.write(text) : Error{m_lines.string() + ": cannot be read again"};
}

Result<void> RowSink::commitTable(const base::CancelToken& cancel)
{
    auto file = base::AtomicFile::create(m_path);
    auto done = !file        ? Result<void>(file.error())
                : m_delimiter ? writeCsv(*file, cancel)
                              : linesToParquet(m_lines, [&](std::string_view bytes) { return file->write(bytes); }, cancel);
    if (file && !done && done.message() != "cancelled") {
        done = Error{m_path.string() + ": " + done.message()};
    }
    done = done ? file->commit() : done;
    std::error_code code;
    std::filesystem::remove(m_lines, code);
    return done;
}

} // namespace luthier::data
