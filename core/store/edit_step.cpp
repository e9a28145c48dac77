// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/edit_step.h"

namespace luthier::store {

namespace {

Error notAStep()
{
    return Error{"a recorded edit cannot be read: it is not what Luthier writes"};
}

bool isRow(const Json& value)
{
    return value.is_number_integer() && value.get<std::int64_t>() >= 0;
}

// Optional values are lists of none or one: a row may be any JSON, null too.
Json listOf(const std::optional<Json>& value)
{
    Json list = Json::array();
    if (value) {
        list.push_back(*value);
    }
    return list;
}

std::optional<Json> fromList(const Json& list)
{
    return list.empty() ? std::nullopt : std::optional<Json>(list[0]);
}

bool readRows(const Json& json, const char* key, std::vector<std::int64_t>& rows)
{
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array()) {
        return found == json.end();
    }
    for (const Json& row : *found) {
        if (!isRow(row)) {
            return false;
        }
        rows.push_back(row.get<std::int64_t>());
    }
    return true;
}

bool readChange(const Json& json, EditStep& step)
{
    const bool good = json.is_array() && json.size() == 3 && isRow(json[0]) && json[1].is_array() && json[2].is_array();
    if (good) {
        step.rows.push_back({json[0].get<std::int64_t>(), fromList(json[1]), fromList(json[2])});
    }
    return good;
}

bool readTag(const Json& json, EditStep& step)
{
    TagChange change;
    if (!json.is_object() || !json.contains("tag") || !json["tag"].is_string() || !json.contains("added")
        || !json["added"].is_boolean() || !readRows(json, "rows", change.rows)) {
        return false;
    }
    change.tag = json["tag"].get<std::string>();
    change.isAdded = json["added"].get<bool>();
    step.tags.push_back(std::move(change));
    return true;
}

template <class Read>
bool readList(const Json& json, const char* key, EditStep& step, Read read)
{
    const auto found = json.find(key);
    if (found == json.end()) {
        return true;
    }
    if (!found->is_array()) {
        return false;
    }
    for (const Json& entry : *found) {
        if (!read(entry, step)) {
            return false;
        }
    }
    return true;
}

} // namespace

Json changesToJson(const EditStep& step)
{
    Json json = Json::object();
    for (const RowChange& change : step.rows) {
        json["rows"].push_back(Json::array({change.row, listOf(change.before), listOf(change.after)}));
    }
    if (!step.excluded.empty()) {
        json["excluded"] = step.excluded;
    }
    if (!step.included.empty()) {
        json["included"] = step.included;
    }
    for (const TagChange& change : step.tags) {
        json["tags"].push_back({{"tag", change.tag}, {"added", change.isAdded}, {"rows", change.rows}});
    }
    return json;
}

Result<EditStep> changesFromJson(const Json& json)
{
    EditStep step;
    const bool good = json.is_object() && readList(json, "rows", step, readChange) && readRows(json, "excluded", step.excluded)
                      && readRows(json, "included", step.included) && readList(json, "tags", step, readTag);
    return good ? Result<EditStep>(std::move(step)) : notAStep();
}

} // namespace luthier::store
