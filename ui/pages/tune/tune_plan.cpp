// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_plan.h"

#include "core/config/usual_rate.h"
#include "core/objectives/objectives.h"
#include "core/peft/methods/lora_settings.h"
#include "core/store/run_rows.h"
#include "ui/base/amounts.h"
#include "ui/models/data/token_tiles.h"
#include "ui/models/runs/tune_facts.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace luthier::ui {
namespace {

constexpr std::size_t kMostSamples = 24;
constexpr double kMostScale = 4; // of a LoRA update; twice is usual

QString said(const char* sentence)
{
    return QCoreApplication::translate("TunePlan", sentence);
}

// The mask is the run's own: which tokens of the item are targets. A prompt ends where the model goes on.
void takeMask(data::EncodedExample& encoded, std::span<const std::int32_t> stored)
{
    const std::size_t length = std::min(stored.size(), encoded.tokens.size());
    for (std::size_t i = 0; i < length; ++i) {
        if (encoded.tokens[i].id != train::TokenStore::idOf(stored[i])) {
            return; // put together in another way, as windows are
        }
    }
    encoded.tokens.resize(length);
    encoded.trained.resize(length);
    for (std::size_t i = 0; i < length; ++i) {
        encoded.trained[i] = train::TokenStore::isTarget(stored[i]) ? 1 : 0;
    }
}

void takeSamples(TunePlan& plan, const train::RunPlan& made, const config::RunConfig& config)
{
    const std::size_t rows = made.rows.data.train.size();
    const std::size_t count = std::min(rows, kMostSamples);
    const auto* objective = objectives::findObjective(config.objective.kind);
    const bool judges = objective != nullptr && objective->judges;
    bool hasPairs = false;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = count < 2 ? 0 : i * (rows - 1) / (count - 1);
        const train::RowPlace& place = made.rows.data.train.item(at).place;
        const data::Dataset& dataset = *made.rows.data.files[place.file];
        const auto example = dataset.example(place.row);
        if (!example) {
            continue;
        }
        const train::Item& item = made.rows.data.train.item(at);
        hasPairs |= example->kind == data::ExampleKind::Preference;
        const bool isPair = example->kind == data::ExampleKind::Preference && item.count == 2;
        for (std::size_t side = 0; side < (isPair ? 2u : 1u); ++side) {
            data::Example text = *example;
            if (side == 1) {
                std::swap(text.chosen, text.rejected);
            }
            auto encoded = made.model.encoder.encode(text, made.rows.encoding);
            if (!encoded) {
                continue;
            }
            takeMask(*encoded, made.rows.data.train.sequences().row(item.first + side));
            TuneSample sample{tilesOf(*encoded, *made.model.encoder.tokenizer), QString::fromStdString(encoded->text), place.row + 1,
                              QFileInfo(QString::fromStdString(dataset.path().string())).fileName()};
            sample.isRejected = side == 1;
            sample.use = made.rows.rollouts ? TuneSample::Use::Answered : judges ? TuneSample::Use::Judged : isPair ? TuneSample::Use::Compared : TuneSample::Use::Learned;
            plan.samples.push_back(std::move(sample));
        }
    }
    if (hasPairs && config.objective.kind == "sft") {
        plan.remarks += said(QT_TRANSLATE_NOOP("TunePlan", "The rows are pairs of answers. Learned this way only the chosen ones count and \u201crejected\u201d is dropped; "
                                                           "an objective for preferences learns from both."));
    }
}

void takeRemarks(TunePlan& plan, const config::RunConfig& config)
{
    if (config.method.kind != "lora" && config.method.kind != "qlora") {
        return;
    }
    const auto& lora = config.method.of<peft::LoraSettings>();
    const double scale = lora.alpha / (lora.useRslora ? std::sqrt(static_cast<double>(lora.rank)) : static_cast<double>(lora.rank));
    if (scale > kMostScale) {
        plan.remarks += said(QT_TRANSLATE_NOOP("TunePlan", "Alpha %1 over rank %2 counts the update %3 times, where twice is usual: lower alpha with the rank, or the loss may jump."))
                            .arg(QLocale().toString(lora.alpha), number(lora.rank), QLocale().toString(scale, 'g', 3));
    }
}

