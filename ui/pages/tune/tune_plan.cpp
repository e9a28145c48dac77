// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_plan.h"

#include "core/store/run_rows.h"
#include "ui/models/data/token_tiles.h"
#include "ui/models/runs/tune_facts.h"

#include <QCoreApplication>
#include <QFileInfo>

namespace luthier::ui {
namespace {

// The first row to learn from.
void takeSample(TunePlan& plan, const train::RunPlan& made, const config::RunConfig& config)
{
    const train::RowPlace& place = made.rows.data.train.item(0).place;
    const data::Dataset& dataset = *made.rows.data.files[place.file];
    const auto example = dataset.example(place.row);
    const auto encoded = example ? made.model.encoder.encode(*example, made.rows.encoding)
                                 : Result<data::EncodedExample>(example.error());
    if (encoded) {
        plan.sample = tilesOf(*encoded, *made.model.encoder.tokenizer);
        plan.sampleText = QString::fromStdString(encoded->text);
        plan.sampleRow = place.row + 1;
        plan.sampleFile = QFileInfo(QString::fromStdString(dataset.path().string())).fileName();
    }
}

void takeRows(TunePlan& plan, const train::RunPlan& made, bool isUnreadSaid)
{
    const train::TrainingData& data = made.rows.data;
    plan.trainRows = static_cast<std::int64_t>(data.train.size());
    plan.heldOutRows = static_cast<std::int64_t>(data.heldOut.size());
    plan.nothingToLearn = data.nothingToLearn;
    plan.cut = data.truncated;
    plan.broken = data.broken;
    plan.excluded = data.excluded;
    for (const train::UnreadOfFile& file : isUnreadSaid ? data.unread : std::vector<train::UnreadOfFile>()) {
        const QString name = QFileInfo(QString::fromStdString(file.path)).fileName();
        for (const std::string& sentence : file.report.sentences()) {
            //: file, sentence
            plan.unread += QCoreApplication::translate("TunePlan", "%1: %2").arg(name, QString::fromStdString(sentence));
        }
    }
    plan.firstBroken = QString::fromStdString(data.firstBroken);
    plan.steps = made.rows.steps;
    plan.largest = made.largest;
    plan.isPacked = made.rows.isPacked();
}

void takeSize(TunePlan& plan, const Result<train::MethodSize>& size)
{
    if (size) {
        plan.size = *size;
    } else {
        plan.sizeProblem = QString::fromStdString(size.message());
    }
}

} // namespace

TunePlan planTune(const config::RunConfig& config, store::Project* project, train::PlanCache& cache, const JobControl& control)
{
    TunePlan plan;
    if (config.model.path.empty() || config.data.train.empty()) {
        plan.problem = config.model.path.empty() ? QCoreApplication::translate("TunePlan", "Choose a model to start from.")
                                                 : QCoreApplication::translate("TunePlan", "Choose at least one file to learn from.");
        return plan;
    }
    const train::PlanControl planning{0, control.progress, [&] { return control.cancel.isCancelled(); }, &cache};
    const auto rows = store::runRows(project, config.data);
    const auto made = rows ? train::planRun(config, *rows, planning) : Result<train::RunPlan>(rows.error());
    if (!made) {
        plan.problem = QString::fromStdString(made.message());
        takeSize(plan, train::methodSize(config)); // what trains depends on no row
        return plan;
    }
    takeRows(plan, *made, config.data.unread != "ignore");
    takeSample(plan, *made, config);
    takeSize(plan, made->size ? Result<train::MethodSize>(*made->size) : Result<train::MethodSize>(Error{made->sizeProblem}));
    if (project != nullptr) {
        if (const auto runs = project->runs()) {
            plan.secondsPerStep = secondsPerStep(*runs, config);
        }
    }
    return plan;
}

} // namespace luthier::ui
