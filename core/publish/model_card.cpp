// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/model_card.h"

#include "core/base/files.h"
#include "core/config/run_config.h"
#include "core/evaluation/past.h"
#include "core/metrics/number_text.h"

#include <algorithm>

namespace luthier::publish {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCard = "README.md";

// A text as a YAML value: a JSON string is one.
std::string quoted(const std::string& text)
{
    return base::dumpJson(Json(text));
}

// A foreign text inside a Markdown table.
std::string cell(std::string text)
{
    for (std::size_t at = text.find_first_of("|\n\r"); at != std::string::npos; at = text.find_first_of("|\n\r", at + 2)) {
        text.replace(at, 1, text[at] == '|' ? "\\|" : "  ");
    }
    return text;
}

// A sentence without the folders of this machine: of a path the last name stays.
std::string withoutFolders(const std::string& text)
{
    constexpr std::string_view kEnds = " \t\n,;:()\"'`";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const bool isPath = text[at] == '/' && (at == 0 || kEnds.find(text[at - 1]) != std::string_view::npos);
        const std::size_t end = isPath ? std::min(text.find_first_of(kEnds, at), text.size()) : at + 1;
        const std::string part = text.substr(at, end - at);
        const fs::path path(part);
        out += !isPath ? part : (path.has_filename() ? path : path.parent_path()).filename().string();
        at = end;
    }
    return out;
}

std::string fileName(const Json& path)
{
    return path.is_string() ? fs::path(path.get<std::string>()).filename().string() : std::string();
}

std::string valueText(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : base::dumpJson(value);
}

// The run's folder holds the adapter and the recipe; its project the evaluations.
Json recipeOf(const fs::path& adapter)
{
    std::error_code code;
    const fs::path recipe = fs::absolute(adapter, code).lexically_normal().parent_path() / "recipe.json";
    auto read = fs::exists(recipe, code) ? base::readJson(recipe) : Result<Json>(Json());
    return read ? *read : Json();
}

Json evaluationOf(const fs::path& adapter)
{
    std::error_code code;
    const fs::path whole = fs::absolute(adapter, code).lexically_normal();
    return evaluation::newestEvaluationOf(whole.parent_path().parent_path().parent_path() / "evaluations", whole); // <project>/runs/<id>/adapter
}

std::string frontMatter(const CardFacts& facts)
{
    std::string text = "---\nbase_model: " + quoted(facts.base) + "\n" + (facts.isAdapter ? "base_model_relation: adapter\nlibrary_name: peft\n" : "base_model_relation: finetune\nlibrary_name: transformers\n")
                       + "pipeline_tag: text-generation\ntags:\n- luthier\n";
    if (facts.recipe.is_object() && facts.recipe.value("method", Json()).is_object()) {
        text += "- " + quoted(facts.recipe["method"].value("kind", std::string("lora"))) + "\n";
    }
    return text + "---\n\n";
}

std::string trainingText(const Json& recipe)
{
    if (!recipe.is_object()) {
        return "Not known: the adapter does not lie in the folder of the run that made it.\n";
    }
    std::string text;
    const Json data = recipe.value("data", Json::object());
    for (const char* key : {"train", "held_out"}) {
        for (const Json& file : data.value(key, Json::array())) {
            text += std::string("- ") + (std::string_view(key) == "train" ? "trained on" : "held out") + ": `" + cell(fileName(file)) + "`\n";
        }
    }
    // What differs from the usual; paths of this machine stay here.
    const Json usual = config::toJson(config::RunConfig{});
    text += "\n| setting | value |\n| --- | --- |\n";
    for (const auto& [part, settings] : recipe.items()) {
        if (!settings.is_object()) {
            continue;
        }
        for (const auto& [key, value] : settings.items()) {
            const Json others = usual.value(part, Json::object());
            const bool isPath = key == "path" || key == "adapter" || key == "train" || key == "held_out";
            if (!isPath && !(others.contains(key) && others[key] == value)) {
                text += "| " + cell(part + "." + key) + " | " + cell(withoutFolders(valueText(value))) + " |\n";
            }
        }
    }
    return text + "\nEverything else as Luthier usually has it.\n";
}

