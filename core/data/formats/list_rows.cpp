// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/list_rows.h"

#include "core/data/formats/columns.h"
#include "core/data/formats/format.h"
#include "core/data/formats/format_messages.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <set>

namespace luthier::data {

namespace {

constexpr std::int64_t kSampledRows = 64;
constexpr std::size_t kLongestName = 40; // bytes, of a column

using ColumnNames = std::vector<std::string>;

// A row under the names of its values; more values than names are an error.
Result<Json> named(const Json& row, const ColumnNames& names)
{
    if (row.is_string() && names.size() == 1) {
        return Json{{names[0], row}};
    }
    if (!row.is_array()) {
        return row;
    }
    if (row.size() > names.size()) {
        return Error{"it has " + std::to_string(row.size()) + " values, but there are " + std::to_string(names.size())
                     + " columns; leave the surplus out, or name it in the first row"};
    }
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
        object[names[i]] = row[i];
    }
    return object;
}

// A source whose rows are seen otherwise; how is a remark.
class SeenRows : public RowSource {
public:
    SeenRows(std::shared_ptr<const RowSource> source, std::int64_t first, std::string remark)
        : m_source(std::move(source)), m_first(first), m_remark(std::move(remark))
    {
        for (const auto& note : m_source->notes()) {
            addNote(note);
        }
        for (const auto& file : m_source->leftOut()) {
            addLeftOut(file);
        }
    }

    std::int64_t rowCount() const override { return m_source->rowCount() - m_first; }

    Result<Json> row(std::int64_t index) const override
    {
        auto row = m_source->row(index + m_first);
        return row ? seen(std::move(*row)) : row;
    }

    std::string rawRow(std::int64_t index) const override { return m_source->rawRow(index + m_first); }

    std::vector<std::string> remarks() const override
    {
        auto all = m_source->remarks();
        all.insert(all.begin(), m_remark);
        return all;
    }

private:
    virtual Result<Json> seen(Json row) const = 0;

    std::shared_ptr<const RowSource> m_source;
    std::int64_t m_first; // of the source's rows: those before it are names
    std::string m_remark;
};

class NamedLists : public SeenRows {
public:
    NamedLists(std::shared_ptr<const RowSource> source, ColumnNames names, std::int64_t first, std::string remark)
        : SeenRows(std::move(source), first, std::move(remark)), m_names(std::move(names))
    {
    }

private:
    Result<Json> seen(Json row) const override { return named(row, m_names); }

    ColumnNames m_names;
};

class UnpackedRows : public SeenRows {
public:
    using SeenRows::SeenRows;

private:
    Result<Json> seen(Json row) const override { return row.is_string() ? parseJsonRow(row.get_ref<const std::string&>()) : Result<Json>(std::move(row)); }
};

// Null: it is no list of one text or number, or no JSON of one.
Json soleText(const Json& value)
{
    if (!value.is_array() && !mayBePacked(value)) {
        return {};
    }
    const Json list = unpacked(value);
    return list.is_array() && list.size() == 1 && (list[0].is_string() || list[0].is_number()) ? list[0] : Json();
}

class SoleTexts : public SeenRows {
public:
    SoleTexts(std::shared_ptr<const RowSource> source, ColumnNames columns, std::string remark)
        : SeenRows(std::move(source), 0, std::move(remark)), m_columns(std::move(columns))
    {
    }

private:
    Result<Json> seen(Json row) const override
    {
        for (const std::string& column : m_columns) {
            const auto field = row.find(column); // none in what is no object
            if (Json text = field == row.end() ? Json() : soleText(*field); !text.is_null()) {
                *field = std::move(text);
            }
        }
        return row;
    }

