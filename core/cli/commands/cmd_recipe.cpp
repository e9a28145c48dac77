// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/peft/methods/method.h"

#include <CLI/App.hpp>

#include <cmath>

namespace luthier::cli {

namespace {

struct Flags {
    bool list = false;
    std::string example;
};

void setup(CLI::App& app, Flags& flags)
{
    auto* list = app.add_flag("--list", flags.list,
                              "Every setting with its default, what is allowed and what it does");
    auto* example = app.add_option("--example", flags.example, "A complete recipe for this method")
                        ->option_text("METHOD");
    requireOne(app, {list, example});
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

int run(const Flags& flags, Context& context)
{
    return flags.list ? printList(context) : printExample(flags.example, context);
}

} // namespace

Command recipeCommand()
{
    return command<Flags>("recipe", "Settings of a recipe, and complete examples",
                          "luthier recipe --list\nluthier recipe --example lora > recipe.json", setup, run);
}

} // namespace luthier::cli
