// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/cli/runs/measure_columns.h"
#include "core/cli/table.h"
#include "core/store/adapter_library.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace adapters_command {
namespace {

struct Flags {
    std::string verb = "list";
    std::string project;
    std::string path;
    std::string model;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.require_subcommand(0, 1);
    const auto verb = [&](const char* name, const char* summary) {
        CLI::App* sub = app.add_subcommand(name, summary);
        sub->group("Commands");
        sub->parse_complete_callback([&flags, name] { flags.verb = name; });
        return sub;
    };
    verb("list", "Adapters of the project: its runs', and imported ones");
    auto* show = verb("show", "What an adapter says of itself");
    show->add_option("adapter", flags.path, "Folder or GGUF file")->required()->option_text("ADAPTER");
    show->add_option("--model", flags.model, "Also say whether it fits this model")->option_text("DIR");
    verb("import", "Copy an adapter into the project")->add_option("adapter", flags.path, "Folder or GGUF file")->required()->option_text("ADAPTER");
    verb("delete", "Move an adapter to the project's trash")->add_option("adapter", flags.path, "Its path in the project")->required()->option_text("ADAPTER");
}

Json toJson(const peft::AdapterFacts& facts)
{
    const auto orNull = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    return {{"path", facts.path.string()},
            {"method", orNull(facts.method)},
            {"details", facts.details},
            {"base", orNull(facts.baseName)},
            {"base_fingerprint", orNull(facts.baseFingerprint)},
            {"origin", orNull(facts.origin)},
            {"parameters", facts.parameters},
            {"bytes", facts.bytes},
            {"problem", orNull(facts.problem)}};
}

Json toJson(const store::LibraryAdapter& adapter)
{
    Json line = {{"name", adapter.name}, {"run", adapter.run > 0 ? Json(adapter.run) : Json()}};
    line.update(toJson(adapter.facts));
    line["trained_on"] = adapter.trainedOn;
    const auto orNull = [](const std::optional<double>& value) { return value ? measures::numberJson(*value) : Json(); };
    line["held_out_before"] = orNull(adapter.measures.heldOutBefore());
    line["held_out"] = orNull(adapter.measures.heldOut());
    line["measures"] = measures::toJson(adapter.measures);
    line["notes"] = adapter.notes;
    line["exports"] = Json::array();
    for (const store::AdapterExport& one : adapter.exports) {
        line["exports"].push_back({{"out", one.target.string()}, {"kind", one.kind}, {"type", one.type}, {"bytes", one.bytes}, {"proof", one.proof}, {"made", one.made}});
    }
    return line;
}

int listAll(store::Project& project, Context& context)
{
    auto all = store::adapters(project);
    if (!all) {
        return context.fail(all.message());
    }
    std::vector<const measures::Summaries*> measuredAll;
    for (const store::LibraryAdapter& adapter : *all) {
        measuredAll.push_back(&adapter.measures);
    }
    const MeasureColumns measured(measuredAll);
    std::vector<Column> columns{{"adapter"}, {"method"}, {"size", false, true}, {"held-out", false, true}};
    measured.addTo(columns);
    columns.insert(columns.end(), {{"trained on", true}, {"base", true}, {"path", true}});
    Table table(columns);
    for (const store::LibraryAdapter& adapter : *all) {
        if (context.console.isJson()) {
            context.console.line(toJson(adapter));
        }
        const auto heldOut = adapter.measures.heldOut();
        std::vector<std::string> cells{adapter.name, adapter.facts.problem.empty() ? adapter.facts.method : "broken",
                                       byteSize(static_cast<double>(adapter.facts.bytes)), heldOut ? fixed(*heldOut, 4) : "-"};
        measured.addTo(cells, adapter.measures);
        cells.insert(cells.end(), {adapter.trainedOn.empty() ? "-" : adapter.trainedOn, adapter.facts.baseName, adapter.facts.path.string()});
        table.add(std::move(cells));
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No adapters yet: luthier tune makes one, luthier adapters import takes one in."
                                             : table.toText(context.console.width()));
    }
    return kDone;
}

int show(const Flags& flags, Context& context)
{
    if (!peft::isAdapter(flags.path)) {
        return context.fail(flags.path + ": this is no adapter; choose a folder with adapter_config.json, or a GGUF adapter");
    }
    const auto facts = peft::readAdapterFacts(flags.path);
    Json line = toJson(facts);
    if (!flags.model.empty()) {
        const auto fits = peft::checkParent(facts, flags.model);
        line["fits"] = fits.ok();
        line["refusal"] = fits ? Json() : Json(fits.message());
        if (!fits && !context.console.isJson()) {
            return context.fail(fits.message());
        }
    }
    if (context.console.isJson()) {
        context.console.line(line);
        return kDone;
    }
    Table table({{"adapter"}, {facts.path.filename().string(), true}});
    for (const auto& [key, value] : line.items()) {
        const bool isCount = key == "parameters" || key == "bytes";
        table.add({key, isCount ? counted(value.get<std::int64_t>()) : value.is_string() ? value.get<std::string>() : base::dumpJson(value)});
    }
    context.console.text(table.toText(context.console.width()));
    return kDone;
}

int importOne(const Flags& flags, store::Project& project, Context& context)
{
    const auto path = store::importAdapter(project, flags.path);
    return path ? context.done({{"path", path->string()}}, "Imported as " + path->string()) : context.fail(path.message());
}

int deleteOne(const Flags& flags, store::Project& project, Context& context)
{
    const auto done = store::deleteAdapter(project, flags.path);
    return done ? context.done({{"deleted", flags.path}}, "In the project's trash: " + flags.path) : context.fail(done.message());
}

int run(const Flags& flags, Context& context)
{
    if (flags.verb == "show") {
        return show(flags, context);
    }
    const ProjectUse use = flags.verb == "list" ? ProjectUse::Look : flags.verb == "import" ? ProjectUse::Make : ProjectUse::Write;
    return inProject(flags.project, use, "adapters", context, [&](const std::shared_ptr<store::Project>& project) {
        return flags.verb == "import" ? importOne(flags, *project, context) : flags.verb == "delete" ? deleteOne(flags, *project, context) : listAll(*project, context);
    });
}

} // namespace
} // namespace adapters_command

Command adaptersCommand()
{
    return command<adapters_command::Flags>("adapters", "Adapters of a project: list, show, import, delete",
                          "luthier adapters --project ~/tunes\nluthier adapters show runs/first/adapter --model MODEL\n"
                          "luthier adapters import some/adapter --project ~/tunes --json",
                          adapters_command::setup, adapters_command::run);
}

} // namespace luthier::cli
