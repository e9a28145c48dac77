// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/request.h"

#include "core/base/amount.h"
#include "core/base/files.h"
#include "core/base/hash.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace luthier::evaluation {

namespace fs = std::filesystem;

namespace {

fs::path whole(const fs::path& path)
{
    return path.empty() ? path : fs::absolute(path).lexically_normal();
}

std::string weightText(double weight)
{
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), weight);
    return {buffer.data(), end.ptr};
}

Json adapterList(const std::vector<inference::AdapterSpec>& adapters)
{
    Json list = Json::array();
    for (const auto& adapter : adapters) { // as it can be found from anywhere
        list.push_back(whole(adapter.path).string() + (adapter.weight == 1 ? "" : "=" + weightText(adapter.weight)));
    }
    return list;
}

std::string hashOf(const std::vector<EvalRow>& rows)
{
    std::string content;
    for (const auto& row : rows) {
        Json line{row.row, data::toJson(row.prompt), row.references, row.tools, row.templateVariables};
        if (!row.choices.empty()) {
            line.push_back(row.choices);
        }
        if (!row.lastWords.empty()) {
            line.push_back(row.lastWords);
        }
        content += base::dumpJson(line) + "\n";
    }
    return base::sha256(content);
}

Result<Json> adapterHashes(const std::vector<EvalSystem>& systems)
{
    Json hashes = Json::object();
    for (const auto& system : systems) {
        for (const auto& adapter : system.adapters) {
            const fs::path weights = adapter.path / "adapter_model.safetensors";
            std::error_code code;
            if (hashes.contains(whole(adapter.path).string()) || !fs::exists(weights, code)) {
                continue;
            }
            const auto hash = base::sha256OfFile(weights);
            if (!hash) {
                return hash.error();
            }
            hashes[whole(adapter.path).string()] = *hash;
        }
    }
    return hashes;
}

} // namespace

std::vector<EvalSystem> systemsOf(const UsualSystems& usual)
{
    const bool isTuned = usual.isTuned();
    const fs::path untuned = usual.base.empty() ? usual.model : usual.base;
    std::vector<EvalSystem> systems{{kBase, isTuned ? "base" : "model", untuned}};
    if (usual.isPrompted()) {
        systems.push_back({kPrompted, isTuned ? "base with a prompt" : "model with a prompt", untuned, {}, usual.system, usual.shots});
    }
    if (isTuned) {
        systems.push_back({kTuned, "tuned", usual.model, usual.adapters});
    }
    return systems;
}

Result<void> leaveOutUnmeasurable(const EvalRequest& request, EvalSets& sets)
{
    const auto whyNot = [&](const EvalRow& row) {
        metrics::ScoredRow answered{"", row.references, metrics::Likelihood{}, 1.0, {}, 0.0}; // what a model adds is there by then
        if (!row.choices.empty()) {
            answered.choices = metrics::ChoiceScores{};
        }
        if (!row.lastWords.empty()) {
            answered.cloze = metrics::ClozeScore{};
        }
        for (const metrics::Metric* metric : request.metrics) {
            if (std::string why = metrics::missingFor(*metric, answered); !why.empty()) {
                return why;
            }
        }
        return std::string();
    };
    std::vector<EvalRow> kept;
    for (EvalRow& row : sets.rows.rows) {
        std::string why = whyNot(row);
        if (why.empty()) {
            kept.push_back(std::move(row));
        } else {
            sets.rows.skipped.push_back({row.row, std::move(why)});
        }
    }
    sets.rows.rows = std::move(kept);
    if (!sets.rows.rows.empty()) {
        return {};
    }
    const SkippedRow& first = sets.rows.skipped.back();
    return Error{request.data.string() + ": no row can be measured; row " + std::to_string(first.row) + ": " + first.why};
}

std::string sentenceOf(const TrainedOn& trained, std::size_t asked)
{
    return base::counted(static_cast<std::int64_t>(trained.rows.size())) + " of " + base::amount(asked, "row") + std::string(base::oneOrMany(trained.rows.size(), " was", " were")) + " trained on by "
           + trained.name + " (the first is row " + std::to_string(trained.rows.front()) + "): how it answers there says what it remembers, not whether tuning helped. Take rows that it did not learn from.";
}

Result<AnsweringSettings> answeringOf(const EvalRequest& request, const std::vector<EvalRow>& rows)
{
    AnsweringSettings settings;
    settings.sampling = request.sampling;
    settings.batch = request.batch;
    settings.isChat = request.isChat;
    const auto needs = [](unsigned need) { return [need](const metrics::Metric* metric) { return (metric->needs & need) != 0; }; };
    settings.likelihood = std::any_of(request.metrics.begin(), request.metrics.end(), needs(metrics::kLikelihood));
    settings.answers = !std::all_of(request.metrics.begin(), request.metrics.end(), needs(metrics::kLikelihood | metrics::kChoices | metrics::kCloze));
    if (request.byLikelihood || request.bothWays) {
        settings.labels = labelsIn(rows);
        settings.labelsBeside = request.bothWays;
        if (settings.labels.size() < 2) {
            return Error{request.data.string() + ": the references are no labels (2 to 30 different ones), so the likeliest of them cannot be the answer; "
                         + "let answers be written (without --by-likelihood and --both-ways)"};
        }
    }
    return settings;
}

Result<Json> askedOf(const EvalRequest& request, const EvalSets& sets, const AnsweringSettings& settings)
{
    Json systems = Json::array();
    for (const auto& system : request.systems) {
        systems.push_back({{"id", system.id},
                           {"title", system.title},
                           {"model", whole(system.model).string()},
                           {"adapters", adapterList(system.adapters)},
                           {"system", system.system},
                           {"shots", system.shots}});
        if (system.step >= 0) {
            systems.back()["step"] = system.step;
        }
    }
    auto hashes = adapterHashes(request.systems);
    if (!hashes) {
        return hashes.error();
    }
    Json asked{{"systems", std::move(systems)},
               {"adapters_sha256", std::move(*hashes)},
               {"data", whole(request.data).string()},
               {"rows", sets.rows.rows.size()},
               {"rows_sha256", hashOf(sets.rows.rows)},
               {"shots_from", whole(request.shotsFrom).string()},
               {"shot_choice", request.shotChoice == ShotChoice::Nearest ? "nearest" : "diverse"},
               {"chat_template", request.chatTemplate}};
    if (request.shotChoice == ShotChoice::ByHand) {
        asked["shot_choice"] = "by hand";
        asked["shot_rows"] = request.shotRows;
    }
    if (request.foldSystem) {
        asked["fold_system"] = true;
    }
    for (const GeneralSet& set : sets.general) {
        asked["general"].push_back({{"data", whole(set.path).string()}, {"rows", set.rows.rows.size()}, {"rows_sha256", hashOf(set.rows.rows)}});
    }
    if (!request.rewardModel.empty()) {
        asked["reward_model"] = whole(request.rewardModel).string();
    }
    asked.update(toJson(settings));
    return asked;
}

fs::path folderFor(const fs::path& evaluations, const Json& asked)
{
    std::error_code code;
    for (int i = 1;; ++i) {
        const fs::path folder = evaluations / std::to_string(i);
        const auto before = base::readJson(folder / "asked.json");
        if (!fs::exists(folder, code) || (before && *before == asked)) {
            return folder;
        }
    }
}

} // namespace luthier::evaluation
