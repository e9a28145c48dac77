// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/tune_facts.h"

#include "core/hub/installed_models.h"
#include "core/store/run_rows.h"

#include <QCoreApplication>
#include <QFileInfo>

namespace luthier::ui {

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

SourceFacts readSourceFacts(store::Project* project, const QString& path, const base::CancelToken& cancel)
{
    SourceFacts facts;
    facts.path = path;
    const auto file = project == nullptr ? Result<train::RunFile>(train::RunFile{path.toStdString()})
                                         : store::runFile(*project, {path.toStdString()});
    const auto dataset = file ? file->open({}, cancel) : Result<std::shared_ptr<data::Dataset>>(file.error());
    if (!dataset) {
        facts.problem = QString::fromStdString(dataset.message());
        return facts;
    }
    facts.rows = (*dataset)->rowCount();
    facts.format = QString::fromStdString((*dataset)->format().label);
    return facts;
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
