// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/row_fields.h"

#include "core/data/field_path.h"
#include "core/data/sources/row_index.h"

#include <algorithm>

namespace luthier::data {

namespace {

std::string textOrNothing(const Json& row, const std::string& path)
{
    auto text = textAt(row, path);
    return text ? std::move(*text) : std::string();
}

std::string speakerBeside(const Json& row, const std::string& path)
{
    const auto slash = path.rfind('/');
    for (const char* key : {"/role", "/from"}) {
        const std::string beside = path.substr(0, slash) + key;
        if (hasField(row, beside)) {
            return textOrNothing(row, beside);
        }
    }
    return {};
}

bool anyText(const Json& value, const text::TextPattern& pattern)
{
    if (value.is_string()) {
        return pattern.matches(value.get_ref<const std::string&>());
    }
    if (value.is_structured()) {
        return std::any_of(value.begin(), value.end(), [&pattern](const Json& inner) { return anyText(inner, pattern); });
    }
    return !value.is_null() && pattern.matches(base::dumpJson(value));
}

} // namespace

std::vector<RowField> fieldsOf(const DatasetFormat& format, const Json& row)
{
    std::vector<RowField> fields;
    for (std::string& path : format.editablePaths(row)) {
        std::string name = path.substr(0, path.find('/'));
        const bool isAnswerList = name == "chosen" || name == "rejected";
        if (path.find('/') != std::string::npos && !isAnswerList) {
            const std::string speaker = speakerBeside(row, path);
            name = speaker.empty() ? path.substr(path.rfind('/') + 1) : speaker;
        }
        fields.push_back({std::move(path), std::move(name)});
    }
    return fields;
}

std::set<std::string> fieldNames(const Dataset& dataset, std::int64_t rows)
{
    std::set<std::string> names;
    for (std::int64_t index = 0; index < std::min(rows, dataset.rowCount()); ++index) {
        if (const auto row = dataset.row(index)) {
            for (RowField& field : fieldsOf(dataset.format(), *row)) {
                names.insert(std::move(field.name));
            }
        }
    }
    return names;
}

std::string plainNeedle(const std::string& text, const text::PatternOptions& options)
{
    const bool plain = !options.isRegex && std::all_of(text.begin(), text.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '/' && c != '<' && c != '>' && c != '&' && c != '\'';
    });
    return plain ? text : std::string();
}

bool rowMatches(const Dataset& dataset, std::int64_t index, const RowQuery& query)
{
    if (!query.plainAscii.empty() && !dataset.edit(index)) {
        // Where the bytes hold neither the text nor an escaped character there is nothing to parse for.
        const std::string raw = dataset.rawRow(index);
        if (raw.size() < kRawRowBytes && raw.find("\\u") == std::string::npos && !query.pattern.matches(raw)) {
            return false;
        }
    }
    const auto row = dataset.row(index);
    if (!row) {
        return query.field.empty() && query.pattern.matches(dataset.rawRow(index));
    }
    if (query.field.empty()) {
        return anyText(*row, query.pattern);
    }
    for (const RowField& field : fieldsOf(dataset.format(), *row)) {
        if (field.name == query.field && query.pattern.matches(textOrNothing(*row, field.path))) {
            return true;
        }
    }
    return false;
}

Result<std::optional<Json>> replacedInRow(const DatasetFormat& format, const Json& row, const RowQuery& query,
                                          const std::string& replacement)
{
    std::optional<Json> changed;
    for (const RowField& field : fieldsOf(format, row)) {
        if (!query.field.empty() && field.name != query.field) {
            continue;
        }
        const auto text = textAt(row, field.path);
        if (!text || !query.pattern.matches(*text)) {
            continue;
        }
        const auto replaced = query.pattern.replaced(*text, replacement);
        if (!replaced) {
            return replaced.error();
        }
        if (*replaced != *text) {
            changed = changed ? std::move(changed) : std::optional<Json>(row);
            if (auto set = setTextAt(*changed, field.path, *replaced); !set) {
                return set.error();
            }
        }
    }
    return changed;
}

} // namespace luthier::data
