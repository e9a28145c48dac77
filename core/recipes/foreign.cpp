// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recipes/foreign.h"

#include "core/base/files.h"
#include "core/recipes/foreign_rows.h"
#include "core/recipes/yaml.h"

#include <algorithm>
#include <array>
#include <set>

namespace luthier::recipes {

namespace fs = std::filesystem;

namespace {

using RowsOf = const ProgramRows& (*)();
constexpr std::array<RowsOf, 4> kPrograms{trlRows, axolotlRows, llamaFactoryRows, peftRows};

const ProgramRows* rowsOf(const std::string& id)
{
    for (const RowsOf rows : kPrograms) {
        if (id == rows().program.id) {
            return &rows();
        }
    }
    return nullptr;
}

std::string names(bool writtenAlone)
{
    std::string all;
    for (const Program& program : programs()) {
        all += program.isWritten || !writtenAlone ? (all.empty() ? "" : ", ") + std::string(program.id) : std::string();
    }
    return all;
}

Result<Json> parseFile(const fs::path& file)
{
    const auto text = base::readFile(file, std::uint64_t{16} << 20);
    if (!text) {
        return text.error();
    }
    auto json = file.extension() == ".json" ? base::parseJson(*text) : parseYaml(*text);
    if (!json) {
        return Error{file.string() + ": " + json.message()};
    }
    if (!json->is_object()) {
        return Error{file.string() + ": a recipe is a list of keys with values"};
    }
    return json;
}

std::string shortText(const Json& value)
{
    constexpr std::size_t kMost = 60;
    const std::string text = textOf(value);
    return text.size() <= kMost ? text : text.substr(0, kMost - 3) + "...";
}

// False where it says what is usual here, or what is of no matter for a result.
bool take(Imported& imported, const KeyRow& row, const Json& value, const Source& source)
{
    if (value.is_null() && row.read == nullptr) {
        return true; // it says what is usual there
    }
    Reading reading = row.read ? row.read(value, source) : set(row.ours, textOf(value));
    std::string ours;
    for (const auto& [key, text] : reading.settings) {
        if (auto done = config::setByKey(imported.config, key, text); !done) {
            imported.lost.push_back({row.theirs, shortText(value), done.message()});
            return true;
        }
        ours += (ours.empty() ? "" : ", ") + key + "=" + text;
    }
    if (!reading.why.empty()) {
        imported.lost.push_back({row.theirs, shortText(value), reading.why});
    } else if (!ours.empty()) {
        imported.carried.push_back({row.theirs, ours});
    }
    const bool hasNotes = !reading.notes.empty();
    for (std::string& note : reading.notes) { // two keys may have the same to say
        if (std::find(imported.notes.begin(), imported.notes.end(), note) == imported.notes.end()) {
            imported.notes.push_back(std::move(note));
        }
    }
    return !reading.why.empty() || !ours.empty() || hasNotes || value.is_null();
}

bool appliesNow(const config::RunConfig& config, const std::string& key)
{
    const auto setting = config::findSetting(key);
    return setting && config::applies(config, *setting->part, *setting->field);
}

std::string headOf(const ProgramRows& rows, const config::RunConfig& config)
{
    std::string head = rows.head;
    const std::string place = "{objective}";
    if (const std::size_t at = head.find(place); at != std::string::npos) {
        head.replace(at, place.size(), config.objective.kind == "pretrain" ? "sft" : config.objective.kind);
    }
    return head;
}

} // namespace

std::span<const Program> programs()
{
    static const std::vector<Program> all = [] {
        std::vector<Program> list;
        for (const RowsOf rows : kPrograms) {
            list.push_back(rows().program);
        }
        return list;
    }();
    return all;
}

const Program* programOf(const Json& file)
{
    const ProgramRows* best = nullptr;
    std::size_t most = 0;
    for (const RowsOf rows : kPrograms) {
        std::size_t known = 0;
        bool hasMark = false;
        for (const KeyRow& row : rows().rows) {
            known += row.isRead && file.contains(row.theirs);
        }
        for (const char* mark : rows().marks) {
            hasMark = hasMark || file.contains(mark);
        }
        if (hasMark && known > most) {
            best = &rows();
            most = known;
        }
    }
    if (best == nullptr && file.contains("model_name_or_path")) {
        best = &trlRows();
    }
    return best ? &best->program : nullptr;
}

Result<Imported> readForeign(const fs::path& file, const std::string& program)
{
    const auto json = parseFile(file);
    if (!json) {
        return json.error();
    }
    const Program* known = program.empty() ? programOf(*json) : nullptr;
    const ProgramRows* rows = rowsOf(program.empty() ? known ? known->id : "" : program);
    if (rows == nullptr) {
        return Error{program.empty() ? file.string() + ": its keys are those of no program that is known here (" + names(false) + "); a recipe of Luthier's own is opened as such"
                                     : "there is no program \"" + program + "\"; there are " + names(false)};
    }
    Imported imported;
    imported.program = rows->program.id;
    for (const auto& [key, value] : rows->usual) {
        if (auto done = config::setByKey(imported.config, key, value); !done) {
            return done.error();
        }
    }
    std::error_code code;
    const Source source{*json, fs::absolute(file, code).parent_path()};
    std::set<std::string> seen;
    std::string left;
    for (const KeyRow& row : rows->rows) { // in the order of the table: what decides others comes first
        if (row.isRead && json->contains(row.theirs)) {
            seen.insert(row.theirs);
            left += take(imported, row, json->at(row.theirs), source) ? std::string() : (left.empty() ? "" : ", ") + std::string(row.theirs);
        }
    }
    for (const auto& [key, value] : json->items()) {
        if (!seen.contains(key)) {
            imported.lost.push_back({key, shortText(value), "there is no such setting here"});
        }
    }
    if (!left.empty()) {
        imported.notes.push_back("As it is here anyway, or of no matter for the result: " + left + ".");
    }
    return imported;
}

Result<Exported> writeForeign(const config::RunConfig& config, const std::string& program)
{
    const ProgramRows* rows = rowsOf(program);
    if (rows == nullptr || !rows->program.isWritten) {
        return Error{"recipes are not written for \"" + program + "\"; there are " + names(true)};
    }
    Json file = Json::object();
    std::set<std::string> written(rows->covered.begin(), rows->covered.end()); // settings that the file says
    for (const KeyRow& row : rows->rows) {
        if (!row.isWritten || (row.write == nullptr && (*row.ours == '\0' || !appliesNow(config, row.ours)))) {
            continue;
        }
        if (const auto value = row.write ? row.write(config) : std::optional<Json>(fields::toJson(valueOf(config, row.ours)))) {
            file[row.theirs] = *value;
            written.insert(row.ours);
        }
    }
    Exported exported;
    exported.text = headOf(*rows, config) + "\n" + dumpYaml(file);
    for (const config::Difference& difference : config::difference(config::RunConfig{}, config)) {
        if (!written.contains(difference.key) && appliesNow(config, difference.key)) {
            exported.lost.push_back({difference.key, difference.right, std::string(rows->program.label) + " has no such setting, or another way to say it"});
        }
    }
    const std::string& kind = config.method.kind;
    if (kind != "full" && !isLora(config)) {
        exported.lost.push_back({"method.kind", kind, std::string(rows->program.label) + " cannot train by this method from its configuration"});
    }
    if (!file.contains("datasets") && !file.contains("dataset_name")) {
        exported.notes.push_back("Name the data in it: " + std::string(rows->program.label) + " knows data sets by names of its own.");
    } else if (config.data.train.size() > 1 && file.contains("dataset_name")) {
        exported.lost.push_back({"data.train", fields::toText(fields::Value(config.data.train)), "only the first file is named"});
    }
    return exported;
}

} // namespace luthier::recipes
