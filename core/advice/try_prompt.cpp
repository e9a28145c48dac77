// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/advice/try_prompt.h"

#include "core/train/plan/run_plan.h"

#include <algorithm>

namespace luthier::advice {

namespace {

// The rows that the run would hold out, and the first training file without them.
Result<evaluation::EvalSets> setsOf(const config::RunConfig& config, const train::RunRows& rows, const PromptTrial& trial, const base::CancelToken& cancel)
{
    config::RunConfig plain = config;
    plain.objective.kind = "sft";
    const auto plan = train::planRun(plain, rows, {0, {}, [&] { return cancel.isCancelled(); }});
    if (!plan) {
        return plan.error();
    }
    const train::TrainingData& data = plan->rows.data;
    const auto& files = data.heldOutFiles.empty() ? data.files : data.heldOutFiles;
    const auto count = static_cast<std::int64_t>(data.heldOut.size());
    const std::int64_t wanted = trial.rows > 0 ? std::min(trial.rows, count) : count;
    evaluation::EvalRowReader reader({});
    for (std::int64_t i = 0; i < wanted; ++i) {
        const train::RowPlace place = data.heldOut.item(static_cast<std::size_t>(i * count / wanted)).place;
        reader.read(*files[static_cast<std::size_t>(place.file)], place.row, {});
    }
    auto taken = reader.take("the rows held out");
    if (!taken) {
        return taken.error();
    }
    evaluation::EvalSets sets;
    sets.rows = std::move(*taken);
    if (trial.shots > 0) {
        auto shown = rows.train.front().open({}, cancel);
        if (!shown) {
            return shown.error();
        }
        for (std::size_t i = 0; data.heldOutFiles.empty() && i < data.heldOut.size(); ++i) {
            if (const train::RowPlace place = data.heldOut.item(i).place; place.file == 0) {
                (*shown)->setExcluded(place.row, true);
            }
        }
        sets.shots = *shown;
    }
    return sets;
}

} // namespace

Result<evaluation::Evaluation> tryPrompting(const config::RunConfig& config, const train::RunRows& rows, const PromptTrial& trial,
                                            const evaluation::EvalTold& told, const base::CancelToken& cancel)
{
    if (rows.train.empty()) {
        return Error{"Choose at least one file to take examples from."};
    }
    evaluation::EvalRequest request;
    for (const std::string& id : trial.measures) {
        const auto metric = metrics::findMetric(id);
        if (!metric) {
            return metric.error();
        }
        request.metrics.push_back(*metric);
    }
    const auto sets = setsOf(config, rows, trial, cancel);
    if (!sets) {
        return sets.error();
    }
    evaluation::UsualSystems usual;
    usual.model = config.model.path;
    usual.system = trial.system;
    usual.shots = trial.shots;
    request.systems = evaluation::systemsOf(usual);
    request.data = rows.train.front().path;
    request.shotsFrom = request.data;
    request.sampling.maxNew = trial.maxNew;
    request.sampling.temperature = 0;
    request.device = config.model.device;
    request.dtype = config.model.dtype;
    request.chatTemplate = config.model.chatTemplate;
    return evaluation::evaluate(request, *sets, {}, told, cancel);
}

} // namespace luthier::advice
