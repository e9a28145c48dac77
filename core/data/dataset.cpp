// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/dataset.h"

#include "core/base/amount.h"
#include "core/base/json_plain.h"
#include "core/data/example_view.h"
#include "core/data/field_path.h"
#include "core/data/formats/columns.h"
#include "core/data/formats/list_rows.h"
#include "core/data/formats/unknown_shape.h"
#include "core/data/sources/columnar_lines.h"
#include "core/data/row_name.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <set>

namespace luthier::data {

namespace {

constexpr std::int64_t kSampledRows = 64; // from the beginning, and as many from all over the file
constexpr std::int64_t kProgressRows = 1024;

Result<Json> rowOf(const RowSource& source, const Overlay& overlay, std::int64_t index)
{
    const auto edited = overlay.find(index);
    return edited == overlay.end() ? source.row(index) : Result<Json>(edited->second);
}

struct Sample {
    std::vector<Json> rows;
    std::string problem; // of the first row that cannot be read
};

// Of the first `count` rows. Broken rows are passed over, so a file that begins with damage is still known by the rest.
Sample sampleOf(const RowSource& source, std::int64_t count, const Overlay& overlay, const base::CancelToken& cancel)
{
    std::set<std::int64_t> wanted;
    for (std::int64_t i = 0; i < kSampledRows; ++i) {
        wanted.insert(std::min(i, count - 1));
        wanted.insert(count / kSampledRows * i + count % kSampledRows * i / kSampledRows);
    }
    Sample sample;
    for (const std::int64_t index : wanted) {
        if (cancel.isCancelled()) {
            break;
        }
        auto row = rowOf(source, overlay, index);
        if (row) {
            sample.rows.push_back(std::move(*row));
        } else if (sample.problem.empty()) {
            sample.problem = rowName(index) + row.message();
        }
    }
    return sample;
}

Error noRows(const std::filesystem::path& path, const RowSource& source)
{
    std::error_code code;
    const bool isEmpty = std::filesystem::is_regular_file(path, code) && std::filesystem::file_size(path, code) == 0 && !code;
    std::string why = isEmpty ? "the file is empty" : std::filesystem::is_directory(path, code) ? "the files of the folder hold no rows" : "the file holds no rows";
    for (const std::string& note : source.notes()) {
        why += "; " + note;
    }
    return Error{path.string() + ": " + why + "; choose another one"};
}

std::string columnsFound(std::span<const Json> rows)
{
    std::string names;
    for (const ColumnFacts& facts : columnFacts(rows)) {
        names += (names.empty() ? "\"" : ", \"") + shortened(facts.name, 60) + "\"";
    }
    return names;
}

// Where the known format reads none of the rows, columns inside of others may say what is meant.
bool readsNone(const DatasetFormat& format, std::span<const Json> rows)
{
    return std::none_of(rows.begin(), rows.end(), [&](const Json& row) { return format.toExample(row).ok(); });
}

// A mapping of columns that would read the rows, by the file's own names; empty: none is known.
std::string offerOf(std::optional<ColumnGuess> guess, const Columns& asked)
{
    if (!guess) {
        return {};
    }
    for (ColumnName& offered : guess->columns) {
        const auto mapped = std::find_if(asked.begin(), asked.end(), [&](const ColumnName& one) { return one.field == offered.column; });
        offered.column = mapped == asked.end() ? offered.column : mapped->column;
    }
    return toText(guess->columns) + " would read it as " + findFormat(guess->format)->label + " (--map, or data.columns in a recipe)";
}

// `asked`: the columns that the rows are read with already.
Result<const DatasetFormat*> chooseFormat(const RowSource& source, std::int64_t telling, const OpenOptions& options, const Columns& asked,
                                          std::vector<std::string>& notes)
{
    if (options.format != "auto" && !options.format.empty()) {
        if (const DatasetFormat* format = findFormat(options.format)) {
            return format;
        }
        std::string known = "auto";
        for (const DatasetFormat& format : formats()) {
            known += ", " + format.id;
        }
        return Error{"there is no format \"" + options.format + "\"; choose one of " + known};
    }
    const Sample sample = sampleOf(source, telling, options.overlay, options.cancel);
    if (options.cancel.isCancelled()) {
        return Error{"cancelled"};
    }
    if (sample.rows.empty()) {
        return Error{"no row can be read; the first problem is in " + sample.problem};
    }
    auto format = detectFormat(sample.rows);
    if (format) {
        const bool isInVain = readsNone(**format, sample.rows);
        if (auto offered = offerOf(isInVain ? guessByNames(sample.rows) : guessColumns(sample.rows), asked); !offered.empty()) {
            notes.push_back("it is read as " + (*format)->label + (isInVain ? ", which none of its first rows fits; " : "; ") + offered);
        }
        return format;
    }
    if (const Columns missing = missingColumns(asked, sample.rows); !missing.empty()) {
        return Error{missingSentence(missing.front(), asked, sample.rows)};
    }
    // A list of all shapes helps only those whose columns nothing is known of; a shape of another program has its own sentence.
    const std::string offered = offerOf(guessColumns(sample.rows), asked);
    return Error{(offered.empty() ? format.message() : std::string(kUnknownShape) + "Say which column is what: " + offered + ". The columns found are " + columnsFound(sample.rows))
                 + (sample.problem.empty() ? "" : ". Besides, " + sample.problem)};
}

// Another shape that the row has, when the file is read in one it has not.
std::string otherShape(const DatasetFormat& read, const Json& row)
{
    const std::span<const Json> rows(&row, 1);
    auto found = detectFormat(rows);
    if (!found || *found == &read || read.matches(rows) > 0) {
        return {};
    }
    auto example = (*found)->toExample(row);
    return " (the file is read as " + read.label + ", but this row looks like " + (*found)->label
           + (example ? ")" : ": " + example.message() + ")");
}

Error noSuchField(const std::string& path)
{
    return Error{"there is no field \"" + path + "\" in this row"};
}

// There already, or one that the format lets a person fill in.
bool isKnown(const DatasetFormat& format, const Json& row, const std::string& path)
{
    const auto paths = format.editablePaths(row);
    return hasField(row, path) || std::find(paths.begin(), paths.end(), path) != paths.end();
}

} // namespace

Result<std::shared_ptr<Dataset>> Dataset::open(const std::filesystem::path& path, OpenOptions options)
{
    auto columns = parseColumns(options.columns);
    auto source = columns ? openSource(path, options.progress, options.cancel)
                          : Result<std::shared_ptr<const RowSource>>(columns.error());
    if (!source) {
        return source.error();
    }
    if ((*source)->rowCount() == 0) {
        return noRows(path, **source);
    }
    const std::int64_t told = tellingRows(**source);
    *source = withSoleTexts(withColumns(withNamedLists(std::move(*source)), *columns));
    const std::int64_t telling = std::min(told, (*source)->rowCount());
    if (telling == 0) {
        return noRows(path, **source);
    }
    std::vector<std::string> notes = (*source)->notes();
    auto format = chooseFormat(**source, telling, options, *columns, notes);
    if (!format) {
        return options.cancel.isCancelled() ? format.error() : Error{path.string() + ": " + format.message()};
    }
    std::shared_ptr<Dataset> dataset(new Dataset);
    dataset->m_path = path;
    dataset->m_format = *format;
    dataset->m_source = std::move(*source);
    dataset->m_notes = std::move(notes);
    dataset->m_columns = std::move(options.columns);
    dataset->m_overlay = std::move(options.overlay);
    dataset->m_hasEdits = !dataset->m_overlay.empty();
    dataset->m_excluded.resize(static_cast<std::size_t>(dataset->m_source->rowCount()));
    for (const std::int64_t row : options.excluded) {
        dataset->mark(row, true);
    }
    return dataset;
}

Result<std::vector<Json>> Dataset::sample(const std::filesystem::path& path, const base::Progress& progress,
                                          const base::CancelToken& cancel)
{
    auto source = openSource(path, progress, cancel);
    if (!source) {
        return source.error();
    }
    if ((*source)->rowCount() == 0) {
        return noRows(path, **source);
    }
    const std::int64_t told = tellingRows(**source);
    *source = withNamedLists(std::move(*source));
    Sample sample = sampleOf(**source, std::min(told, (*source)->rowCount()), {}, cancel);
    if (cancel.isCancelled()) {
        return Error{"cancelled"};
    }
    return sample.rows.empty() && !sample.problem.empty()
               ? Result<std::vector<Json>>(Error{path.string() + ": no row can be read; the first problem is in " + sample.problem})
               : Result<std::vector<Json>>(std::move(sample.rows));
}

Result<Json> Dataset::row(std::int64_t index) const
{
    if (index < 0 || index >= rowCount()) {
        return Error{rowName(index) + "there is no such row; the file has " + base::amount(rowCount(), "row")};
    }
    if (auto edited = edit(index)) {
        return std::move(*edited);
    }
    auto row = m_source->row(index);
    if (!row) {
        return Error{rowName(index) + row.message()};
    }
    return row; // moved; a condition with both would copy it
}

Result<Example> Dataset::example(std::int64_t index) const
{
    auto row = this->row(index);
    if (!row) {
        return row.error();
    }
    auto example = m_format->toExample(*row);
    if (!example) {
        return Error{rowName(index) + example.message() + otherShape(*m_format, *row)};
    }
    base::giveBack(std::move(*row));
    return example;
}

bool Dataset::view(std::int64_t index, FlatRow& row, ExampleView& view) const
{
    view.clear();
    return m_format->toView && index >= 0 && index < rowCount() && !edit(index) && m_source->flatRow(index, row) && m_format->toView(row, view);
}

Result<std::string> Dataset::field(std::int64_t index, const std::string& path) const
{
    auto row = this->row(index);
    if (!row) {
        return row.error();
    }
    auto text = isKnown(*m_format, *row, path) ? textAt(*row, path) : noSuchField(path);
    return text ? text : Result<std::string>(Error{rowName(index) + text.message()});
}

Result<Json> Dataset::withField(std::int64_t index, const std::string& path, const std::string& text) const
{
    auto row = this->row(index);
    if (!row) {
        return row.error();
    }
    auto done
        = isKnown(*m_format, *row, path) ? setTextAt(*row, path, text) : Result<void>(noSuchField(path));
    if (!done) {
        return Error{rowName(index) + done.message()};
    }
    return row;
}

void Dataset::setRow(std::int64_t index, Json row)
{
    const std::lock_guard lock(m_mutex);
    m_overlay.insert_or_assign(index, std::move(row));
    m_hasEdits = true;
}

void Dataset::clearEdit(std::int64_t index)
{
    const std::lock_guard lock(m_mutex);
    m_overlay.erase(index);
}

std::optional<Json> Dataset::edit(std::int64_t index) const
{
    if (!m_hasEdits) {
        return std::nullopt;
    }
    const std::lock_guard lock(m_mutex);
    const auto found = m_overlay.find(index);
    return found == m_overlay.end() ? std::nullopt : std::optional(found->second);
}

Overlay Dataset::overlay() const
{
    const std::lock_guard lock(m_mutex);
    return m_overlay;
}

void Dataset::setExcluded(std::int64_t index, bool excluded)
{
    const std::lock_guard lock(m_mutex);
    mark(index, excluded);
}

void Dataset::setExcluded(const std::vector<std::int64_t>& rows, bool excluded)
{
    const std::lock_guard lock(m_mutex);
    for (const std::int64_t row : rows) {
        mark(row, excluded);
    }
}

// Rows that the file does not have (any more) cannot be excluded.
void Dataset::mark(std::int64_t index, bool excluded)
{
    if (index >= 0 && index < static_cast<std::int64_t>(m_excluded.size())) {
        m_excluded[static_cast<std::size_t>(index)] = excluded;
        m_hasExclusions = m_hasExclusions || excluded;
    }
}

bool Dataset::isExcluded(std::int64_t index) const
{
    if (!m_hasExclusions) {
        return false;
    }
    const std::lock_guard lock(m_mutex);
    return index >= 0 && index < static_cast<std::int64_t>(m_excluded.size()) && m_excluded[static_cast<std::size_t>(index)];
}

Exclusions Dataset::exclusions() const
{
    const std::lock_guard lock(m_mutex);
    Exclusions rows;
    for (std::size_t row = 0; row < m_excluded.size(); ++row) {
        if (m_excluded[row]) {
            rows.insert(rows.end(), static_cast<std::int64_t>(row));
        }
    }
    return rows;
}

std::vector<RowError> Dataset::badRows(const base::Progress& progress, const base::CancelToken& cancel) const
{
    std::vector<RowError> bad;
    const std::int64_t count = rowCount();
    for (std::int64_t i = 0; i < count && !cancel.isCancelled(); ++i) {
        auto example = this->example(i);
        if (!example) {
            bad.push_back({i + 1, example.message()});
        }
        if (progress && ((i + 1) % kProgressRows == 0 || i + 1 == count)) {
            progress(i + 1, count);
        }
    }
    return bad;
}

} // namespace luthier::data
