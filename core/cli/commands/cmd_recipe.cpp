// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/peft/methods/method.h"
#include "core/recipes/foreign.h"

#include <CLI/App.hpp>

#include <cmath>

namespace luthier::cli {

namespace {

struct Flags {
    bool list = false;
    std::string example;
    std::string import;
    std::string from;
    std::string exportTo;
    std::string recipe;
    std::vector<std::string> diff;
    std::string out;
};

void setup(CLI::App& app, Flags& flags)
{
    auto* list = app.add_flag("--list", flags.list,
                              "Every setting with its default, what is allowed and what it does");
    auto* example = app.add_option("--example", flags.example, "A complete recipe for this method")
                        ->option_text("METHOD");
    auto* import = app.add_option("--import", flags.import, "Read a configuration of TRL, Axolotl, LLaMA-Factory or PEFT (YAML or JSON)")->option_text("FILE");
    app.add_option("--from", flags.from, "Whose it is: trl, axolotl, llamafactory, peft; usually its keys say so")->needs(import)->option_text("PROGRAM");
    auto* write = app.add_option("--export", flags.exportTo, "Write RECIPE for trl, axolotl or llamafactory")->option_text("PROGRAM");
    app.add_option("recipe", flags.recipe, "Recipe to export")->needs(write)->option_text("RECIPE.json");
    auto* diff = app.add_option("--diff", flags.diff, "Settings in which two recipes differ")->expected(2)->option_text("A.json B.json");
    app.add_option("-o,--out", flags.out, "File to write to; usually stdout")->option_text("FILE");
    requireOne(app, {list, example, import, write, diff});
}

const char* typeName(const fields::Value& value)
{
    static constexpr const char* names[] = {"bool", "integer", "number", "text", "list"};
    return names[value.index()];
}

Json settingJson(const config::Part& part, const fields::Field& field, const fields::Value& usual)
{
    Json choices = Json::array();
    for (const auto& choice : field.choices) {
        choices.push_back(choice.id);
    }
    const auto limit = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
    return {{"key", part.key + "." + field.key},
            {"part", part.key},
            {"label", field.label},
            {"type", typeName(usual)},
            {"default", fields::toJson(usual)},
            {"range",
             {{"low", limit(field.range.low)},
              {"high", limit(field.range.high)},
              {"low_open", field.range.lowOpen}}},
            {"choices", choices.empty() ? Json() : std::move(choices)},
            {"unit", field.unit},
            {"help", field.help}};
}

int printList(Context& context)
{
    config::RunConfig usual;
    Json settings = Json::array();
    Table table({{"setting"}, {"default"}, {"allowed", true}, {"what it does", true}});
    for (const config::Part& part : config::parts()) {
        for (const fields::Field& field : part.fields) {
            const auto value = field.get(part.object(usual));
            settings.push_back(settingJson(part, field, value));
            table.add({part.key + "." + field.key, fields::toText(value), fields::describeAllowed(field),
                       field.help});
        }
    }
    if (context.console.isJson()) {
        context.console.line({{"settings", std::move(settings)}});
    } else {
        context.console.text(table.toText(context.console.width()));
    }
    return kDone;
}

std::string methodNames()
{
    std::string names;
    for (const auto& method : peft::methods()) {
        names += (names.empty() ? "" : ", ") + method.id;
    }
    return names;
}

int printExample(const std::string& name, Context& context)
{
    const peft::Method* method = peft::findMethod(name);
    if (!method) {
        return context.fail("there is no method \"" + name + "\"; there are " + methodNames());
    }
    config::RunConfig config;
    config.method.kind = method->id;
    config.optimizer.learningRate = method->usualLearningRate;
    config.model.path = base::bundledModel().lexically_normal().string();
    config.data.train
        = {(base::datasetsFolder() / "workshop_instructions.jsonl").lexically_normal().string()};
    config.run.name = method->label;
    const auto recipe = config::toJson(config);
    context.console.text(base::dumpJson(recipe, context.console.isJson() ? -1 : 2));
    return kDone;
}

Json lostJson(const std::vector<recipes::Lost>& lost)
{
    Json list = Json::array();
    for (const recipes::Lost& one : lost) {
        list.push_back({{"key", one.key}, {"value", one.value}, {"why", one.why}});
    }
    return list;
}

void tellLost(const std::vector<recipes::Lost>& lost, const std::vector<std::string>& notes, Context& context)
{
    for (const recipes::Lost& one : lost) {
        context.console.note("not carried over: " + oneLine(one.key) + ": " + oneLine(one.value) + " - " + oneLine(one.why));
    }
    for (const std::string& note : notes) {
        context.console.note(oneLine(note));
    }
}

// The text to its file, or to stdout.
int put(const std::string& text, Json told, const Flags& flags, Context& context)
{
    if (!flags.out.empty()) {
        if (const auto written = base::writeFileAtomically(flags.out, text); !written) {
            return context.fail(written.message());
        }
        told["file"] = flags.out;
    }
    if (context.console.isJson()) {
        context.console.line(told);
    } else if (flags.out.empty()) {
        context.console.text(text);
    }
    return kDone;
}

int importRecipe(const Flags& flags, Context& context)
{
    const auto imported = recipes::readForeign(flags.import, flags.from);
    if (!imported) {
        return context.fail(imported.message());
    }
    tellLost(imported->lost, imported->notes, context);
    Json carried = Json::array();
    for (const recipes::Carried& one : imported->carried) {
        carried.push_back({{"key", one.theirs}, {"set", one.ours}});
    }
    const Json recipe = config::toJson(imported->config);
    return put(base::dumpJson(recipe, 2) + "\n",
               {{"program", imported->program}, {"carried", std::move(carried)}, {"lost", lostJson(imported->lost)}, {"notes", imported->notes}, {"recipe", recipe}}, flags, context);
}

int exportRecipe(const Flags& flags, Context& context)
{
    if (flags.recipe.empty()) {
        context.console.error("say which recipe: luthier recipe --export " + flags.exportTo + " RECIPE.json");
        return kWrongUsage;
    }
    const auto config = config::readRecipe(flags.recipe);
    const auto exported = config ? recipes::writeForeign(*config, flags.exportTo) : Result<recipes::Exported>(config.error());
    if (!exported) {
        return context.fail(exported.message());
    }
    tellLost(exported->lost, exported->notes, context);
    return put(exported->text, {{"program", flags.exportTo}, {"text", exported->text}, {"lost", lostJson(exported->lost)}, {"notes", exported->notes}}, flags, context);
}

int diffRecipes(const Flags& flags, Context& context)
{
    const auto left = config::readRecipe(flags.diff[0]);
    const auto right = left ? config::readRecipe(flags.diff[1]) : Result<config::RunConfig>(left.error());
    if (!right) {
        return context.fail(right.message());
    }
    Table table({{"setting"}, {flags.diff[0], true}, {flags.diff[1], true}});
    Json differences = Json::array();
    for (const auto& row : config::difference(*left, *right)) {
        differences.push_back({{"key", row.key}, {"left", row.left}, {"right", row.right}});
        table.add({row.key, row.left, row.right});
    }
    if (context.console.isJson()) {
        context.console.line({{"differences", std::move(differences)}});
    } else {
        context.console.text(table.isEmpty() ? "The recipes are equal." : table.toText(context.console.width()));
    }
    return kDone;
}

int run(const Flags& flags, Context& context)
{
    if (!flags.import.empty()) {
        return importRecipe(flags, context);
    }
    if (!flags.exportTo.empty()) {
        return exportRecipe(flags, context);
    }
    if (!flags.diff.empty()) {
        return diffRecipes(flags, context);
    }
    return flags.list ? printList(context) : printExample(flags.example, context);
}

} // namespace

Command recipeCommand()
{
    return command<Flags>("recipe", "Settings of a recipe, complete examples, and recipes of other programs",
                          "luthier recipe --list\nluthier recipe --example lora > recipe.json\n"
                          "luthier recipe --import axolotl.yaml -o recipe.json\nluthier recipe --export trl recipe.json -o config.yaml\n"
                          "luthier recipe --diff one.json other.json", setup, run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
