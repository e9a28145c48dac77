// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/columns.h"

#include "core/data/example_text.h"
#include "core/data/field_path.h"
#include "core/data/formats/chosen_column.h"
#include "core/data/formats/format_parts.h"
#include "core/data/sources/row_text.h"
#include "core/fields/record.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace luthier::data {

namespace {

constexpr std::size_t kExampleBytes = 80;

// A member of an object by its name, of a list by its place; null: it is not there.
template <class Value> Value* memberAt(Value& value, const std::string& name)
{
    if (value.is_array()) {
        std::size_t place = value.size();
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), place);
        return problem == std::errc() && end == name.data() + name.size() && place < value.size() ? &value[place] : nullptr;
    }
    const auto found = value.find(name); // none in what is no object
    return found == value.end() ? nullptr : &*found;
}

// The value at a column's name, or at a path through objects and lists; null: it is not there.
const Json* valueAt(const Json& row, const std::string& column)
{
    if (const Json* whole = memberAt(row, column)) {
        return whole->is_null() ? nullptr : whole;
    }
    const auto slash = column.find('/');
    const Json* part = slash == std::string::npos ? nullptr : memberAt(row, column.substr(0, slash));
    return part ? valueAt(*part, column.substr(slash + 1)) : nullptr;
}

// "A+B": several columns as lines, each with its name before it; a column of that whole name comes first.
std::optional<Json> joinedAt(const Json& row, const std::vector<std::string>& parts)
{
    std::string text;
    for (const std::string& column : parts) {
        const Json* value = valueAt(row, column);
        if (value && !isBlankText(*value)) {
            text += (text.empty() ? "" : "\n") + column.substr(column.rfind('/') + 1) + ": " + textOf(*value);
        }
    }
    return text.empty() ? std::nullopt : std::optional<Json>(std::move(text));
}

// One column, or several as a list of their values.
std::optional<Json> choicesAt(const Json& row, const std::string& names)
{
    if (const Json* whole = valueAt(row, names)) {
        return *whole;
    }
    const auto parts = partsOf(names);
    Json list = Json::array();
    for (const std::string& part : parts) {
        const Json* value = valueAt(row, part);
        if (!value || parts.size() < 2) {
            return std::nullopt;
        }
        list.push_back(*value);
    }
    return list;
}

struct ChosenValue {
    Json value;
    std::string chooser;
};

// "choices[answer]": what the second column chooses of the first.
std::optional<ChosenValue> chosenAt(const Json& row, const std::string& column)
{
    const auto parts = chosenParts(column);
    if (!parts) {
        return std::nullopt;
    }
    const auto fromOne = valueAt(row, parts->second) ? std::nullopt : chooserFromOne(parts->second);
    const std::string name = fromOne.value_or(parts->second);
    const Json* chooser = valueAt(row, name);
    const auto choices = chooser ? choicesAt(row, parts->first) : std::nullopt;
    auto chosen = choices ? chosenOf(*choices, *chooser, fromOne ? 1 : 0) : std::nullopt;
    return chosen ? std::optional(ChosenValue{std::move(*chosen), name}) : std::nullopt;
}

class MappedSource : public RowSource {
public:
    MappedSource(std::shared_ptr<const RowSource> source, Columns columns)
        : m_source(std::move(source)), m_columns(std::move(columns))
    {
        for (const auto& note : m_source->notes()) {
            addNote(note);
        }
        for (const auto& file : m_source->leftOut()) {
            addLeftOut(file);
        }
    }

    std::int64_t rowCount() const override { return m_source->rowCount(); }

    Result<Json> row(std::int64_t index) const override
    {
        auto row = m_source->row(index);
        return row ? Result<Json>(withColumns(*row, m_columns)) : row;
    }

    std::string rawRow(std::int64_t index) const override { return m_source->rawRow(index); }
    std::vector<std::string> remarks() const override { return m_source->remarks(); }

private:
    std::shared_ptr<const RowSource> m_source;
    Columns m_columns;
};

// Erases what valueAt() finds.
void eraseAt(Json& row, const std::string& column)
{
    if (row.is_object() && row.erase(column) > 0) {
        return;
    }
    const auto slash = column.find('/');
    Json* part = slash == std::string::npos ? nullptr : memberAt(row, column.substr(0, slash));
    if (part) {
        eraseAt(*part, column.substr(slash + 1));
    }
}

// What of a column is not read under a field's name already: members of an object that are would be read twice.
Json restOf(const Json& row, const std::string& name, const std::set<std::string>& used)
{
    Json value = row[name];
    const std::string inside = name + "/";
    for (const std::string& path : used) {
        if (path.starts_with(inside) && !row.contains(path)) {
            eraseAt(value, path.substr(inside.size()));
        }
    }
    return value;
}