// What it is compared with and why, and a rate that is far from what method and objective usually have.
void takeReasons(TunePlan& plan, const train::RunPlan& made, const config::RunConfig& config)
{
    constexpr double kFar = 10;
    if (!made.rows.reference.why.empty()) {
        plan.remarks += QString::fromStdString(made.rows.reference.why);
    }
    const double usual = config::usualRate(config.method.kind, config.objective.kind);
    if (config.optimizer.learningRate > usual * kFar || config.optimizer.learningRate < usual / kFar) {
        plan.remarks += said(QT_TRANSLATE_NOOP("TunePlan", "The learning rate is %1; with this method and objective it is usually %2."))
                            .arg(QLocale().toString(config.optimizer.learningRate, 'g', 3), QLocale().toString(usual, 'g', 3));
    }
}

// What the plan itself warns of; what is not read has a place of its own.
void takeWarnings(TunePlan& plan, const train::RunPlan& made)
{
    std::vector<std::string> unread;
    for (const train::UnreadOfFile& file : made.rows.data.unread) {
        const std::string name = QFileInfo(QString::fromStdString(file.path)).fileName().toStdString();
        for (const std::string& sentence : file.report.sentences(false)) {
            unread.push_back(name + ": " + sentence);
        }
    }
    for (const std::string& warning : made.rows.warnings) {
        if (std::find(unread.begin(), unread.end(), warning) == unread.end()) {
            plan.remarks += QString::fromStdString(warning);
        }
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
        for (const std::string& sentence : file.report.sentences(false)) {
            //: file, sentence
            plan.unread += QCoreApplication::translate("TunePlan", "%1: %2").arg(name, QString::fromStdString(sentence));
        }
    }
    plan.firstBroken = QString::fromStdString(data.firstBroken);
    plan.steps = made.rows.steps;
    plan.examplesOfStep = made.rows.batches.batchSize * made.rows.batches.accumulation;
    for (std::size_t i = 0; i < data.train.size(); ++i) {
        plan.tokensOfEpoch += data.train.length(i);
    }
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

// Memory and disk, by what is planned.
void takeNeeds(TunePlan& plan, const train::RunPlan& made, const config::RunConfig& config, const store::Project* project)
{
    if (auto memory = train::memoryOf(config, made)) {
        plan.memory = std::move(*memory);
    }
    if (project != nullptr) {
        const std::filesystem::path runs = project->folder() / "runs";
        plan.resultFolder = QString::fromStdString(runs.string());
        plan.disk = train::diskPlan(config, *made.size, made.rows.steps, runs);
    }
}

} // namespace

TunePlan planTune(const config::RunConfig& config, store::Project* project, train::PlanCache& cache, const JobControl& control,
                  const std::vector<std::string>& devices)
{
    TunePlan plan;
    takeRemarks(plan, config);
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
    takeSamples(plan, *made, config);
    takeSize(plan, made->size ? Result<train::MethodSize>(*made->size) : Result<train::MethodSize>(Error{made->sizeProblem}));
    plan.makesAnswers = made->rows.rollouts.has_value();
    takeWarnings(plan, *made);
    takeReasons(plan, *made, config);
    if (made->size) {
        takeNeeds(plan, *made, config, project);
        if (!devices.empty()) {
            if (auto ranks = train::planRanks(config, *made, devices)) {
                plan.ranks = std::move(*ranks);
            }
        }
    }
    if (project != nullptr) {
        if (const auto runs = project->runs()) {
            plan.secondsPerStep = secondsPerStep(*runs, config);
        }
    }
    return plan;
}

} // namespace luthier::ui
