// SPDX-License-Identifier: GPL-3.0-or-later
// luthier data tag, exclude, include: marks on rows, kept in the project as steps.
#include "core/cli/data/files.h"
#include "core/cli/data/project.h"
#include "core/cli/data/row_choice.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/table.h"

#include <CLI/App.hpp>

#include <map>

namespace luthier::cli {

namespace mark_verb {
namespace {

struct MarkFlags : DataFlags {
    RowChoice choice;
};

struct TagFlags : MarkFlags {
    std::string add;
    std::string remove;
};

void markFlags(CLI::App& app, MarkFlags& flags)
{
    addProject(app, flags);
    addRowChoice(app, flags.choice);
}

void tagFlags(CLI::App& app, TagFlags& flags)
{
    addProject(app, flags);
    auto* add = app.add_option("--add", flags.add, "Put this tag on the rows; without --add and --remove the tags are listed");
    app.add_option("--remove", flags.remove, "Take this tag off the rows")->excludes(add->option_text("NAME"))->option_text("NAME");
    addRowChoice(app, flags.choice);
}

using Rows = std::vector<std::int64_t>;

std::string numbered(std::size_t count)
{
    return counted(static_cast<std::int64_t>(count)) + (count == 1 ? " row" : " rows");
}

int listTags(const ProjectData& data, const DataFlags& flags, Context& context)
{
    std::map<std::string, std::int64_t> counts;
    for (const auto& [row, tags] : data.tags) {
        for (const std::string& tag : tags) {
            ++counts[tag];
        }
    }
    Json object{{"file", flags.files[0]}, {"tags", Json::object()}};
    Table table({{"tag", true}, {"rows", false, true}});
    for (const auto& [tag, count] : counts) {
        object["tags"][tag] = count;
        table.add({tag, counted(count)});
    }
    context.console.endProgress();
    if (context.console.isJson()) {
        context.console.line(object);
    } else {
        context.console.text(table.isEmpty() ? "No row has a tag; --add NAME with --rows or --where gives one."
                                             : table.toText(context.console.width()));
    }
    return kDone;
}

Result<Rows> changeTag(const ProjectData& data, const TagFlags& flags, Context& context)
{
    const bool adds = !flags.add.empty();
    store::TagChange change{adds ? flags.add : flags.remove, {}, adds};
    auto rows = chooseRows(flags.choice, *data.dataset, data.tags, context);
    if (!rows) {
        return rows;
    }
    for (const std::int64_t row : *rows) {
        const auto found = data.tags.find(row);
        if ((found != data.tags.end() && found->second.contains(change.tag)) != adds) {
            change.rows.push_back(row);
        }
    }
    const std::string text = "tag \"" + change.tag + (adds ? "\" on " : "\" off ") + numbered(change.rows.size());
    store::EditStep step;
    if (!change.rows.empty()) {
        step.tags.push_back(change);
    }
    auto done = record(data, std::move(step), text, flags);
    return done ? Result<Rows>(std::move(change.rows)) : done.error();
}

Result<Rows> changeExclusion(const ProjectData& data, bool excluded, const MarkFlags& flags, Context& context)
{
    auto rows = chooseRows(flags.choice, *data.dataset, data.tags, context);
    if (!rows) {
        return rows;
    }
    std::erase_if(*rows, [&](std::int64_t row) { return data.dataset->isExcluded(row) == excluded; });
    store::EditStep step;
    (excluded ? step.excluded : step.included) = *rows;
    auto done = record(data, std::move(step), (excluded ? "leaving out " : "taking in ") + numbered(rows->size()), flags);
    return done ? rows : done.error();
}

int tellRows(const Result<Rows>& rows, Json object, const std::string& said, const DataFlags& flags, Context& context)
{
    if (!rows) {
        return context.fail(rows.message());
    }
    object["file"] = flags.files[0];
    object["changed"] = rows->size();
    object["rows"] = rowsFromOne(*rows);
    return tell(object, flags.files[0] + ": " + numbered(rows->size()) + " " + said, context);
}

int markRows(bool excluded, const MarkFlags& flags, Context& context)
{
    auto data = openProjectData(flags, context, true);
    if (!data) {
        return context.fail(data.message());
    }
    return tellRows(changeExclusion(*data, excluded, flags, context), Json::object(), excluded ? "left out" : "taken in again", flags, context);
}

int tagRows(const TagFlags& flags, Context& context)
{
    const bool changes = !flags.add.empty() || !flags.remove.empty();
    auto data = openProjectData(flags, context, changes);
    if (!data) {
        return context.fail(data.message());
    }
    if (!changes) {
        return listTags(*data, flags, context);
    }
    const std::string& tag = flags.add.empty() ? flags.remove : flags.add;
    return tellRows(changeTag(*data, flags, context), {{"tag", tag}}, (flags.add.empty() ? "without \"" : "with \"") + tag + "\" now",
                    flags, context);
}

int excludeRows(const MarkFlags& flags, Context& context)
{
    return markRows(true, flags, context);
}

int includeRows(const MarkFlags& flags, Context& context)
{
    return markRows(false, flags, context);
}

} // namespace
} // namespace mark_verb

Command tagVerb()
{
    return dataVerb("tag", "Tags on rows, or which there are", mark_verb::tagFlags, mark_verb::tagRows);
}

Command excludeVerb()
{
    return dataVerb("exclude", "Leave rows out of training", mark_verb::markFlags, mark_verb::excludeRows);
}

Command includeVerb()
{
    return dataVerb("include", "Take rows in again", mark_verb::markFlags, mark_verb::includeRows);
}

} // namespace luthier::cli
