// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"
#include "core/weights/model_folder.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <filesystem>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

struct Flags {
    std::string project;
    std::string folder; // show; empty: list
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Also list the models of this project folder")
        ->envname("LUTHIER_PROJECT")
        ->option_text("DIR");
    app.require_subcommand(0, 1);
    app.add_subcommand("list", "Models on this machine: bundled, your own, the project's")->group("Commands");
    auto* show = app.add_subcommand("show", "Sizes, precision and files of one model")->group("Commands");
    show->add_option("model", flags.folder, "Model folder")->required()->option_text("DIR");
}

std::vector<fs::path> modelFolders(const Flags& flags)
{
    std::vector<fs::path> places{base::resourcesFolder() / "models", base::userDataFolder() / "models"};
    if (!flags.project.empty()) {
        places.push_back(fs::path(flags.project) / "models");
    }
    std::vector<fs::path> folders;
    for (const auto& place : places) {
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(place, code)) {
            if (fs::exists(entry.path() / "config.json", code)) {
                folders.push_back(entry.path().lexically_normal());
            }
        }
    }
    std::sort(folders.begin(), folders.end());
    return folders;
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

std::int64_t weightBytes(const fs::path& folder)
{
    std::int64_t bytes = 0;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
        if (entry.path().extension() == ".safetensors") {
            const auto size = entry.file_size(code);
            bytes += code ? 0 : static_cast<std::int64_t>(size);
        }
    }
    return bytes;
}

int listModels(const Flags& flags, Context& context)
{
    Table table(
        {{"model"}, {"family"}, {"parameters", false, true}, {"weights", false, true}, {"folder", true}});
    for (const auto& folder : modelFolders(flags)) {
        auto config = nn::readDecoderConfig(folder);
        const auto bytes = weightBytes(folder);
        if (context.console.isJson()) {
            Json line
                = {{"name", folder.filename().string()}, {"path", folder.string()}, {"weight_bytes", bytes}};
            line.update(config ? configJson(*config) : Json{{"error", config.message()}});
            context.console.line(line);
        }
        table.add({folder.filename().string(), config ? config->family : config.message(),
                   config ? counted(config->numParameters()) : "-",
                   bytes > 0 ? byteSize(static_cast<double>(bytes)) : "none yet", folder.string()});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No models on this machine."
                                             : table.toText(context.console.width()));
    }
    return kDone;
}

int showModel(const fs::path& folder, Context& context)
{
    auto config = nn::readDecoderConfig(folder);
    if (!config) {
        return context.fail(config.message());
    }
    Json object
        = {{"name", fs::absolute(folder).lexically_normal().filename().string()}, {"path", folder.string()}};
    object.update(configJson(*config));
    object["weight_bytes"] = weightBytes(folder);
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
    return flags.folder.empty() ? listModels(flags, context) : showModel(flags.folder, context);
}

} // namespace

Command modelsCommand()
{
    return command<Flags>("models", "Models on this machine: list, show",
                          "luthier models\nluthier models show path/to/model --json", setup, run);
}

} // namespace luthier::cli
