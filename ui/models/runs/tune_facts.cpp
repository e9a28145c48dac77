// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/tune_facts.h"

#include "core/data/dataset.h"
#include "core/hub/installed_models.h"
#include "core/peft/lora_settings.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <array>

namespace luthier::ui {
namespace {

struct Projection {
    const char* name;
    std::int64_t (*in)(const nn::DecoderConfig&);
    std::int64_t (*out)(const nn::DecoderConfig&);
};

constexpr std::array kProjections{
    Projection{"q_proj", [](const nn::DecoderConfig& c) { return c.hidden; }, [](const nn::DecoderConfig& c) { return c.heads * c.headDim; }},
    Projection{"k_proj", [](const nn::DecoderConfig& c) { return c.hidden; }, [](const nn::DecoderConfig& c) { return c.kvHeads * c.headDim; }},
    Projection{"v_proj", [](const nn::DecoderConfig& c) { return c.hidden; }, [](const nn::DecoderConfig& c) { return c.kvHeads * c.headDim; }},
    Projection{"o_proj", [](const nn::DecoderConfig& c) { return c.heads * c.headDim; }, [](const nn::DecoderConfig& c) { return c.hidden; }},
    Projection{"gate_proj", [](const nn::DecoderConfig& c) { return c.hidden; }, [](const nn::DecoderConfig& c) { return c.intermediate; }},
    Projection{"up_proj", [](const nn::DecoderConfig& c) { return c.hidden; }, [](const nn::DecoderConfig& c) { return c.intermediate; }},
    Projection{"down_proj", [](const nn::DecoderConfig& c) { return c.intermediate; }, [](const nn::DecoderConfig& c) { return c.hidden; }},
};

} // namespace

ModelFacts readModelFacts(const QString& folder)
{
    ModelFacts facts;
    facts.folder = folder;
    const hub::InstalledModel model = hub::readInstalledModel(folder.toStdString(), hub::ModelSource::Added);
    facts.name = QString::fromStdString(model.name);
    if (!model.problem.empty()) {
        facts.problem = QString::fromStdString(model.problem);
        return facts;
    }
    facts.config = model.config;
    facts.weightBytes = model.weightBytes;
    if (facts.weightBytes == 0) {
        facts.problem = QCoreApplication::translate("TuneFacts", "%1 holds no weights (*.safetensors). Choose a folder with weights, "
                                                                 "or start from random ones.").arg(folder);
    }
    return facts;
}

SourceFacts readSourceFacts(const QString& path, const QString& format, const std::vector<std::string>& columns,
                            const base::CancelToken& cancel)
{
    SourceFacts facts;
    facts.path = path;
    data::OpenOptions options;
    options.format = format.toStdString();
    options.columns = columns;
    options.cancel = cancel;
    const auto dataset = data::Dataset::open(path.toStdString(), std::move(options));
    if (!dataset) {
        facts.problem = QString::fromStdString(dataset.message());
        return facts;
    }
    facts.rows = (*dataset)->rowCount();
    facts.format = QString::fromStdString((*dataset)->format().label);
    return facts;
}

std::optional<std::int64_t> trainableParameters(const peft::MethodSettings& method, const nn::DecoderConfig& config)
{
    if (method.kind == "full") {
        return config.numParameters();
    }
    if (method.kind != "lora" && method.kind != "qlora") {
        return std::nullopt;
    }
    const auto& targets = method.of<peft::LoraSettings>().targetModules;
    const bool all = std::find(targets.begin(), targets.end(), "all-linear") != targets.end();
    std::int64_t count = 0;
    for (const Projection& projection : kProjections) {
        if (all || std::find(targets.begin(), targets.end(), projection.name) != targets.end()) {
            count += method.of<peft::LoraSettings>().rank * (projection.in(config) + projection.out(config)) * config.layers;
        }
    }
    return count == 0 ? std::nullopt : std::optional(count);
}

std::optional<double> secondsPerStep(const std::vector<store::RunRow>& runs, const config::RunConfig& config)
{
    for (const store::RunRow& run : runs) { // newest first
        const Result<config::RunConfig> other = config::fromJson(run.recipe);
        if (!other || run.step <= 0 || run.seconds <= 0 || other->model.path != config.model.path
            || other->method.kind != config.method.kind) {
            continue;
        }
        const auto rows = [](const config::RunConfig& c) { return static_cast<double>(c.run.batchSize * c.run.gradientAccumulation); };
        return run.seconds / static_cast<double>(run.step) * rows(config) / rows(*other);
    }
    return std::nullopt;
}

} // namespace luthier::ui
