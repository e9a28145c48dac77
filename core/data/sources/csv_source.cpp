// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/csv_source.h"

#include "core/data/flat_row.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/csv_index.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_set>
#include <utility>

namespace luthier::data {

namespace {

constexpr std::array kDelimiters = {',', ';', '\t', '|'}; // names seldom hold one; the first that is there counts
constexpr std::size_t kMaxColumns = 4096;
constexpr std::uint32_t kMaxHeaderBytes = std::uint32_t{1} << 20;

std::string_view withoutLineEnd(std::string_view record)
{
    return record.ends_with('\r') ? record.substr(0, record.size() - 1) : record;
}

class CsvSource : public RowSource {
public:
    CsvSource(std::shared_ptr<const DataFile> file, std::vector<std::string> names, char delimiter,
              RowIndex index)
        : m_file(std::move(file)), m_names(std::move(names)), m_delimiter(delimiter),
          m_index(std::move(index))
    {
    }

    std::int64_t rowCount() const override { return m_index.count(); }

    Result<Json> row(std::int64_t index) const override
    {
        if (!m_file->isUnchanged()) {
            return Error{"the file was changed since it was opened; open it again"};
        }
        auto bytes = readRowBytes(*m_file, m_index, index);
        if (!bytes) {
            return bytes.error();
        }
        const auto record = withoutLineEnd(*bytes);
        auto good = checkRowText(record);
        if (!good) {
            return good.error();
        }
        auto fields = parseCsvRecord(record, m_delimiter);
        return fields ? toObject(std::move(*fields)) : Result<Json>(fields.error());
    }

    bool flatRow(std::int64_t index, FlatRow& row) const override
    {
        if (!m_file->isUnchanged() || !readRowBytes(*m_file, m_index, index, row)) {
            return false;
        }
        row.cut(0, withoutLineEnd(row.bytes()).size());
        return row.readRecord(m_delimiter, m_names);
    }

    std::string rawRow(std::int64_t index) const override { return readRawRow(*m_file, m_index, index); }

private:
    Result<Json> toObject(std::vector<std::string> fields) const
    {
        if (fields.size() != m_names.size()) {
            const bool more = fields.size() > m_names.size();
            return Error{"it has " + std::to_string(fields.size()) + " fields, the header has "
                         + std::to_string(m_names.size())
                         + (more ? "; put a field that holds the delimiter in double quotes"
                                 : "; add what is missing, empty fields too")};
        }
        Json object = Json::object();
        auto& members = object.get_ref<Json::object_t&>();
        for (std::size_t i = 0; i < fields.size(); ++i) {
            members.push_back({m_names[i], std::move(fields[i])});
        }
        return object;
    }

