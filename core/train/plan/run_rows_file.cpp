// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/run_rows_file.h"

#include "core/base/files.h"
#include "core/base/json.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace luthier::train {

namespace {

Json jsonOf(const RunFile& file)
{
    Json edits = Json::object();
    for (const auto& [row, value] : file.edits) {
        edits[std::to_string(row)] = value;
    }
    Json tags = Json::object();
    for (const auto& [row, names] : file.tags) {
        tags[std::to_string(row)] = names;
    }
    return {{"path", file.path}, {"format", file.format}, {"columns", file.columns}, {"edits", edits}, {"excluded", file.excluded}, {"tags", tags}};
}

// The number of a row, from 0; nothing where it is none.
std::optional<std::int64_t> rowOf(const std::string& key)
{
    std::int64_t row = 0;
    const auto read = std::from_chars(key.data(), key.data() + key.size(), row);
    return read.ec == std::errc() && read.ptr == key.data() + key.size() && row >= 0 ? std::optional(row) : std::nullopt;
}

Error wrong(const std::string& key)
{
    return Error{"\"" + key + "\" is missing or of another kind"};
}

bool holdsTexts(const Json& list)
{
    return list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& one) { return one.is_string(); });
}

Result<void> readRows(const Json& json, RunFile& file)
{
    const auto object = [&json](const char* key) { return json.contains(key) && json[key].is_object() ? &json[key] : nullptr; };
    const Json* edits = object("edits");
    const Json* tags = object("tags");
    if (!edits || !tags || !json.contains("excluded") || !json["excluded"].is_array()) {
        return wrong(!edits ? "edits" : !tags ? "tags" : "excluded");
    }
    for (const auto& [key, value] : edits->items()) {
        const auto row = rowOf(key);
        if (!row) {
            return Error{"\"edits\": \"" + key + "\" is no number of a row"};
        }
        file.edits.emplace(*row, value);
    }
    for (const auto& [key, names] : tags->items()) {
        const auto row = rowOf(key);
        if (!row || !holdsTexts(names)) {
            return Error{"\"tags\": \"" + key + "\" is no number of a row, or its tags are no texts"};
        }
        file.tags.emplace(*row, names.get<std::set<std::string>>());
    }
    for (const Json& row : json["excluded"]) {
        if (!row.is_number_integer() || row.get<std::int64_t>() < 0) {
            return Error{"\"excluded\" holds something that is no number of a row"};
        }
        file.excluded.insert(row.get<std::int64_t>());
    }
    return {};
}

Result<std::vector<RunFile>> filesOf(const Json& json, const char* key)
{
    if (!json.contains(key) || !json[key].is_array()) {
        return wrong(key);
    }
    std::vector<RunFile> files;
    for (const Json& one : json[key]) {
        const auto text = [&one](const char* name) { return one.is_object() && one.contains(name) && one[name].is_string(); };
        if (!text("path") || !text("format") || !one.contains("columns") || !holdsTexts(one["columns"])) {
            return wrong(!text("path") ? "path" : !text("format") ? "format" : "columns");
        }
        RunFile file{one["path"].get<std::string>(), one["format"].get<std::string>(), one["columns"].get<std::vector<std::string>>()};
        if (auto read = readRows(one, file); !read) {
            return read.error();
        }
        files.push_back(std::move(file));
    }
    return files;
}

} // namespace

Json toJson(const RunRows& rows)
{
    Json json{{"train", Json::array()}, {"held_out", Json::array()}};
    for (const auto& [key, files] : {std::pair{"train", &rows.train}, std::pair{"held_out", &rows.heldOut}}) {
        for (const RunFile& file : *files) {
            json[key].push_back(jsonOf(file));
        }
    }
    return json;
}

Result<void> writeRunRows(const std::filesystem::path& file, const RunRows& rows)
{
    return base::writeFileAtomically(file, base::dumpJson(toJson(rows)));
}

Result<RunRows> readRunRows(const std::filesystem::path& file)
{
    const auto json = base::readJson(file);
    if (!json) {
        return json.error();
    }
    auto train = json->is_object() ? filesOf(*json, "train") : Result<std::vector<RunFile>>(wrong("train"));
    auto heldOut = train ? filesOf(*json, "held_out") : Result<std::vector<RunFile>>(train.error());
    if (!heldOut) {
        return Error{file.string() + ": " + heldOut.message() + "; it is no list of a run's rows as Luthier writes it"};
    }
    return RunRows{std::move(*train), std::move(*heldOut)};
}

bool areTouched(const RunRows& rows)
{
    const auto isTouched = [](const RunFile& file) { return !file.edits.empty() || !file.excluded.empty() || !file.tags.empty() || file.format != "auto" || !file.columns.empty(); };
    return std::any_of(rows.train.begin(), rows.train.end(), isTouched) || std::any_of(rows.heldOut.begin(), rows.heldOut.end(), isTouched);
}

} // namespace luthier::train
