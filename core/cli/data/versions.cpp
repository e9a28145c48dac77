// SPDX-License-Identifier: GPL-3.0-or-later
// luthier data versions: named snapshots of a file's edits and left-out rows, compared and brought back.
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/project.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/store/version_changes.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace luthier::cli {

namespace versions_verb {
namespace {

struct Flags : DataFlags {
    std::string action = "list";
    std::vector<std::string> arguments;
};

constexpr const char* kNow = "now";   // the rows as they are
constexpr const char* kFile = "file"; // the rows as the file has them

struct VersionVerb {
    const char* name;
    const char* arguments;
    std::size_t numArguments;
    bool writes;
    int (*run)(const ProjectData&, const Flags&, Context&);
};

Json versionJson(const store::VersionRow& version)
{
    return {{"id", version.id},
            {"name", version.name},
            {"created", version.created},
            {"edits", version.numEdits},
            {"excluded", version.numExcluded}};
}

// By number, or by name where only one has it.
Result<store::VersionRow> findVersion(const ProjectData& data, const std::string& word)
{
    auto versions = data.project->versions(data.path);
    if (!versions) {
        return versions.error();
    }
    std::int64_t id = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), id);
    const bool isNumber = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
    std::vector<store::VersionRow> found;
    std::copy_if(versions->begin(), versions->end(), std::back_inserter(found),
                 [&](const store::VersionRow& version) { return version.name == word || (isNumber && version.id == id); });
    if (found.size() == 1) {
        return found.front();
    }
    return Error{found.empty() ? "there is no version \"" + word + "\" of this file; see luthier data versions FILE list"
                               : "several versions are called \"" + word + "\"; give the number"};
}

Result<store::Snapshot> snapshotOf(const ProjectData& data, const std::string& word)
{
    if (word == kFile) {
        return store::Snapshot{};
    }
    if (word == kNow) {
        return store::Snapshot{data.dataset->overlay(), data.dataset->exclusions()};
    }
    auto version = findVersion(data, word);
    return version ? data.project->version(version->id) : Result<store::Snapshot>(version.error());
}

// What a row was in a version.
Json rowIn(const ProjectData& data, const store::Snapshot& snapshot, std::int64_t row)
{
    const auto edited = store::editIn(snapshot, row);
    const auto parsed = edited ? Result<Json>(*edited) : base::parseJson(data.dataset->rawRow(row));
    return {{"data", parsed ? *parsed : Json(data.dataset->rawRow(row))}, {"excluded", snapshot.excluded.contains(row)}};
}

int listVersions(const ProjectData& data, const Flags&, Context& context)
{
    auto versions = data.project->versions(data.path);
    if (!versions) {
        return context.fail(versions.message());
    }
    Table table({{"version", false, true}, {"name", true}, {"edits", false, true}, {"left out", false, true}, {"created"}});
    for (const auto& version : *versions) {
        if (context.console.isJson()) {
            context.console.line(versionJson(version));
        }
        table.add({std::to_string(version.id), version.name, counted(version.numEdits), counted(version.numExcluded), version.created});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No versions yet; luthier data versions FILE save NAME makes one."
                                             : table.toText(context.console.width()));
    }
    return kDone;
}

int saveVersion(const ProjectData& data, const Flags& flags, Context& context)
{
    const std::string& name = flags.arguments[0];
    if (name == kNow || name == kFile) {
        return context.fail("\"" + name + "\" means the rows as they are in " + (name == kNow ? "the project" : "the file")
                            + "; give the version another name");
    }
    auto source = data.project->addSource(data.path, flags.format);
    auto version = source ? data.project->addVersion(data.path, name) : Result<store::VersionRow>(source.error());
    return version ? tell(versionJson(*version), "version \"" + version->name + "\" saved", context) : context.fail(version.message());
}