    ColumnNames m_columns;
};

// Labels and answers; "answers" is a list of which any is right, wherever it stands.
constexpr Names kSoleNames = {"label_text", "label",  "category",   "sentiment", "intent",  "target",    "labels",     "class",
                              "topic",      "emotion", "completion", "response",  "answer",  "output",    "targets",    "summary",
                              "highlights", "translation", "chosen", "rejected"};

// Whether a list of one value stands in this column, wherever anything does.
bool holdsSoleTexts(std::span<const Json> rows, const std::string& column)
{
    bool any = false;
    for (const Json& row : rows) {
        const auto field = row.find(column);
        if (field == row.end() || field->is_null()) {
            continue;
        }
        if (soleText(*field).is_null()) {
            return false;
        }
        any = true;
    }
    return any;
}

// Of the first rows and of some from all over the source: files are sorted by their labels, often.
std::vector<Json> spreadRows(const RowSource& source)
{
    std::vector<Json> rows;
    const std::int64_t count = source.rowCount();
    const std::int64_t first = std::min(count, kSampledRows);
    for (std::int64_t i = 0; i < first + kSampledRows; ++i) {
        const std::int64_t index = i < first ? i : first + (count - first) * (i - first) / kSampledRows;
        auto row = index < count ? source.row(index) : Result<Json>(Error{});
        if (row && row->is_object()) {
            rows.push_back(std::move(*row));
        }
    }
    return rows;
}

bool isName(const Json& value)
{
    return value.is_string() && !isBlankText(value) && value.get_ref<const std::string&>().size() <= kLongestName;
}

// The names in the first row, where it is a list of them and a shape is known by them.
ColumnNames headerOf(const std::vector<Json>& rows)
{
    const Json& head = rows.front();
    if (rows.size() < 2 || head.size() < 2 || !std::all_of(head.begin(), head.end(), isName)) {
        return {};
    }
    ColumnNames names;
    for (const Json& name : head) {
        names.push_back(name.get<std::string>());
    }
    if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
        return {};
    }
    std::vector<Json> objects;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (auto object = named(rows[i], names)) {
            objects.push_back(std::move(*object));
        }
    }
    const auto format = detectFormat(objects);
    return (format && (*format)->id != "prompt") || guessByNames(objects) ? names : ColumnNames();
}

std::string listed(const ColumnNames& names)
{
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "\"" : ", \"") + shortened(name, 40) + "\"";
    }
    return text;
}

} // namespace

std::shared_ptr<const RowSource> withNamedLists(std::shared_ptr<const RowSource> source)
{
    std::vector<Json> rows;
    for (std::int64_t i = 0; i < std::min(source->rowCount(), kSampledRows); ++i) {
        auto row = source->row(i);
        if (!row) {
            continue;
        }
        const bool isFlat = row->is_array() && row->size() > 1 && std::all_of(row->begin(), row->end(), [](const Json& item) { return item.is_primitive(); });
        if (!isFlat && !row->is_string()) {
            return source; // nearly all end here, at their first row
        }
        rows.push_back(std::move(*row));
    }
    if (rows.empty()) {
        return source;
    }
    if (std::all_of(rows.begin(), rows.end(), [](const Json& row) { return unpacked(row).is_object(); })) {
        return std::make_shared<UnpackedRows>(std::move(source), 0, "its rows are texts that hold JSON once more, and are read as what that says");
    }
    if (std::all_of(rows.begin(), rows.end(), [](const Json& row) { return row.is_string(); })) {
        return std::make_shared<NamedLists>(std::move(source), ColumnNames{"text"}, 0, "its rows are texts without a name, read as \"text\"");
    }
    if (!std::all_of(rows.begin(), rows.end(), [](const Json& row) { return row.is_array(); })) {
        return source;
    }
    // The first row must be the first of the file: the source counts from it.
    if (auto names = source->row(0) ? headerOf(rows) : ColumnNames(); !names.empty()) {
        std::string remark = "its first row names the columns (" + listed(names) + "), so it is no row";
        return std::make_shared<NamedLists>(std::move(source), std::move(names), 1, std::move(remark));
    }
    const bool arePairs = std::all_of(rows.begin(), rows.end(), [](const Json& row) { return row.size() == 2 && row[0].is_string() && !isBlankText(row[0]); });
    return arePairs ? std::make_shared<NamedLists>(std::move(source), ColumnNames{"prompt", "completion"}, 0,
                                                   "its rows are lists of two, read as a question and its answer")
                    : source;
}

std::shared_ptr<const RowSource> withSoleTexts(std::shared_ptr<const RowSource> source)
{
    const auto row = source->rowCount() > 0 ? source->row(0) : Result<Json>(Error{});
    const bool mayHold = row && row->is_object() && std::any_of(row->begin(), row->end(), [](const Json& value) { return !soleText(value).is_null(); });
    if (!mayHold) {
        return source; // nearly all end here
    }
    const auto rows = spreadRows(*source);
    ColumnNames columns;
    for (const auto& [name, value] : row->items()) {
        const bool isMeant = std::any_of(kSoleNames.begin(), kSoleNames.end(), [&name = name](const char* known) { return isSameName(name, known); });
        if (isMeant && holdsSoleTexts(rows, name)) {
            columns.push_back(name);
        }
    }
    if (columns.empty()) {
        return source;
    }
    std::string remark = "lists of one value in " + listed(columns) + " are read as that value";
    return std::make_shared<SoleTexts>(std::move(source), std::move(columns), std::move(remark));
}

} // namespace luthier::data
