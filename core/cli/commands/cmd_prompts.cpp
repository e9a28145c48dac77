// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/store/project.h"
#include "core/store/prompt_sets.h"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace prompts_command {
namespace {

struct Verb;

struct Flags {
    std::string project;
    std::string name; // of a set, or a file
    std::string prompt;
    std::string system;
    std::string reference;
    std::int64_t row = 0; // from 1; 0: the whole set
    const Verb* verb = nullptr;
};

struct Verb {
    const char* name;
    const char* summary;
    const char* argument; // empty: none
    bool writes;
    int (*run)(const Flags&, store::Project&, Context&);
};

int listSets(const Flags&, store::Project& project, Context& context)
{
    Table table({{"set", true}, {"prompts", false, true}, {"file", true}});
    for (const std::string& name : store::promptSets(project)) {
        const auto prompts = store::readPromptSet(project, name);
        if (!prompts) {
            return context.fail(prompts.message());
        }
        const std::string file = store::promptSetFile(project, name).string();
        if (context.console.isJson()) {
            context.console.line({{"set", name}, {"prompts", prompts->size()}, {"file", file}});
        }
        table.add({name, std::to_string(prompts->size()), file});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No prompts are kept; luthier prompts add SET --prompt TEXT --project DIR keeps one." : table.toText(context.console.width()));
    }
    return kDone;
}

int showSet(const Flags& flags, store::Project& project, Context& context)
{
    const auto prompts = store::readPromptSet(project, flags.name);
    if (!prompts) {
        return context.fail(prompts.message());
    }
    Table table({{"row", false, true}, {"prompt", true}, {"right answer", true}}, true);
    for (std::size_t i = 0; i < prompts->size(); ++i) {
        const store::KeptPrompt& one = (*prompts)[i];
        Json messages = Json::array();
        std::string text;
        for (const data::Message& message : one.messages) {
            messages.push_back({{"role", message.role}, {"content", message.content}});
            text += (text.empty() ? "" : "\n") + (one.messages.size() > 1 ? message.role + ": " : std::string()) + message.content;
        }
        if (context.console.isJson()) {
            context.console.line({{"row", i + 1}, {"messages", std::move(messages)}, {"reference", one.reference.empty() ? Json() : Json(one.reference)}});
        }
        table.add({std::to_string(i + 1), text, one.reference});
    }
    if (!context.console.isJson()) {
        context.console.text(table.toText(context.console.width()));
    }
    return kDone;
}

int addPrompt(const Flags& flags, store::Project& project, Context& context)
{
    if (flags.prompt.empty()) {
        context.console.error("say what is asked: --prompt TEXT (see luthier prompts add --help)");
        return kWrongUsage;
    }
    store::KeptPrompt prompt;
    if (!flags.system.empty()) {
        prompt.messages.push_back({"system", flags.system});
    }
    prompt.messages.push_back({"user", flags.prompt});
    prompt.reference = flags.reference;
    const auto added = store::addToPromptSet(project, flags.name, prompt);
    return added ? context.done({{"set", flags.name}, {"file", store::promptSetFile(project, flags.name).string()}}, "Kept in the set " + flags.name + ".") : context.fail(added.message());
}

int importSet(const Flags& flags, store::Project& project, Context& context)
{
    const auto name = store::importPromptSet(project, flags.name, context.cancel);
    return name ? context.done({{"set", *name}, {"file", store::promptSetFile(project, *name).string()}}, "It is the set " + *name + ".") : context.fail(name.message());
}

int removeFrom(const Flags& flags, store::Project& project, Context& context)
{
    const auto removed = flags.row > 0 ? store::removeFromPromptSet(project, flags.name, flags.row - 1) : store::removePromptSet(project, flags.name);
    return removed ? context.done({{"set", flags.name}, {"removed", flags.row > 0 ? Json(flags.row) : Json("all")}},
                          flags.row > 0 ? "Row " + std::to_string(flags.row) + " was taken out of the set " + flags.name + "." : "The set " + flags.name + " was removed.")
                   : context.fail(removed.message());
}

constexpr std::array kVerbs = {
    Verb{"list", "The sets of prompts that the project keeps", "", false, listSets},
    Verb{"show", "The prompts of a set", "SET", false, showSet},
    Verb{"add", "Keep a prompt in a set; a new name makes a new set", "SET", true, addPrompt},
    Verb{"import", "A set out of a file of prompts, conversations, or questions with answers", "FILE", true, importSet},
    Verb{"remove", "Remove a set, or with --row one prompt of it", "SET", true, removeFrom},
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.require_subcommand(0, 1);
    flags.verb = &kVerbs.front();
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        if (*verb.argument != '\0') {
            sub->add_option("set", flags.name, verb.run == importSet ? "Data file" : "Name of a set")->required()->option_text(verb.argument);
        }
        if (verb.run == addPrompt) {
            sub->add_option("--prompt", flags.prompt, "What is asked")->option_text("TEXT");
            sub->add_option("--system", flags.system, "The system's words before it")->option_text("TEXT");
            sub->add_option("--reference", flags.reference, "The right answer, where it is known")->option_text("TEXT");
        } else if (verb.run == removeFrom) {
            sub->add_option("--row", flags.row, "This prompt alone, from 1")->check(CLI::PositiveNumber)->option_text("N");
        }
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const Flags& flags, Context& context)
{
    return inProject(flags.project, flags.verb->writes ? ProjectUse::Write : ProjectUse::Look, "prompts", context,
                     [&](const std::shared_ptr<store::Project>& project) { return flags.verb->run(flags, *project, context); });
}

} // namespace
} // namespace prompts_command

Command promptsCommand()
{
    return command<prompts_command::Flags>("prompts", "Prompts that a project keeps under a name, for Compare and evaluations: list, show, add, import, remove",
                                           "luthier prompts --project ~/tunes\n"
                                           "luthier prompts add first --prompt \"What is a rabbet?\" --project ~/tunes\n"
                                           "luthier prompts import questions.jsonl --project ~/tunes\n"
                                           "luthier compare --model MODEL --adapter A --prompts ~/tunes/prompts/first.jsonl",
                                           prompts_command::setup, prompts_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
