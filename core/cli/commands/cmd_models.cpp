// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/models_hub.h"
#include "core/cli/table.h"
#include "core/hub/hub_settings.h"
#include "core/hub/installed_models.h"
#include "core/text/templates/chat_template.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/weights/model_folder.h"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace models_command {
namespace {

struct Flags {
    std::string verb = "list";
    std::string project;
    std::string model; // show, download, delete
    std::vector<std::string> words;
    std::string gguf;
    int limit = 20;
    bool sure = false;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Also list the models of this project folder")
        ->envname("LUTHIER_PROJECT")
        ->option_text("DIR");
    app.require_subcommand(0, 1);
    const auto verb = [&](const char* name, const char* summary) {
        CLI::App* sub = app.add_subcommand(name, summary);
        sub->group("Commands");
        sub->parse_complete_callback([&flags, name] { flags.verb = name; });
        return sub;
    };
    verb("list", "Models on this machine: bundled, your own, the project's, the hub cache's");
    auto* show = verb("show", "Sizes, precision and files of one model");
    show->add_option("model", flags.model, "Model folder, .gguf file, or a name of the list")->required()->option_text("MODEL");
    auto* search = verb("search", "Models on the hub that write text, most downloaded first");
    search->add_option("words", flags.words, "Words of the name")->required()->option_text("WORDS");
    search->add_option("--limit", flags.limit, "At most so many")->check(CLI::Range(1, 1000))->option_text("N");
    auto* download = verb("download", "Download what is needed of a model; a cut download goes on");
    download->add_option("model", flags.model, "org/name, or org/name@revision")->required()->option_text("NAME");
    download->add_option("--file", flags.gguf, "Take the GGUF file whose name holds this")->option_text("PART");
    auto* remove = verb("delete", "Delete a downloaded model from the hub cache");
    remove->add_option("model", flags.model, "org/name")->required()->option_text("NAME");
    remove->add_flag("--yes", flags.sure, "Do not ask");
}

hub::ModelPlaces placesOf(const Flags& flags)
{
    return {flags.project, hub::hubCacheFolder(), {}};
}

Json configJson(const nn::DecoderConfig& config)
{
    return {{"family", config.family},
            {"parameters", config.numParameters()},
            {"layers", config.layers},
            {"hidden", config.hidden},
            {"heads", config.heads},
            {"kv_heads", config.kvHeads},
            {"head_size", config.headDim},
            {"intermediate", config.intermediate},
            {"vocabulary", config.vocab},
            {"positions", config.maxPositions},
            {"tied_head", config.tiedHead},
            {"dtype", config.dtype}};
}

int listModels(const Flags& flags, Context& context)
{
    Table table({{"model"}, {"family"}, {"parameters", false, true}, {"weights", false, true}, {"folder", true}});
    for (const hub::InstalledModel& model : hub::installedModels(placesOf(flags))) {
        const bool good = model.problem.empty();
        if (context.console.isJson()) {
            Json line = {{"name", model.name},
                         {"path", model.path.string()},
                         {"source", hub::sourceName(model.source)},
                         {"license", model.license.empty() ? Json() : Json(model.license)},
                         {"weight_bytes", model.weightBytes}};
            line.update(good ? configJson(model.config) : Json{{"error", model.problem}});
            context.console.line(line);
        }
        table.add({model.name, good ? model.config.family : model.problem,
                   good ? counted(model.config.numParameters()) : "-",
                   model.weightBytes > 0 ? byteSize(static_cast<double>(model.weightBytes)) : "none yet",
                   model.path.string()});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No models on this machine."
                                             : table.toText(context.console.width()));
    }
    return kDone;
}

int showModel(const Flags& flags, Context& context)
{
    const auto found = hub::findModel(flags.model, placesOf(flags));
    if (!found) {
        return context.fail(found.message());
    }
    const fs::path& folder = *found;
    auto config = nn::readDecoderConfig(folder);
    if (!config) {
        return context.fail(hub::readInstalledModel(folder, hub::ModelSource::Added).problem); // says what lies there instead
    }
    Json object
        = {{"name", hub::modelNameOf(fs::absolute(folder).lexically_normal())}, {"path", folder.string()}};
    object.update(configJson(*config));
    const auto model = hub::readInstalledModel(folder, hub::ModelSource::Added);
    object["weight_bytes"] = model.weightBytes;
    object["license"] = model.license.empty() ? Json() : Json(model.license);
    auto opened = weights::ModelFolder::open(folder);
    object["weights"]
        = opened ? Json(std::to_string(opened->tensors().size()) + " tensors") : Json(opened.message());
    if (opened) {
        auto fingerprint = opened->fingerprint();
        object["fingerprint"] = fingerprint ? Json(*fingerprint) : Json();
    }
    auto tokenizer = text::loadTokenizer(folder);
    object["tokenizer"] = tokenizer ? (*tokenizer)->kind() : tokenizer.message();
    object["chat_template"] = text::ChatTemplate::load(folder).ok();
    if (context.console.isJson()) {
        context.console.line(object);
        return kDone;
    }
    Table table({{"model"}, {object["name"].get<std::string>(), true}});
    for (const auto& [key, value] : object.items()) {
        if (key == "parameters" || key == "weight_bytes") {
            table.add({key, counted(value.get<std::int64_t>())});
        } else if (key != "name") {
            table.add({key, value.is_string() ? value.get<std::string>() : base::dumpJson(value)});
        }
    }
    context.console.text(table.toText(context.console.width()));
    return kDone;
}

int run(const Flags& flags, Context& context)
{
    if (flags.verb == "search") {
        std::string words;
        for (const std::string& word : flags.words) {
            words += (words.empty() ? "" : " ") + word;
        }
        return searchModels(words, flags.limit, context);
    }
    if (flags.verb == "download") {
        return downloadModel(flags.model, flags.gguf, context);
    }
    if (flags.verb == "delete") {
        return deleteModel(flags.model, flags.sure, placesOf(flags), context);
    }
    return flags.verb == "show" ? showModel(flags, context) : listModels(flags, context);
}

} // namespace
} // namespace models_command

Command modelsCommand()
{
    return command<models_command::Flags>("models", "Models on this machine and on the hub: list, search, download, show, delete",
                          "luthier models\nluthier models search smollm\nluthier models download org/name\nluthier models show org/name --json", models_command::setup, models_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