int diffVersions(const ProjectData& data, const Flags& flags, Context& context)
{
    const auto from = snapshotOf(data, flags.arguments[0]);
    const auto to = from ? snapshotOf(data, flags.arguments[1]) : from;
    if (!to) {
        return context.fail(to.message());
    }
    Table table({{"row", false, true}, {flags.arguments[0], true}, {flags.arguments[1], true}}, true);
    const auto text = [](const Json& row) { return (row["excluded"].get<bool>() ? "(left out) " : "") + base::dumpJson(row["data"]); };
    for (const store::RowChange& change : store::versionChanges(*from, *to)) {
        if (change.row >= data.dataset->rowCount()) {
            continue; // the file became shorter
        }
        const Json before = rowIn(data, *from, change.row);
        const Json after = rowIn(data, *to, change.row);
        if (context.console.isJson()) {
            context.console.line({{"row", change.row + 1}, {"before", before}, {"after", after}});
        }
        table.add({std::to_string(change.row + 1), text(before), text(after)});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No row differs." : table.toText(context.console.width()));
    }
    return kDone;
}

int restoreVersion(const ProjectData& data, const Flags& flags, Context& context)
{
    const auto wanted = snapshotOf(data, flags.arguments[0]);
    const auto now = wanted ? snapshotOf(data, kNow) : wanted;
    if (!now) {
        return context.fail(now.message());
    }
    const auto changes = store::versionChanges(*wanted, *now);
    const std::string text = "bringing " + base::amount(static_cast<std::int64_t>(changes.size()), "row") + " back";
    if (auto done = record(data, store::stepTowards(changes, *wanted, *now), text, flags); !done) {
        return context.fail(done.message());
    }
    return tell({{"file", flags.files[0]}, {"version", flags.arguments[0]}, {"changed", changes.size()}},
                flags.files[0] + ": " + text + "; luthier data undo takes it back", context);
}

int deleteVersion(const ProjectData& data, const Flags& flags, Context& context)
{
    auto version = findVersion(data, flags.arguments[0]);
    auto done = version ? data.project->removeVersion(version->id) : Result<void>(version.error());
    return done ? tell(versionJson(*version), "version \"" + version->name + "\" deleted", context) : context.fail(done.message());
}

constexpr std::array kVerbs = {
    VersionVerb{"list", "", 0, false, listVersions},
    VersionVerb{"save", "NAME", 1, true, saveVersion},
    VersionVerb{"diff", "A B", 2, false, diffVersions},
    VersionVerb{"restore", "NAME", 1, true, restoreVersion},
    VersionVerb{"delete", "NAME", 1, true, deleteVersion},
};

void setup(CLI::App& app, Flags& flags)
{
    addProject(app, flags);
    app.get_option("files")->expected(1)->allow_extra_args(false);
    std::string help = "A, B: a version by name or number, \"now\", or \"file\". One of:";
    std::vector<std::string> names;
    for (const VersionVerb& verb : kVerbs) {
        names.emplace_back(verb.name);
        help += (names.size() > 1 ? ", " : " ") + names.back() + (verb.numArguments > 0 ? " " : "") + verb.arguments;
    }
    app.add_option("what", flags.action, help)->check(CLI::IsMember(names))->option_text("WHAT");
    app.add_option("names", flags.arguments, "Versions that it is about")->option_text("NAME...");
}

int run(const Flags& flags, Context& context)
{
    const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const VersionVerb& one) { return flags.action == one.name; });
    if (flags.arguments.size() != verb->numArguments) {
        context.console.error("luthier data versions FILE " + flags.action + " takes "
                              + (verb->numArguments > 0 ? std::string(verb->arguments) : "nothing more"));
        return kWrongUsage;
    }
    auto data = openProjectData(flags, context, verb->writes);
    context.console.endProgress();
    return data ? verb->run(*data, flags, context) : context.fail(data.message());
}

} // namespace
} // namespace versions_verb

Command versionsVerb()
{
    return dataVerb("versions", "Named states of a file: list, save NAME, diff A B, restore NAME, delete NAME", versions_verb::setup, versions_verb::run);
}

} // namespace luthier::cli