    std::shared_ptr<const DataFile> m_file;
    std::vector<std::string> m_names;
    char m_delimiter;
    RowIndex m_index;
};

// Of those a header uses, the comma first: names seldom hold one.
char delimiterOf(std::string_view header)
{
    bool quoted = false;
    std::string seen;
    for (const char byte : header) {
        quoted = quoted != (byte == '"');
        if (!quoted && std::find(kDelimiters.begin(), kDelimiters.end(), byte) != kDelimiters.end()) {
            seen += byte;
        }
    }
    for (const char delimiter : kDelimiters) {
        if (seen.find(delimiter) != std::string::npos) {
            return delimiter;
        }
    }
    return ',';
}

std::string withoutSpace(const std::string& name)
{
    const auto first = name.find_first_not_of(" \t");
    return first == std::string::npos ? std::string() : name.substr(first, name.find_last_not_of(" \t") - first + 1);
}

Result<std::vector<std::string>> parseHeader(std::string_view record, char delimiter)
{
    auto good = checkRowText(record);
    auto names = good ? parseCsvRecord(record, delimiter) : Result<std::vector<std::string>>(good.error());
    if (!names) {
        return Error{"the header: " + names.message()};
    }
    if (names->size() > kMaxColumns) {
        return Error{"the header names more than " + std::to_string(kMaxColumns) + " columns"};
    }
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < names->size(); ++i) {
        auto& name = (*names)[i];
        name = withoutSpace(name);
        name = name.empty() ? "column " + std::to_string(i + 1) : name;
        if (!seen.insert(name).second) {
            return Error{"the header names \"" + shortened(name, 80) + "\" twice; rename one of them"};
        }
    }
    return names;
}

// The first record; empty when the file has none.
Result<std::string> readHeader(const DataFile& file, FileScanner& scanner, char delimiter, char lineEnd)
{
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (!RecordScan(scanner, {delimiter, lineEnd}).next(begin, end)) {
        return std::string();
    }
    if (end - begin > kMaxHeaderBytes) {
        return Error{"the header is longer than 1 MiB; the first line must name the columns"};
    }
    return file.read(begin, static_cast<std::size_t>(end - begin));
}

// Old programs end lines with a carriage return alone.
char lineEndOf(const DataFile& file, std::uint64_t begin)
{
    constexpr std::size_t kLooked = std::size_t{1} << 16;
    const auto head = file.read(begin, kLooked);
    const bool old = head && head->find('\n') == std::string::npos && head->find('\r') != std::string::npos;
    return old ? '\r' : '\n';
}

// Excel's first line, "sep=;"; 0: the record is something else.
char saidDelimiter(std::string_view record)
{
    record = record.starts_with('"') && record.ends_with('"') && record.size() > 1 ? record.substr(1, record.size() - 2) : record;
    return record.size() == 5 && lowered(std::string(record.substr(0, 4))) == "sep=" ? record[4] : '\0';
}

// The first lines of a text that Anki exports: "#separator:tab", "#html:true", "#tags column:3", "#columns:Front\tBack".
struct AnkiLines {
    bool any = false;
    char delimiter = '\0';
    std::string columns; // with its delimiters; empty: unnamed
};

// Takes one of these lines. False: it is none.
bool takeAnkiLine(std::string_view record, AnkiLines& lines)
{
    constexpr std::array<std::pair<std::string_view, char>, 12> kSeparators
        = {{{"tab", '\t'}, {"comma", ','}, {"semicolon", ';'}, {"pipe", '|'}, {"space", ' '}, {"colon", ':'}, {"\t", '\t'}, {",", ','}, {";", ';'}, {"|", '|'}, {" ", ' '}, {":", ':'}}};
    constexpr std::array<std::string_view, 9> kOthers = {"html", "tags", "tags column", "deck", "deck column", "notetype", "notetype column", "guid column", "if matches"};
    const auto colon = record.find(':');
    if (!record.starts_with('#') || colon == std::string_view::npos) {
        return false;
    }
    const std::string name = lowered(std::string(record.substr(1, colon - 1)));
    const std::string_view value = record.substr(colon + 1);
    const auto* separator = std::find_if(kSeparators.begin(), kSeparators.end(), [&](const auto& one) { return one.first == lowered(std::string(value)); });
    if (name == "separator" && separator != kSeparators.end()) {
        lines.delimiter = separator->second;
        return lines.any = true;
    }
    // The others mean something behind the first alone: a column may be named "#html:..." by somebody else.
    if (lines.any && name == "columns") {
        lines.columns = value;
        return true;
    }
    return lines.any && std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

// "Front", "Back" and numbers.
std::string ankiNames(std::size_t count, char delimiter)
{
    std::string names = std::string("Front") + delimiter + "Back";
    for (std::size_t i = 3; i <= count; ++i) {
        names += delimiter + ("field " + std::to_string(i));
    }
    return names;
}

std::size_t behindSpaces(std::string_view record, std::size_t at)
{
    const auto next = record.find_first_not_of(' ', at);
    return next == std::string_view::npos ? record.size() : next;
}

} // namespace

Result<std::vector<std::string>> parseCsvRecord(std::string_view record, char delimiter)
{
    std::vector<std::string> fields;
    for (std::size_t at = 0;;) {
        std::string& field = fields.emplace_back();
        if (const auto next = behindSpaces(record, at); next < record.size() && record[next] == '"') {
            at = next; // a space before a quote is nobody's text
        }
        if (at < record.size() && record[at] == '"') {
            const std::size_t opened = at++;
            for (;;) {
                const auto quote = record.find('"', at);
                if (quote == std::string_view::npos) {
                    return Error{"the quote in column " + std::to_string(opened + 1)
                                 + " is never closed; close it, or double it if it belongs to the text"};
                }
                field += record.substr(at, quote - at);
                at = quote + 1;
                if (at >= record.size() || record[at] != '"') {
                    break;
                }
                field += '"';
                ++at;
            }
            at = behindSpaces(record, at);
            if (at < record.size() && record[at] != delimiter) {
                return Error{"something follows the closing quote in column " + std::to_string(at)
                             + "; double the quotes that belong to the text"};
            }
        } else {
            const auto end = std::min(record.find(delimiter, at), record.size());
            field = record.substr(at, end - at);
            at = end;
        }
        if (at >= record.size()) {
            return fields;
        }
        ++at; // the delimiter: another field follows, empty at the end of the record
    }
}

Result<std::shared_ptr<RowSource>> openCsv(std::shared_ptr<const DataFile> file, std::uint64_t begin,
                                                 char delimiter, const base::Progress& progress,
                                                 const base::CancelToken& cancel)
{
    FileScanner scanner(*file, progress, cancel);
    scanner.seek(begin);
    const char lineEnd = lineEndOf(*file, begin);
    auto header = readHeader(*file, scanner, delimiter ? delimiter : ',', lineEnd);
    if (const char said = header ? saidDelimiter(withoutLineEnd(*header)) : '\0') {
        delimiter = said;
        header = readHeader(*file, scanner, delimiter, lineEnd);
    }
    AnkiLines anki;
    std::uint64_t cards = begin;
    while (header && takeAnkiLine(withoutLineEnd(*header), anki)) {
        delimiter = anki.delimiter;
        cards = scanner.position();
        header = readHeader(*file, scanner, delimiter, lineEnd);
    }
    if (!header) {
        return header.error();
    }
    if (anki.any) { // its notes have no header
        scanner.seek(cards);
        const auto fields = parseCsvRecord(withoutLineEnd(*header), delimiter);
        header = !anki.columns.empty() ? anki.columns : ankiNames(fields ? fields->size() : 2, delimiter);
    }
    delimiter = delimiter ? delimiter : delimiterOf(*header);
    auto names = parseHeader(withoutLineEnd(*header), delimiter);
    if (!names) {
        return names.error();
    }
    const std::string first = isBlank(*header) ? std::string() : names->front();
    auto records = indexRecords(*file, scanner.position(), {delimiter, lineEnd}, progress, cancel);
    if (!records) {
        return records.error();
    }
    const std::size_t bare = records->bare;
    std::shared_ptr<RowSource> source = std::make_shared<CsvSource>(std::move(file), std::move(*names), delimiter, std::move(records->rows));
    if (source->rowCount() == 0 && bare == 0 && !first.empty()) {
        source->addNote("its only line is taken for the names of columns (\"" + shortened(first, 60) + "\"...)");
    }
    if (bare > 0) {
        source->addRemark(std::to_string(bare) + (bare == 1 ? " line at its end holds" : " lines at its end hold")
                          + " nothing but delimiters, as a spreadsheet leaves them behind a table, and " + (bare == 1 ? "is no row" : "are no rows"));
    }
    return source;
}

} // namespace luthier::data
