// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/publishing.h"

#include "core/base/number_json.h"
#include "core/cli/adapter_notes.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/run_project.h"
#include "core/data/dataset.h"
#include "core/peft/combine.h"
#include "core/peft/folders/score_facts.h"
#include "core/store/adapter_library.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <cmath>

namespace luthier::cli {

namespace {

constexpr std::size_t kMostRows = 64;
constexpr std::int64_t kLongest = 512; // tokens of a row

Result<publish::ProofTexts> textsOf(const std::string& path, const data::Encoder& encoder, bool judged)
{
    auto dataset = data::Dataset::open(path);
    if (!dataset) {
        return dataset.error();
    }
    publish::ProofTexts texts;
    for (std::int64_t i = 0; i < (*dataset)->rowCount() && texts.rows.size() < kMostRows; ++i) {
        if (const auto example = (*dataset)->example(i)) {
            publish::addProofTexts(texts, encoder, *example, kLongest, judged);
        }
    }
    if (texts.rows.empty()) {
        return Error{path + ": no row can be read by this model"};
    }
    texts.source = std::to_string(texts.rows.size()) + " rows of " + path;
    return texts;
}

Json toJson(const publish::Difference& difference)
{
    Json json{{"max_difference", base::numberJson(difference.largest)},
              {"mean_difference", base::numberJson(difference.mean)},
              {"greedy_agreement", difference.greedyAgreement},
              {"tokens", difference.tokens},
              {"of", difference.scores > 0 ? "scores" : "log_probabilities"}};
    if (difference.scores > 0) {
        json["scored_texts"] = difference.scores;
        json["spread"] = base::numberJson(difference.spread);
    }
    return json;
}

Json toJson(const publish::Published& result)
{
    Json files = Json::array();
    for (const publish::WrittenFile& file : result.files) {
        files.push_back({{"name", file.name}, {"bytes", file.bytes}});
    }
    Json proof = toJson(result.proof.difference);
    proof["texts"] = result.proof.texts;
    proof["limits"] = {{"max_difference", result.proof.limits.largest},
                       {"mean_difference", result.proof.limits.mean},
                       {"greedy_agreement", result.proof.limits.greedyAgreement}};
    proof["holds"] = result.proof.holds();
    proof["usual"] = result.proof.isUsual();
    proof["file"] = toJson(result.proof.file);
    Json value = {{"out", result.target.string()}, {"files", files}, {"proof", proof}};
    if (result.fromSum) {
        value["difference_from_sum"] = toJson(*result.fromSum);
    }
    if (result.sameTokens) {
        value["same_tokens"] = *result.sameTokens;
    }
    if (result.rank > 0) {
        value["rank"] = result.rank;
    }
    value["notes"] = result.notes;
    return value;
}

std::string percent(double share)
{
    return shortest(std::round(1000 * share) / 10) + " %";
}

} // namespace

void addPublishFlags(CLI::App& app, PublishFlags& flags, bool needsAdapter)
{
    std::string how = "Several adapters become one by:";
    for (const peft::Combination& row : peft::combinations()) {
        how += std::string(" ") + row.id + " (" + row.help + ");";
    }
    how.back() = '.';
    app.add_option("--model", flags.model, "The base that the adapters were trained on: a folder or a GGUF file")
        ->required()
        ->option_text("DIR");
    auto* adapters = app.add_option("--adapter", flags.adapters, "Adapter, DIR=0.7 to weigh it; may be repeated")
                         ->allow_extra_args(false)
                         ->option_text("DIR");
    if (needsAdapter) {
        adapters->required();
    }
    app.add_option("--how", flags.how, how)->option_text("sum");
    app.add_option("--rank", flags.rank, "Rank of svd's result; usual: the largest of the adapters'")->option_text("R");
    app.add_option("--data", flags.data, "Rows that the result is held against the live model on; usual: the run's held-out "
                                         "rows, else built-in texts")
        ->option_text("FILE");
    app.add_option("--project", flags.project, "Project with the edits and left-out rows of that run; found by itself for runs inside one")
        ->option_text("DIR");
    addChatTemplate(app, flags.chatTemplate);
    app.add_option("--out", flags.out, "Where to write; nothing is overwritten")->required()->option_text("PATH");
}

Result<publish::Source> sourceOf(const PublishFlags& flags, const Context& context)
{
    publish::Source source;
    source.model = flags.model;
    source.adapters = adaptersOf(flags.adapters);
    noteAdapters(source.adapters, context.console);
    source.how = flags.how;
    source.rank = flags.rank;
    source.chatTemplate = flags.chatTemplate;
    source.device = context.globals.deviceOrAuto();
    source.dtype = context.globals.dtype.empty() || context.globals.dtype == "auto" ? source.dtype : context.globals.dtype;
    source.rowsOf = [project = flags.project](const std::filesystem::path& runFolder, const config::RunConfig& config) {
        return rowsOfRun(runFolder, config, project);
    };
    source.notesOf = [project = flags.project](const std::filesystem::path& adapter) {
        const auto opened = lookInto(project.empty() ? projectAround(adapter.parent_path()) : std::filesystem::path(project));
        return opened && *opened ? store::notesAbout(**opened, adapter) : std::string();
    };
    if (!flags.data.empty()) {
        std::vector<std::filesystem::path> adapters;
        for (const inference::AdapterSpec& adapter : source.adapters) {
            adapters.push_back(adapter.path);
        }
        auto encoder = data::Encoder::load(flags.model, flags.chatTemplate, adapters);
        const bool judged = std::any_of(adapters.begin(), adapters.end(), [](const auto& adapter) {
            const auto facts = peft::readScoreFacts(adapter);
            return facts && facts->scores > 0;
        });
        auto texts = encoder ? textsOf(flags.data, *encoder, judged) : Result<publish::ProofTexts>(encoder.error());
        if (!texts) {
            return texts.error();
        }
        source.texts = std::move(*texts);
    }
    return source;
}

publish::Watch watchOf(Context& context)
{
    return {[&context](const std::string& stage, std::int64_t done, std::int64_t total) {
                const std::string share = total > 0 ? " " + std::to_string(100 * done / total) + " %" : std::string();
                context.console.progress(oneLine(stage) + share);
            },
            context.cancel};
}

int report(const Result<publish::Published>& published, Context& context)
{
    context.console.endProgress();
    if (!published) {
        return context.fail(published.message());
    }
    if (context.console.isJson()) {
        context.console.line(toJson(*published));
        return kDone;
    }
    std::int64_t bytes = 0;
    for (const publish::WrittenFile& file : published->files) {
        bytes += file.bytes;
        context.console.text("  " + file.name + "  " + byteSize(static_cast<double>(file.bytes)));
    }
    context.console.text("Written to " + published->target.string() + " (" + byteSize(static_cast<double>(bytes)) + ").");
    context.console.text("Opened again and compared: " + published->proof.sentence());
    if (published->rank > 0) {
        context.console.text("Rank " + counted(published->rank) + ".");
    }
    if (published->fromSum) {
        context.console.text("From the weighted sum of the updates it is off by " + fixed(published->fromSum->mean, 4)
                             + " on average and " + fixed(published->fromSum->largest, 4) + " at most; the same token comes first at "
                             + percent(published->fromSum->greedyAgreement) + ".");
    }
    if (published->sameTokens) {
        context.console.text("Its vocabulary cuts " + percent(*published->sameTokens) + " of the texts into the same tokens.");
    }
    for (const std::string& note : published->notes) {
        context.console.text("Note: " + note);
    }
    return kDone;
}

} // namespace luthier::cli
