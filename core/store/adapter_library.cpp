// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/adapter_library.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_copy.h"
#include "core/peft/folders/origin.h"

#include <algorithm>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* kNotes = "adapter_notes"; // value of the project: {path in the project: text}

constexpr const char* kExports = "adapter_exports"; // {path in the project: [export, ...]}
constexpr std::size_t kMostExports = 12;

std::string keyOf(const Project& project, const fs::path& path)
{
    const fs::path relative = path.lexically_relative(project.folder());
    return relative.empty() || relative.string().starts_with("..") ? path.string() : relative.string();
}

Json objectOf(Project& project, const char* key)
{
    auto value = project.value(key);
    return value && value->is_object() ? *value : Json::object();
}

Json notesOf(Project& project)
{
    return objectOf(project, kNotes);
}

// What is no export is passed over: the list is a help, and the files are what counts.
std::vector<AdapterExport> exportsOf(const Json& kept, const std::string& key)
{
    std::vector<AdapterExport> exports;
    for (const Json& one : kept.contains(key) && kept[key].is_array() ? kept[key] : Json::array()) {
        const auto text = [&one](const char* name) { return one.is_object() && one.contains(name) && one[name].is_string() ? one[name].get<std::string>() : std::string(); };
        const bool hasSize = one.is_object() && one.contains("bytes") && one["bytes"].is_number_integer();
        if (!text("target").empty()) {
            exports.push_back({text("target"), text("kind"), text("type"), hasSize ? one["bytes"].get<std::int64_t>() : 0, text("proof"), text("made")});
            std::error_code code;
            exports.back().isThere = fs::exists(exports.back().target, code);
        }
    }
    return exports;
}

std::string filesOf(const Json& recipe)
{
    std::string names;
    if (!recipe.is_object() || !recipe.contains("data") || !recipe["data"].is_object() || !recipe["data"].contains("train")) {
        return names;
    }
    const Json& train = recipe["data"]["train"];
    for (std::size_t i = 0; train.is_array() && i < train.size(); ++i) {
        names += train[i].is_string() ? (names.empty() ? "" : ", ") + fs::path(train[i].get<std::string>()).filename().string() : "";
    }
    return names;
}

std::string modelOf(const Json& recipe)
{
    const bool has = recipe.is_object() && recipe.contains("model") && recipe["model"].is_object() && recipe["model"].contains("path")
                     && recipe["model"]["path"].is_string();
    return has ? recipe["model"]["path"].get<std::string>() : std::string();
}

fs::path freeName(const fs::path& wanted)
{
    fs::path path = wanted;
    std::error_code code;
    for (int i = 2; fs::exists(fs::symlink_status(path, code)); ++i) {
        path = wanted.parent_path() / (wanted.stem().string() + "-" + std::to_string(i) + wanted.extension().string());
    }
    return path;
}

} // namespace

fs::path adaptersFolder(const Project& project)
{
    return project.folder() / "adapters";
}

Result<std::vector<LibraryAdapter>> adapters(Project& project)
{
    auto runs = project.runs();
    if (!runs) {
        return runs.error();
    }
    const Json notes = notesOf(project);
    const Json exports = objectOf(project, kExports);
    const auto note = [&](const fs::path& path) { return notes.value(keyOf(project, path), std::string()); };
    std::vector<LibraryAdapter> all;
    for (const RunRow& run : *runs) {
        const std::string name = run.name.empty() ? "#" + std::to_string(run.id) : run.name;
        const auto add = [&](const fs::path& path, const std::string& called) {
            if (!path.empty() && peft::isAdapter(path)) { // else a whole model, or gone
                all.push_back({peft::readAdapterFacts(path), called, run.id, run.created, filesOf(run.recipe),
                               peft::baseOf(run.folder, modelOf(run.recipe)).string(), run.measures, note(path), exportsOf(exports, keyOf(project, path))});
            }
        };
        add(run.result, name);
        add(fs::path(run.folder) / "best", name + ", lowest held-out loss");
    }
    std::vector<fs::path> imported;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(adaptersFolder(project), code)) {
        const bool hidden = entry.path().filename().string().starts_with(".");
        if (!hidden && peft::isAdapter(entry.path())) {
            imported.push_back(entry.path());
        }
    }
    std::sort(imported.begin(), imported.end());
    for (const fs::path& path : imported) {
        LibraryAdapter adapter;
        adapter.facts = peft::readAdapterFacts(path);
        adapter.name = path.filename().string();
        adapter.model = fs::exists(adapter.facts.baseName, code) ? adapter.facts.baseName : std::string();
        adapter.notes = note(path);
        adapter.exports = exportsOf(exports, keyOf(project, path));
        all.push_back(std::move(adapter));
    }
    return all;
}

