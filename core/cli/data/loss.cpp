// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"
#include "core/data/checks/row_losses.h"
#include "core/inference/session.h"
#include "core/store/project.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace luthier::cli {

namespace loss_verb {
namespace {

struct Flags : DataFlags {
    std::string model;
    std::string chatTemplate = "folder";
    bool foldSystem = false;
    std::vector<std::string> adapters;
    std::string run;       // folder of a run
    std::int64_t runId = 0;
    std::string sort = "hardest";
    std::string only;      // never_learned or suspect; empty: all
    std::int64_t maxLength = 1024;
    std::int64_t first = 20;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Measure with this model")->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "And with this adapter: before and after")->allow_extra_args(false)->option_text("DIR");
    app.add_option("--run", flags.run, "As this run measured them (run.row_losses)")->option_text("DIR");
    app.add_option("--project", flags.project, "Keep them in this project, too")->option_text("DIR");
    app.add_option("--run-id", flags.runId, "As those of this run of the project")->check(CLI::NonNegativeNumber)->option_text("N");
    app.add_option("--sort", flags.sort, "hardest (usual) or row")->check(CLI::IsMember({"hardest", "row"}))->option_text("HOW");
    app.add_option("--only", flags.only, "never_learned, or suspect: its neighbours were learned")
        ->check(CLI::IsMember({"never_learned", "suspect"}))
        ->option_text("WHICH");
    addChatTemplate(app, flags.chatTemplate);
    addFoldSystem(app, flags.foldSystem);
    addMaxLength(app, flags.maxLength);
    addFirst(app, flags.first);
}

constexpr std::size_t kNeighbours = 10;

// Mean over the trained tokens; nothing when none is.
Result<std::optional<double>> lossOf(inference::Session& session, const data::EncodedExample& encoded, bool useAdapters)
{
    auto scores = session.score(encoded.ids(), useAdapters);
    if (!scores) {
        return scores.error();
    }
    double sum = 0;
    std::int64_t count = 0;
    for (std::size_t i = 1; i < scores->size(); ++i) {
        if (encoded.trained[i]) {
            sum -= (*scores)[i];
            ++count;
        }
    }
    return count > 0 && std::isfinite(sum) ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

// Without an adapter there is one model, which is what was before.
Result<std::vector<data::RowLoss>> measure(const data::Dataset& dataset, inference::Session& session, const Flags& flags, Context& context)
{
    std::vector<data::RowLoss> losses;
    for (std::int64_t row = 0; row < dataset.rowCount(); ++row) {
        if (context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        auto example = dataset.example(row);
        auto encoded = example ? session.encoder().encode(*example, {flags.maxLength, false}) : Result<data::EncodedExample>(example.error());
        if (!encoded || encoded->numTrained() == 0) {
            continue;
        }
        data::RowLoss loss{row, std::nullopt, std::nullopt, encoded->numTrained()};
        auto before = lossOf(session, *encoded, false);
        auto after = before && !flags.adapters.empty() ? lossOf(session, *encoded, true) : Result<std::optional<double>>(std::nullopt);
        if (!before || !after) {
            return before ? after.error() : before.error();
        }
        loss.before = *before;
        loss.after = *after;
        losses.push_back(loss);
        context.console.progress(dataset.path().string() + ": row " + counted(row + 1) + " of " + counted(dataset.rowCount()));
    }
    return losses;
}

// As a run measured them (run.row_losses).
Result<std::vector<data::RowLoss>> fromRun(const std::string& folder, const std::string& file)
{
    auto all = data::readRowLosses(folder);
    if (!all) {
        return all.error();
    }
    std::error_code code;
    const auto wanted = std::filesystem::weakly_canonical(file, code);
    for (auto& [path, rows] : *all) {
        if (std::filesystem::weakly_canonical(path, code) == wanted) {
            return std::move(rows);
        }
    }
    return Error{folder + ": this run measured no rows of " + file + "; set run.row_losses before a run, or measure with --model"};
}

struct Judged {
    std::vector<data::RowLoss> losses;
    std::vector<std::int64_t> never;
    std::vector<std::int64_t> suspect;
};

Result<Judged> judge(std::vector<data::RowLoss> losses, const data::Dataset& dataset, Context& context)
{
    Judged judged;
    judged.never = data::neverLearned(losses);
    if (!judged.never.empty()) {
        data::FeatureSettings settings;
        settings.promptsAlone = true;
        auto features = data::rowFeatures(dataset, settings, walkOptions(dataset.path().string() + ": likeness of row", context));
        auto near = features ? data::nearestNeighbours(*features, kNeighbours, settings.seed, walkOptions("neighbours of row", context))
                             : Result<data::Neighbours>(features.error());
        if (!near) {
            return near.error();
        }
        judged.suspect = data::suspectLabels(losses, *features, *near);
    }
    judged.losses = std::move(losses);
    return judged;
}

bool has(const std::vector<std::int64_t>& rows, std::int64_t row)
{
    return std::binary_search(rows.begin(), rows.end(), row);
}

Json numberOrNull(const std::optional<double>& value)
{
    return value ? Json(*value) : Json();
}

void show(const Judged& judged, const data::Dataset& dataset, const Flags& flags, Context& context)
{
    const auto ordered = flags.sort == "row" ? judged.losses : data::hardestFirst(judged.losses);
    const auto text = [](const std::optional<double>& value) { return value ? fixed(*value, 4) : std::string("-"); };
    Table table({{"row", false, true}, {"before", false, true}, {"after", false, true}, {""}, {"prompt", true}});
    std::int64_t shown = 0;
    for (const data::RowLoss& loss : ordered) {
        const bool never = has(judged.never, loss.row);
        const bool suspect = has(judged.suspect, loss.row);
        const bool wanted = flags.only.empty() || (flags.only == "never_learned" ? never : suspect);
        if (!wanted || (flags.first > 0 && shown == flags.first)) {
            continue;
        }
        ++shown;
        if (context.console.isJson()) {
            context.console.line({{"row", loss.row + 1}, {"before", numberOrNull(loss.before)}, {"after", numberOrNull(loss.after)},
                                  {"tokens", loss.tokens}, {"never_learned", never}, {"suspect", suspect}});
        } else {
            auto example = dataset.example(loss.row);
            table.add({std::to_string(loss.row + 1), text(loss.before), text(loss.after),
                       suspect ? "suspect" : never ? "never learned" : "", example ? cutTo(data::promptOf(*example), 120) : ""});
        }
    }
    if (!context.console.isJson()) {
        context.console.text(table.toText(context.console.width()));
    }
}

Result<void> lossesOfFile(const std::string& file, inference::Session* session, const Flags& flags, Context& context)
{
    auto dataset = openData(file, flags, context);
    if (!dataset) {
        return dataset.error();
    }
    auto losses = session ? measure(**dataset, *session, flags, context) : fromRun(flags.run, file);
    if (losses && !flags.project.empty()) {
        auto project = store::Project::open(flags.project);
        auto saved = project ? (*project)->saveRowLosses(flags.runId, file, *losses) : Result<void>(project.error());
        if (!saved) {
            return saved;
        }
    }
    auto judged = losses ? judge(std::move(*losses), **dataset, context) : Result<Judged>(losses.error());
    context.console.endProgress();
    if (!judged) {
        return judged.error();
    }
    show(*judged, **dataset, flags, context);
    return {};
}

int run(const Flags& flags, Context& context)
{
    if (flags.model.empty() == flags.run.empty()) {
        context.console.error("give --model to measure, or --run with the folder of a run that measured");
        return kWrongUsage;
    }
    std::shared_ptr<inference::Session> session;
    if (!flags.model.empty()) {
        auto opened = inference::Session::open({flags.model, adaptersOf(flags.adapters), context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(),
                                               flags.chatTemplate, {}, flags.foldSystem});
        if (!opened) {
            return context.fail(opened.message());
        }
        session = std::move(*opened);
    }
    for (const auto& file : flags.files) {
        if (auto done = lossesOfFile(file, session.get(), flags, context); !done) {
            return context.fail(done.message());
        }
    }
    return kDone;
}

} // namespace
} // namespace loss_verb

Command lossVerb()
{
    return withTensors(dataVerb("loss", "What each row costs a model, before and after tuning", loss_verb::setup, loss_verb::run));
}

} // namespace luthier::cli