// As tables have the metric; one of another version of the program with four digits.
std::string shown(const std::string& metric, const Json& value)
{
    const auto known = metrics::findMetric(metric);
    const metrics::Metric* row = known ? *known : metrics::metrics().data();
    return value.is_number() ? metrics::numberText(*row, value.get<double>()) : "-";
}

// What the base could do before, as the evaluation says it.
std::string forgettingText(const Json& evaluation)
{
    const Json general = evaluation.value("general", Json::object());
    const Json sentence = general.is_object() ? general.value("forgetting", Json()) : Json();
    return sentence.is_string() ? cell(withoutFolders(sentence.get<std::string>())) + "\n" : "What was forgotten was not measured: no general rows were asked beside these.\n";
}

std::string evaluationText(const Json& evaluation)
{
    if (!evaluation.is_object()) {
        return "Not measured: no evaluation of this result is kept.\n";
    }
    std::string text = cell(withoutFolders(evaluation.value("verdict", std::string()))) + "\n\n| metric |";
    std::string line = "\n| --- |";
    const Json systems = evaluation.value("systems", Json::object());
    for (const auto& [id, system] : systems.items()) {
        text += " " + cell(system.value("title", id)) + " (95 %) |";
        line += " --- |";
    }
    text += line + "\n";
    const Json metrics = evaluation.value("metrics", Json::object()); // items() of a temporary would outlive it
    for (const auto& [metric, unused] : metrics.items()) {
        text += "| " + metric + " |";
        for (const auto& [id, system] : systems.items()) {
            const Json value = system.value("metrics", Json::object()).value(metric, Json::object());
            text += " " + shown(metric, value.value("value", Json())) + " (" + shown(metric, value.value("low", Json())) + " to " + shown(metric, value.value("high", Json())) + ") |";
        }
        text += "\n";
    }
    return text + "\nOn " + valueText(evaluation.value("rows", Json(0))) + " rows that were not trained on.\n\n" + forgettingText(evaluation);
}

} // namespace

std::string modelName(const fs::path& model)
{
    constexpr std::string_view kCached = "models--";
    std::error_code code;
    const fs::path whole = fs::absolute(model, code).lexically_normal();
    for (const fs::path& part : whole) {
        std::string name = part.string();
        if (name.starts_with(kCached)) {
            name = name.substr(kCached.size());
            if (const auto dashes = name.find("--"); dashes != std::string::npos) {
                name.replace(dashes, 2, "/");
            }
            return name;
        }
    }
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

CardFacts cardFacts(const Source& source, bool isAdapter)
{
    CardFacts facts;
    facts.base = modelName(source.model);
    facts.isAdapter = isAdapter;
    if (source.adapters.size() == 1) { // of several the recipes differ
        facts.recipe = recipeOf(source.adapters.front().path);
        facts.evaluation = evaluationOf(source.adapters.front().path);
        facts.written = source.notesOf ? source.notesOf(source.adapters.front().path) : std::string();
    }
    return facts;
}

std::string modelCard(const CardFacts& facts)
{
    std::string text = frontMatter(facts) + "# " + cell(facts.name) + "\n\n" + (facts.isAdapter ? "An adapter for " : "Tuned from ") + "`" + cell(facts.base)
                       + "`, made with Luthier.\n\n## Training\n\n" + trainingText(facts.recipe) + "\n## Evaluation\n\n" + evaluationText(facts.evaluation)
                       + (facts.proof.empty() ? "" : "\n## These files\n\nOpened again after writing and held against the model that was tuned: " + cell(withoutFolders(facts.proof)) + "\n");
    for (const auto& note : facts.notes) {
        text += "\n" + cell(withoutFolders(note)) + "\n";
    }
    if (!facts.written.empty()) {
        text += "\n## Notes\n\n" + withoutFolders(facts.written) + "\n";
    }
    return text + "\n## To be filled in\n\nThe licence (the base's may bind this one), what it is meant for and what not, languages, who made it, and what the data are.\n";
}

Result<void> writeModelCard(const fs::path& folder, const CardFacts& facts)
{
    std::error_code code;
    return fs::exists(folder / kCard, code) ? Result<void>() : base::writeFileAtomically(folder / kCard, modelCard(facts));
}

} // namespace luthier::publish
