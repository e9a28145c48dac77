// SPDX-License-Identifier: GPL-3.0-or-later
// luthier data edit: one row changed as the window changes it: a text, a turn of a conversation, or taken back.
#include "core/cli/data/files.h"
#include "core/cli/data/project.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/field_path.h"
#include "core/data/row_fields.h"
#include "core/data/turn_edits.h"

#include <CLI/App.hpp>

#include <algorithm>

namespace luthier::cli {

namespace edit_verb {
namespace {

// What is done to a row; one of its ways.
struct RowEdit {
    std::int64_t row = 0;             // from 1
    std::int64_t turn = 0;            // from 1; 0: not named
    std::string field;
    std::optional<std::string> set;
    std::optional<std::string> add;
    std::optional<std::string> split; // before this text
    std::string role;                 // of the turn, or of the one that is added
    std::string move;                 // up, down
    bool remove = false;
    bool merge = false;
    bool learn = false;
    bool context = false;
    bool revert = false;
};

struct Flags : DataFlags {
    RowEdit edit;
};

using Kind = data::TurnEdit::Kind;

// The texts of a row that a person may mean: the K-th turn, a field by name or path, or the only one.
Result<std::string> pathOf(const data::Dataset& dataset, const Json& row, const RowEdit& edit)
{
    const auto fields = data::fieldsOf(dataset.format(), row);
    std::vector<std::string> paths;
    std::string known;
    for (const data::RowField& field : fields) {
        const bool wanted = edit.turn > 0 ? data::isTurn(row, field.path)
                                          : edit.field.empty() || field.name == edit.field || field.path == edit.field;
        if (wanted) {
            paths.push_back(field.path);
        }
        known += (known.empty() ? "" : ", ") + field.path;
    }
    if (edit.turn > 0) {
        return edit.turn <= static_cast<std::int64_t>(paths.size())
                   ? Result<std::string>(paths[static_cast<std::size_t>(edit.turn - 1)])
                   : Error{"there is no turn " + std::to_string(edit.turn) + "; the row has " + std::to_string(paths.size())};
    }
    if (paths.size() == 1) {
        return paths[0];
    }
    return Error{(paths.empty() ? "there is no field \"" + edit.field + "\"" : "several texts may be meant")
                 + "; say --turn K, or --field with one of " + known};
}

// The role is checked against those of the list the turn stands in.
Result<std::string> roleFor(const Json& row, const std::string& path, const std::string& role)
{
    const auto roles = data::turnRoles(row, path);
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) {
        return role;
    }
    std::string known;
    for (const std::string& one : roles) {
        known += (known.empty() ? "" : ", ") + one;
    }
    return Error{roles.empty() ? "\"" + path + "\" is not a turn of a conversation" : "the roles of this list are " + known};
}

Result<Json> withRole(const Json& row, const std::string& path, const std::string& role)
{
    auto checked = roleFor(row, path, role);
    return checked ? data::editTurn(row, {Kind::SetRole, path, *checked}) : Result<Json>(checked.error());
}

// The turn behind this one: "messages/1/content" of "messages/0/content".
std::string nextTurn(const std::string& path)
{
    const auto last = path.rfind('/');
    const auto before = path.rfind('/', last - 1);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    return path.substr(0, begin) + std::to_string(std::stoull(path.substr(begin, last - begin)) + 1) + path.substr(last);
}

Result<Json> addTurn(const Json& row, const std::string& path, const RowEdit& edit)
{
    auto added = data::editTurn(row, {Kind::Add, path});
    if (added && !edit.role.empty()) {
        added = withRole(*added, nextTurn(path), edit.role);
    }
    if (added) {
        if (auto set = data::setTextAt(*added, nextTurn(path), *edit.add); !set) {
            return set.error();
        }
    }
    return added;
}

Result<Json> splitTurn(const Json& row, const std::string& path, const std::string& at)
{
    auto text = data::textAt(row, path);
    if (!text) {
        return text.error();
    }
    const auto found = at.empty() ? std::string::npos : text->find(at);
    if (found == std::string::npos || found == 0) {
        return Error{"\"" + cutTo(oneLine(at), 60) + "\" does not stand inside the turn, so it cannot be split there"};
    }
    return data::editTurn(row, {Kind::Split, path, {}, text->substr(0, found), text->substr(found)});
}

Result<Json> setText(Json row, const std::string& path, const std::string& text)
{
    auto set = data::setTextAt(row, path, text);
    return set ? Result<Json>(std::move(row)) : set.error();
}

Result<Json> edited(const data::Dataset& dataset, const Json& row, const RowEdit& edit)
{
    const auto path = pathOf(dataset, row, edit);
    if (!path) {
        return path.error();
    }
    return edit.set              ? setText(row, *path, *edit.set)
           : edit.add            ? addTurn(row, *path, edit)
           : edit.split          ? splitTurn(row, *path, *edit.split)
           : edit.remove         ? data::editTurn(row, {Kind::Remove, *path})
           : edit.merge          ? data::editTurn(row, {Kind::MergeWithNext, *path})
           : edit.learn          ? data::editTurn(row, {Kind::Learn, *path})
           : edit.context        ? data::editTurn(row, {Kind::PassOver, *path})
           : edit.move == "up"   ? data::editTurn(row, {Kind::MoveUp, *path})
           : edit.move == "down" ? data::editTurn(row, {Kind::MoveDown, *path})
                                 : withRole(row, *path, edit.role);
}

std::string nameOf(const RowEdit& edit)
{
    const std::string row = "row " + std::to_string(edit.row);
    return edit.revert             ? "taking back the edits of " + row
           : edit.set              ? "edit of " + row
           : edit.add              ? "a turn added to " + row
           : edit.split            ? "a turn of " + row + " split"
           : edit.remove           ? "a turn of " + row + " deleted"
           : edit.merge            ? "turns of " + row + " merged"
           : edit.learn            ? "an answer of " + row + " to be learned"
           : edit.context          ? "an answer of " + row + " kept as context"
           : !edit.move.empty()    ? "a turn of " + row + " moved"
                                   : "another role in " + row;
}

Result<std::string> applyEdit(const ProjectData& data, const Flags& flags, Json& result)
{
    const std::int64_t row = flags.edit.row - 1;
    const auto now = data.dataset->row(row);
    if (!now) {
        return now.error();
    }
    store::RowChange change{row, data.dataset->edit(row), std::nullopt};
    if (!flags.edit.revert) {
        auto after = edited(*data.dataset, *now, flags.edit);
        if (!after) {
            return Error{"row " + std::to_string(flags.edit.row) + ": " + after.message()};
        }
        change.after = std::move(*after);
    }
    const bool changes = flags.edit.revert ? change.before.has_value() : *change.after != *now;
    result["changed"] = changes;
    if (changes) {
        store::EditStep step;
        step.rows.push_back(change);
        if (auto done = record(data, std::move(step), nameOf(flags.edit), flags); !done) {
            return done.error();
        }
        change.after ? data.dataset->setRow(row, *change.after) : data.dataset->clearEdit(row);
    }
    auto after = data.dataset->row(row);
    result["data"] = after ? *after : Json();
    return changes ? nameOf(flags.edit) : "row " + std::to_string(flags.edit.row) + " is so already";
}

void setup(CLI::App& app, Flags& flags)
{
    RowEdit& edit = flags.edit;
    addProject(app, flags);
    app.add_option("--row", edit.row, "Row, from 1")->required()->check(CLI::PositiveNumber)->option_text("N");
    auto* turn = app.add_option("--turn", edit.turn, "Turn of the conversation, from 1")->check(CLI::PositiveNumber)->option_text("K");
    app.add_option("--field", edit.field, "Or the field, by name or path (messages/1/content)")->excludes(turn)->option_text("NAME");
    auto* role = app.add_option("--role", edit.role, "Another role for the turn, or that of --add")->option_text("ROLE");
    const std::vector<CLI::Option*> ways{
        app.add_option("--set", edit.set, "Its text from now on")->option_text("TEXT"),
        app.add_option("--add", edit.add, "A turn with this text behind it; it answers it unless --role says otherwise")->option_text("TEXT"),
        app.add_flag("--delete", edit.remove, "Delete the turn"),
        app.add_option("--split", edit.split, "Cut the turn in two before this text")->option_text("TEXT"),
        app.add_flag("--merge", edit.merge, "Join it with the turn below"),
        app.add_flag("--learn", edit.learn, "Learn the turn, an answer"),
        app.add_flag("--context", edit.context, "Keep the turn as context that is not learned"),
        app.add_option("--move", edit.move, "up or down")->check(CLI::IsMember({"up", "down"}))->option_text("WHERE"),
        app.add_flag("--revert", edit.revert, "The whole row as the file has it"),
    };
    for (std::size_t i = 0; i < ways.size(); ++i) {
        for (std::size_t other = 0; other < i; ++other) {
            ways[i]->excludes(ways[other]);
        }
        if (i != 1) { // --add
            role->excludes(ways[i]);
        }
    }
}

int run(const Flags& flags, Context& context)
{
    const RowEdit& edit = flags.edit;
    if (!edit.set && !edit.add && !edit.split && !edit.remove && !edit.merge && !edit.learn && !edit.context && !edit.revert && edit.move.empty() && edit.role.empty()) {
        context.console.error("say what to do: --set, --role, --add, --delete, --split, --merge, --learn, --context, --move or --revert");
        return kWrongUsage;
    }
    auto data = openProjectData(flags, context, true);
    if (!data) {
        return context.fail(data.message());
    }
    Json result{{"file", flags.files[0]}, {"row", edit.row}};
    auto said = applyEdit(*data, flags, result);
    return said ? tell(result, flags.files[0] + ": " + *said, context) : context.fail(flags.files[0] + ": " + said.message());
}

} // namespace
} // namespace edit_verb

Command editVerb()
{
    return dataVerb("edit", "Change a row: its texts, its turns, their roles", edit_verb::setup, edit_verb::run);
}

} // namespace luthier::cli
