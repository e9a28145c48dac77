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

class NamedLists : public RowSource {
public:
    NamedLists(std::shared_ptr<const RowSource> source, ColumnNames names, std::int64_t first, std::string remark)
        : m_source(std::move(source)), m_names(std::move(names)), m_first(first), m_remark(std::move(remark))
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
        return row ? named(*row, m_names) : row;
    }

    std::string rawRow(std::int64_t index) const override { return m_source->rawRow(index + m_first); }

    std::vector<std::string> remarks() const override
    {
        auto all = m_source->remarks();
        all.insert(all.begin(), m_remark);
        return all;
    }

private:
    std::shared_ptr<const RowSource> m_source;
    ColumnNames m_names;
    std::int64_t m_first; // of the source's rows: those before it are names
    std::string m_remark;
};

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

} // namespace luthier::data