Result<fs::path> importAdapter(Project& project, const fs::path& given)
{
    const fs::path absolute = fs::absolute(given).lexically_normal();
    const fs::path path = absolute.has_filename() ? absolute : absolute.parent_path();
    if (!peft::isAdapter(path)) {
        return Error{path.string() + ": this is no adapter; choose a folder with adapter_config.json, or a GGUF adapter"};
    }
    if (const auto facts = peft::readAdapterFacts(path); !facts.problem.empty()) {
        return Error{facts.problem};
    }
    if (auto made = base::makeDirectories(adaptersFolder(project)); !made) {
        return made.error();
    }
    // "adapter" is what every run calls its result; the folder around it says more.
    const fs::path name = path.filename() == "adapter" ? path.parent_path().filename() : path.filename();
    const fs::path target = freeName(adaptersFolder(project) / name);
    const fs::path temporary = target.parent_path() / ("." + target.filename().string() + ".part");
    (void)base::removeTree(temporary);
    auto copied = peft::copyAdapter(path, temporary);
    std::error_code code;
    if (copied) {
        fs::rename(temporary, target, code);
    }
    if (!copied || code) {
        (void)base::removeTree(temporary);
        return copied ? Error{target.string() + ": cannot be given its name: " + code.message()} : copied.error();
    }
    return target;
}

Result<void> deleteAdapter(Project& project, const fs::path& path)
{
    auto all = adapters(project);
    if (!all) {
        return all.error();
    }
    const auto found = std::find_if(all->begin(), all->end(), [&](const LibraryAdapter& adapter) {
        return adapter.facts.path.lexically_normal() == fs::absolute(path).lexically_normal();
    });
    if (found == all->end()) {
        return Error{path.string() + ": no adapter of this project lies there; luthier adapters lists them"};
    }
    const fs::path trash = project.folder() / "trash";
    if (auto made = base::makeDirectories(trash); !made) {
        return made;
    }
    const std::string name = found->run > 0 ? "adapter-of-run-" + std::to_string(found->run) : found->facts.path.filename().string();
    std::error_code code;
    fs::rename(found->facts.path, freeName(trash / name), code);
    return code ? Result<void>(Error{path.string() + ": cannot be moved to the trash: " + code.message()}) : Result<void>();
}

Result<void> keepExport(Project& project, const fs::path& adapter, const AdapterExport& made)
{
    Json all = objectOf(project, kExports);
    const std::string key = keyOf(project, adapter);
    Json kept = Json::array({{{"target", made.target.string()}, {"kind", made.kind}, {"type", made.type}, {"bytes", made.bytes}, {"proof", made.proof}, {"made", made.made}}});
    for (const AdapterExport& one : exportsOf(all, key)) {
        if (one.target != made.target && kept.size() < kMostExports) {
            kept.push_back({{"target", one.target.string()}, {"kind", one.kind}, {"type", one.type}, {"bytes", one.bytes}, {"proof", one.proof}, {"made", one.made}});
        }
    }
    all[key] = std::move(kept);
    return project.setValue(kExports, all);
}

std::string notesAbout(Project& project, const fs::path& adapter)
{
    std::error_code code;
    const fs::path whole = fs::weakly_canonical(adapter, code);
    const auto isIt = [&](const fs::path& path) { return !path.empty() && fs::weakly_canonical(path, code) == whole; };
    std::string text;
    const auto runs = project.runs();
    for (const RunRow& run : runs ? *runs : std::vector<RunRow>()) {
        if (isIt(run.result) || isIt(fs::path(run.folder) / "best")) {
            text = run.notes;
        }
    }
    const Json notes = notesOf(project);
    for (const auto& [key, value] : notes.items()) {
        if (value.is_string() && isIt(project.folder() / key)) { // an absolute key stays as it is
            text += (text.empty() ? "" : "\n\n") + value.get<std::string>();
        }
    }
    return text;
}

Result<void> setAdapterNotes(Project& project, const fs::path& path, const std::string& text)
{
    Json notes = notesOf(project);
    const std::string key = keyOf(project, path);
    if (text.empty()) {
        notes.erase(key);
    } else {
        notes[key] = text;
    }
    return project.setValue(kNotes, notes);
}

} // namespace luthier::store
