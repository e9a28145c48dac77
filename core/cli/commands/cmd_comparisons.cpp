// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/store/comparisons.h"
#include "core/store/project.h"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace luthier::cli {

namespace comparisons_command {
namespace {

constexpr std::int64_t kAll = std::numeric_limits<std::int32_t>::max();

struct Verb;

struct Flags {
    std::string project;
    std::string search;
    std::int64_t id = 0;
    const Verb* verb = nullptr;
};

struct Verb {
    const char* name;
    const char* summary;
    bool takesId;
    int (*run)(const Flags&, store::Project&, Context&);
};

std::string textIn(const Json& object, const char* key)
{
    const Json value = object.is_object() ? object.value(key, Json()) : Json();
    return value.is_string() ? value.get<std::string>() : std::string();
}

Json listIn(const Json& object, const char* key)
{
    Json value = object.is_object() ? object.value(key, Json::array()) : Json::array();
    return value.is_array() ? value : Json::array();
}

// Who answered, as a person knows it; else where the column stood.
std::string answererOf(const Json& column, std::size_t place)
{
    const Json by = column.is_object() ? column.value("by", Json()) : Json();
    const bool isNamed = by.is_array() && by.size() == 2 && by[1].is_string() && !by[1].get<std::string>().empty();
    const std::string title = textIn(column, "title");
    return !title.empty() ? title : isNamed ? by[1].get<std::string>() : place == 0 ? "base" : "tuned";
}

Json jsonOf(const store::ComparisonRow& row)
{
    Json columns = Json::array();
    for (const Json& column : listIn(row.body, "columns")) {
        columns.push_back({{"by", answererOf(column, columns.size())}, {"answer", textIn(column, "answer")}, {"figures", textIn(column, "footer")}});
    }
    const std::string expected = textIn(row.body, "expected");
    return {{"comparison", row.id}, {"created", row.created}, {"prompt", row.prompt}, {"messages", listIn(row.body, "messages")},
            {"expected", expected.empty() ? Json() : Json(expected)}, {"settings", textIn(row.body, "settings")}, {"columns", std::move(columns)}};
}

int listAll(const Flags& flags, store::Project& project, Context& context)
{
    const auto rows = project.comparisons().find(flags.search, kAll);
    if (!rows) {
        return context.fail(rows.message());
    }
    Table table({{"comparison", false, true}, {"when"}, {"answered by", true}, {"prompt", true}});
    for (const store::ComparisonRow& row : *rows) {
        if (context.console.isJson()) {
            context.console.line(jsonOf(row));
            continue;
        }
        std::string names;
        std::size_t place = 0;
        for (const Json& column : listIn(row.body, "columns")) {
            names += (names.empty() ? "" : ", ") + answererOf(column, place++);
        }
        table.add({std::to_string(row.id), row.created, names, row.prompt});
    }
    if (!context.console.isJson()) {
        context.console.text(!table.isEmpty() ? table.toText(context.console.width())
                             : flags.search.empty() ? "No comparison is kept; page Compare keeps what is asked there."
                                                    : "No comparison has these words in question or answers.");
    }
    return kDone;
}

Result<store::ComparisonRow> comparisonOf(store::Project& project, std::int64_t id)
{
    auto rows = project.comparisons().find({}, kAll);
    if (!rows) {
        return rows.error();
    }
    const auto found = std::find_if(rows->begin(), rows->end(), [id](const store::ComparisonRow& row) { return row.id == id; });
    return found != rows->end() ? Result<store::ComparisonRow>(std::move(*found))
                                : Error{"the project keeps no comparison " + std::to_string(id) + "; luthier comparisons lists them"};
}

int showOne(const Flags& flags, store::Project& project, Context& context)
{
    const auto row = comparisonOf(project, flags.id);
    if (!row) {
        return context.fail(row.message());
    }
    if (context.console.isJson()) {
        context.console.line(jsonOf(*row));
        return kDone;
    }
    Table table({{"who", true}, {"words", true}}, true);
    for (const Json& message : listIn(row->body, "messages")) {
        table.add({textIn(message, "role"), textIn(message, "content")});
    }
    if (const std::string expected = textIn(row->body, "expected"); !expected.empty()) {
        table.add({"expected", expected});
    }
    std::size_t place = 0;
    for (const Json& column : listIn(row->body, "columns")) {
        const std::string figures = textIn(column, "footer");
        table.add({answererOf(column, place++), textIn(column, "answer") + (figures.empty() ? "" : "\n(" + figures + ")")});
    }
    context.console.text("Comparison " + std::to_string(row->id) + ", " + row->created + (textIn(row->body, "settings").empty() ? "" : "; " + oneLine(textIn(row->body, "settings"))));
    context.console.text(table.toText(context.console.width()));
    return kDone;
}

constexpr std::array kVerbs = {
    Verb{"list", "What was compared, the newest first", false, listAll},
    Verb{"show", "One comparison: what was asked and each answer whole", true, showOne},
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.require_subcommand(0, 1);
    flags.verb = &kVerbs.front();
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        if (verb.takesId) {
            sub->add_option("comparison", flags.id, "Its number, as list gives it")->required()->check(CLI::PositiveNumber)->option_text("N");
        } else {
            sub->add_option("--search", flags.search, "Those with these words in question or answers")->option_text("WORDS");
        }
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const Flags& flags, Context& context)
{
    return inProject(flags.project, ProjectUse::Look, "comparisons", context,
                     [&](const std::shared_ptr<store::Project>& project) { return flags.verb->run(flags, *project, context); });
}

} // namespace
} // namespace comparisons_command

Command comparisonsCommand()
{
    return command<comparisons_command::Flags>("comparisons", "What was asked and answered on page Compare, as the project keeps it: list, show",
                                               "luthier comparisons --project ~/tunes\n"
                                               "luthier comparisons list --search rabbet --project ~/tunes\n"
                                               "luthier comparisons show 3 --project ~/tunes --json",
                                               comparisons_command::setup, comparisons_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