// Whether a name and "=" begin here, as every pair does.
bool beginsPair(std::string_view text)
{
    const auto end = std::find_if(text.begin(), text.end(), [](char byte) {
        return !(byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9'));
    });
    return end != text.begin() && end != text.end() && *end == '=';
}

std::vector<std::string> pairsOf(const std::vector<std::string>& texts)
{
    std::vector<std::string> pairs;
    for (const std::string& text : texts) {
        std::size_t begin = 0;
        for (std::size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', comma + 1)) {
            if (beginsPair(std::string_view(text).substr(comma + 1))) {
                pairs.push_back(text.substr(begin, comma - begin));
                begin = comma + 1;
            }
        }
        pairs.push_back(text.substr(begin));
    }
    return pairs;
}

} // namespace

Result<Columns> parseColumns(const std::vector<std::string>& texts)
{
    Columns columns;
    std::set<std::string> seen;
    for (const std::string& text : pairsOf(texts)) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
            return Error{"\"" + text + "\" names no column; write field=column, as in prompt=question"};
        }
        columns.push_back({text.substr(0, equals), text.substr(equals + 1)});
        if (!seen.insert(columns.back().field).second) {
            return Error{"the field \"" + columns.back().field + "\" is given two columns; leave one out"};
        }
    }
    return columns;
}

std::vector<std::string> toTexts(const Columns& columns)
{
    std::vector<std::string> texts;
    for (const auto& [field, column] : columns) {
        texts.push_back(field + "=" + column);
    }
    return texts;
}

std::string toText(const Columns& columns)
{
    std::string text;
    for (const std::string& one : toTexts(columns)) {
        text += (text.empty() ? "" : ",") + one;
    }
    return text;
}

Json withColumns(const Json& row, const Columns& columns)
{
    if (!row.is_object() || columns.empty()) {
        return row;
    }
    Json mapped = Json::object();
    std::set<std::string> used;
    for (const auto& [field, column] : columns) {
        if (const Json* value = valueAt(row, column)) {
            mapped[field] = *value;
            used.insert(column);
        } else if (auto chosen = chosenAt(row, column)) {
            mapped[field] = std::move(chosen->value);
            used.insert(chosen->chooser); // the choices themselves are not learned by that
        } else if (const auto parts = partsOf(column); parts.size() > 1 && (!chosenParts(column) || valueAt(row, parts.back()))) {
            if (auto joined = joinedAt(row, parts)) {
                mapped[field] = std::move(*joined);
                used.insert(parts.begin(), parts.end());
            }
        }
    }
    for (const auto& [name, value] : row.items()) {
        if (used.contains(name) || mapped.contains(name)) {
            continue;
        }
        if (Json rest = restOf(row, name, used); !rest.empty() || rest == value) {
            mapped[name] = std::move(rest);
        }
    }
    return mapped;
}

Columns missingColumns(const Columns& columns, std::span<const Json> rows)
{
    const auto isThere = [](const Json& row, const ColumnName& column) {
        const auto isColumn = [&row](const std::string& name) { return row.contains(name) || row.contains(name.substr(0, name.find('/'))); };
        const auto chosen = chosenParts(column.column);
        const auto names = partsOf(chosen ? chosen->first : column.column);
        const bool chooses = !chosen || isColumn(chosen->second) || isColumn(chooserFromOne(chosen->second).value_or(chosen->second));
        return !row.is_object() || row.contains(column.field) || row.contains(column.column) || (chooses && std::any_of(names.begin(), names.end(), isColumn));
    };
    Columns missing;
    for (const ColumnName& column : columns) {
        if (std::none_of(rows.begin(), rows.end(), [&](const Json& row) { return isThere(row, column); })) {
            missing.push_back(column);
        }
    }
    return missing;
}

std::string missingSentence(const ColumnName& missing, const Columns& columns, std::span<const Json> rows)
{
    std::vector<std::string> names;
    std::string all;
    for (const ColumnFacts& facts : columnFacts(rows)) { // by the files' own names
        const auto mapped = std::find_if(columns.begin(), columns.end(), [&](const ColumnName& column) { return column.field == facts.name; });
        names.push_back(mapped == columns.end() ? facts.name : mapped->column);
        all += (all.empty() ? "" : ", ") + names.back();
    }
    return "no row has the column \"" + missing.column + "\", which " + missing.field + " is read from"
           + (names.empty() ? std::string() : "; did you mean \"" + fields::nearest(missing.column, names) + "\"? There are " + all);
}

std::shared_ptr<const RowSource> withColumns(std::shared_ptr<const RowSource> source, Columns columns)
{
    return columns.empty() ? source : std::make_shared<MappedSource>(std::move(source), std::move(columns));
}

std::vector<ColumnFacts> columnFacts(std::span<const Json> rows)
{
    std::vector<ColumnFacts> facts;
    std::set<std::string> seen;
    for (const Json& row : rows) {
        if (!row.is_object()) {
            continue;
        }
        for (const auto& [name, value] : row.items()) {
            if (value.is_null() || !seen.insert(name).second) {
                continue;
            }
            const std::string text = value.is_string() ? value.get<std::string>() : base::dumpJson(value);
            std::string kind = kindOf(value); // "a text"
            kind = kind.starts_with("a ") ? kind.substr(2) : kind.starts_with("an ") ? kind.substr(3) : kind;
            facts.push_back({name, kind, shortened(squeezed(text), kExampleBytes)});
        }
    }
    return facts;
}

} // namespace luthier::data
