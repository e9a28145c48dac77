// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/number_json.h"
#include "core/base/paths.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/config/usual_rate.h"
#include "core/objectives/objectives.h"
#include "core/objectives/rollout_settings.h"
#include "core/peft/methods/method.h"
#include "core/recipes/foreign.h"
#include "core/recipes/presets.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <span>

namespace luthier::cli {

namespace recipe_command {
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
    bool presets = false;
    std::string preset;
    std::string savePreset;
    std::string removePreset;
    std::string project;
};

void setup(CLI::App& app, Flags& flags)
{
    auto* list = app.add_flag("--list", flags.list,
                              "Every setting with its default, what is allowed and what it does");
    auto* example = app.add_option("--example", flags.example, "A complete recipe for this method or objective: lora, full, dpo, grpo, ...")
                        ->option_text("METHOD|OBJECTIVE");
    auto* import = app.add_option("--import", flags.import, "Read a configuration of TRL, Axolotl, LLaMA-Factory or PEFT (YAML or JSON)")->option_text("FILE");
    app.add_option("--from", flags.from, "Whose it is: trl, axolotl, llamafactory, peft; usually its keys say so")->needs(import)->option_text("PROGRAM");
    auto* write = app.add_option("--export", flags.exportTo, "Write RECIPE for trl, axolotl or llamafactory")->option_text("PROGRAM");
    auto* presets = app.add_flag("--presets", flags.presets, "Settings that were saved by a name");
    auto* preset = app.add_option("--preset", flags.preset, "A preset as a recipe; with RECIPE, that recipe with the preset's way of training")->option_text("NAME");
    auto* save = app.add_option("--save-preset", flags.savePreset, "Save the way RECIPE trains by this name; its model, data and name stay out")->option_text("NAME");
    auto* remove = app.add_option("--remove-preset", flags.removePreset, "Forget a preset")->option_text("NAME");
    app.add_option("--project", flags.project, "Presets of this project folder, before one's own")->envname("LUTHIER_PROJECT")->option_text("DIR");
    auto* diff = app.add_option("--diff", flags.diff, "Settings in which two recipes differ; preset:NAME stands for a preset")->expected(2)->option_text("A.json B.json");
    app.add_option("recipe", flags.recipe, "Recipe to export, to save as a preset, or to give a preset to")->excludes(list)->excludes(example)->excludes(import)->excludes(diff)->excludes(presets)->excludes(remove)->option_text("RECIPE.json");
    app.add_option("-o,--out", flags.out, "File to write to; usually stdout")->option_text("FILE");
    requireOne(app, {list, example, import, write, diff, presets, preset, save, remove});
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
        if (choice.offered) {
            choices.push_back(choice.id);
        }
    }
    return {{"key", part.key + "." + field.key},
            {"part", part.key},
            {"label", field.label},
            {"type", typeName(usual)},
            {"default", fields::toJson(usual)},
            {"range",
             {{"low", base::numberJson(field.range.low)},
              {"high", base::numberJson(field.range.high)},
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

template <class Row>
std::string namesOf(std::span<const Row> rows)
{
    std::string names;
    for (const Row& row : rows) {
        names += (names.empty() ? "" : ", ") + row.id;
    }
    return names;
}

// The bundled file that an objective learns from, or what a person's own must hold.
struct ExampleData {
    const char* file = nullptr;
    const char* own = nullptr;
};

ExampleData exampleDataOf(const objectives::Objective& objective)
{
    const auto takes = [&](data::ExampleKind kind) { return std::find(objective.takes.begin(), objective.takes.end(), kind) != objective.takes.end(); };
    if (objective.labelled) {
        return {nullptr, R"(rows of {"text": "...", "label": "..."})"};
    }
    if (objective.mismatches) {
        return {nullptr, R"(rows of {"prompt": "...", "completion": "...", "label": true}, some true and some false)"};
    }
    if (objective.rollouts || (takes(data::ExampleKind::Preference) && !takes(data::ExampleKind::Conversation))) {
        return {"preferences.jsonl"};
    }
    return takes(data::ExampleKind::Conversation) ? ExampleData{"workshop_instructions.jsonl"} : ExampleData{"general_heldout.jsonl"};
}

int printExample(const Flags& flags, Context& context)
{
    const std::string& name = flags.example;
    config::RunConfig config;
    const peft::Method* method = peft::findMethod(name);
    const objectives::Objective* objective = objectives::findObjective(method ? config.objective.kind : name);
    if (!objective) {
        return context.fail("there is no method or objective \"" + name + "\"; there are the methods " + namesOf(peft::methods()) + " and the objectives "
                            + namesOf(objectives::objectives()));
    }
    config.method.kind = method ? method->id : config.method.kind;
    config.objective.kind = objective->id;
    config.optimizer.learningRate = config::usualRate(config.method.kind, objective->id);
    config.model.path = base::bundledModel().lexically_normal().string();
    const ExampleData data = exampleDataOf(*objective);
    config.data.train = {data.file ? (base::datasetsFolder() / data.file).lexically_normal().string() : std::string("rows.jsonl")};
    if (objective->rollouts) {
        config.objective.of<objectives::AnswerSettings>().rewards = {"length most=20 unit=words"};
        config.run.batchSize = 8;
    }
    config.run.name = method ? method->label : objective->label;
    if (data.own) {
        context.console.warning(std::string("Nothing that is bundled can be learned from this way: put ") + data.own + " into rows.jsonl beside the recipe, or name another file in data.train.");
    }
    const auto recipe = config::toJson(config);
    const std::string text = base::dumpJson(recipe, context.console.isJson() && flags.out.empty() ? -1 : 2);
    if (flags.out.empty()) {
        context.console.text(text);
        return kDone;
    }
    const auto written = base::writeFileAtomically(flags.out, text + "\n");
    return written ? kDone : context.fail(written.message());
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
        context.console.warning("not carried over: " + oneLine(one.key) + ": " + oneLine(one.value) + " - " + oneLine(one.why));
    }
    for (const std::string& note : notes) {
        context.console.warning(oneLine(note));
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

// A file, or "preset:NAME".
Result<config::RunConfig> recipeOf(const std::string& word, const Flags& flags)
{
    constexpr std::string_view kPreset = "preset:";
    return word.starts_with(kPreset) ? recipes::readPreset(word.substr(kPreset.size()), flags.project) : config::readRecipe(word);
}

int listPresets(const Flags& flags, Context& context)
{
    Table table({{"preset"}, {"of"}, {"file", true}});
    for (const recipes::Preset& preset : recipes::listPresets(flags.project)) {
        table.add({oneLine(preset.name), preset.isOfProject ? "project" : "yours", preset.file.string()});
        if (context.console.isJson()) {
            context.console.line({{"name", preset.name}, {"of", preset.isOfProject ? "project" : "person"}, {"file", preset.file.string()}});
        }
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No preset is saved yet: luthier recipe --save-preset NAME RECIPE.json" : table.toText(context.console.width()));
    }
    return kDone;
}

int showPreset(const Flags& flags, Context& context)
{
    auto preset = recipes::readPreset(flags.preset, flags.project);
    if (preset && !flags.recipe.empty()) {
        const auto config = config::readRecipe(flags.recipe);
        preset = config ? Result<config::RunConfig>(recipes::withPreset(*config, *preset)) : Result<config::RunConfig>(config.error());
    }
    if (!preset) {
        return context.fail(preset.message());
    }
    const Json recipe = config::toJson(*preset);
    return put(base::dumpJson(recipe, 2) + "\n", {{"preset", flags.preset}, {"recipe", recipe}}, flags, context);
}

int savePreset(const Flags& flags, Context& context)
{
    if (flags.recipe.empty()) {
        context.console.error("say which recipe: luthier recipe --save-preset \"" + flags.savePreset + "\" RECIPE.json");
        return kWrongUsage;
    }
    const auto config = config::readRecipe(flags.recipe);
    const auto saved = config ? recipes::savePreset(flags.project.empty() ? recipes::personalPresets() : recipes::presetsOf(flags.project), flags.savePreset, *config)
                              : Result<recipes::Preset>(config.error());
    if (!saved) {
        return context.fail(saved.message());
    }
    if (context.console.isJson()) {
        context.console.line({{"preset", saved->name}, {"file", saved->file.string()}});
    } else {
        context.console.text("Saved as " + saved->file.string());
    }
    return kDone;
}

int removePreset(const Flags& flags, Context& context)
{
    for (const recipes::Preset& preset : recipes::listPresets(flags.project)) {
        if (preset.name == flags.removePreset) {
            const auto done = recipes::removePreset(preset);
            if (done && context.console.isJson()) {
                context.console.line({{"removed", preset.name}, {"file", preset.file.string()}});
            }
            return done ? kDone : context.fail(done.message());
        }
    }
    return context.fail(recipes::readPreset(flags.removePreset, flags.project).message());
}

int diffRecipes(const Flags& flags, Context& context)
{
    const auto left = recipeOf(flags.diff[0], flags);
    const auto right = left ? recipeOf(flags.diff[1], flags) : Result<config::RunConfig>(left.error());
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
    if (flags.presets) {
        return listPresets(flags, context);
    }
    if (!flags.preset.empty()) {
        return showPreset(flags, context);
    }
    if (!flags.savePreset.empty()) {
        return savePreset(flags, context);
    }
    if (!flags.removePreset.empty()) {
        return removePreset(flags, context);
    }
    if (!flags.diff.empty()) {
        return diffRecipes(flags, context);
    }
    return flags.list ? printList(context) : printExample(flags, context);
}

} // namespace
} // namespace recipe_command

Command recipeCommand()
{
    return command<recipe_command::Flags>("recipe", "Settings of a recipe, complete examples, and recipes of other programs",
                          "luthier recipe --list\nluthier recipe --example lora > recipe.json\n"
                          "luthier recipe --import axolotl.yaml -o recipe.json\nluthier recipe --export trl recipe.json -o config.yaml\n"
                          "luthier recipe --save-preset careful recipe.json\nluthier recipe --preset careful other.json -o new.json\n"
                          "luthier recipe --diff one.json preset:careful", recipe_command::setup, recipe_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
