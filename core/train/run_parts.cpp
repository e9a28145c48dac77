// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_parts.h"

#include "core/base/disk_room.h"
#include "core/nn/batch/position_tables.h"
#include "core/nn/layer_shards.h"
#include "core/optim/merged_leaves.h"
#include "core/optim/optimizers.h"
#include "core/peft/folders/adapter_facts.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/train/answers/value_model.h"
#include "core/ranks/team.h"
#include "core/train/base_model.h"
#include "core/train/ranks/base_split.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/heads.h"
#include "core/train/plan/held_out_list.h"
#include "core/train/step/reference_pass.h"
#include "core/train/ranks/split_optimizer.h"
#include "core/train/ranks/state_buckets.h"
#include "core/train/plan/run_plan.h"
#include "core/train/ranks/ranked.h"
#include "core/train/run_batches.h"
#include "core/train/row_directions.h"
#include "core/train/start_point.h"
#include "core/weights/load.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::train {

namespace {

template <class Rows>
std::string idsOf(const Rows& table)
{
    std::string ids;
    for (const fields::Row& row : table) {
        ids += (ids.empty() ? "" : ", ") + row.id;
    }
    return ids;
}

std::int64_t longestOf(const ItemStore& items)
{
    std::int64_t longest = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        longest = std::max(longest, items.longest(i));
    }
    return longest;
}

// A model or adapter that judges already goes on from its head, where it is one for the same labels.
void continueScores(RunParts& parts)
{
    const nn::ScoreHead& known = parts.decoder->scoreHead();
    if (!parts.objective->judges || !known.exists()) {
        return;
    }
    at::Tensor& head = parts.heads.front().tensor;
    if (known.weight.sizes().equals(head.sizes()) && (known.labels.empty() || known.labels == parts.data.labels)) {
        const at::NoGradGuard noGrad;
        head.copy_(known.weight);
    } else {
        parts.warnings.push_back("The model's head judges by other labels than the data has, so a new one is begun.");
    }
}

class Assembly {
public:
    Assembly(const config::RunConfig& config, const RunInputs& inputs, StopControl& control, RunObserver& observer)
        : m_config(config), m_inputs(inputs), m_control(control), m_observer(observer)
    {
    }

    Result<std::unique_ptr<RunParts>> make();

private:
    base::Progress stage(const char* name);
    Result<const peft::Method*> findMethod() const;
    Result<const objectives::Objective*> findObjective() const;
    Result<void> loadModel(RunParts& parts);
    Result<void> loadData(RunParts& parts);
    Result<void> attach(RunParts& parts);
    Result<void> attachMethod(RunParts& parts);
    Result<void> findStart(RunParts& parts);
    Result<void> makeReference(RunParts& parts);
    Result<void> makeValueAdapters(RunParts& parts);
    Result<void> continueValues(RunParts& parts) const;
    // `shards` null: all of it.
    Result<std::shared_ptr<nn::Decoder>> loadDecoder(RunParts& parts, const base::Progress& progress, std::shared_ptr<nn::LayerShards> shards) const;

    const config::RunConfig& m_config;
    const RunInputs& m_inputs;
    StopControl& m_control;
    RunObserver& m_observer;
    std::shared_ptr<const peft::InputDirections> m_directions; // null: the method begins without
};

base::Progress Assembly::stage(const char* name)
{
    m_observer.onEvent(StageChanged{name, 0, 0});
    return [this, name](std::int64_t done, std::int64_t total) {
        m_observer.onEvent(StageChanged{name, done, total});
    };
}

Result<const peft::Method*> Assembly::findMethod() const
{
    if (const auto* method = peft::findMethod(m_config.method.kind)) {
        return method;
    }
    return Error{"method.kind: there is no method \"" + m_config.method.kind + "\"; there are " + idsOf(peft::methods())};
}

Result<const objectives::Objective*> Assembly::findObjective() const
{
    return m_inputs.objective ? m_inputs.objective : objectives::needObjective(m_config.objective.kind);
}

Result<void> Assembly::loadModel(RunParts& parts)
{
    const auto progress = stage("loading");
    auto encoder = readEncoder(m_config);
    if (!encoder) {
        return encoder.error();
    }
    parts.encoder = std::move(*encoder);
    const auto split = chooseSplit(m_config, m_inputs.team.get());
    if (!split) {
        return split.error();
    }
    if (!split->sentence.empty()) {
        parts.warnings.push_back(split->sentence);
    }
    auto decoder = loadDecoder(parts, progress, split->isSplit ? std::make_shared<nn::LayerShards>(*m_inputs.team, parts.placement.device) : nullptr);
    if (!decoder) {
        return decoder.error();
    }
    parts.decoder = std::move(*decoder);
    return {};
}

Result<std::shared_ptr<nn::Decoder>> Assembly::loadDecoder(RunParts& parts, const base::Progress& progress, std::shared_ptr<nn::LayerShards> shards) const
{
    const auto& where = parts.placement;
    if (m_config.model.fromScratch) {
        auto model = nn::readDecoderConfig(m_config.model.path);
        if (!model) {
            return model.error();
        }
        auto decoder = std::make_shared<nn::Decoder>(*model, where.device, where.dtype, std::nullopt, shards);
        decoder->initialise(static_cast<std::uint64_t>(m_config.run.seed));
        return decoder;
    }
    auto folder = weights::ModelFolder::open(m_config.model.path);
    if (!folder) {
        return folder.error();
    }
    const auto held = quantisationOf(m_config, *parts.method);
    auto decoder = weights::loadDecoder(*folder, where.device, where.dtype, progress, held, shards);
    if (!decoder) {
        return decoder.error();
    }
    parts.quantisation = folder->config().storedAs.empty() ? held : std::nullopt;
    if (!folder->quantisation().empty() && !parts.decoder) {
        parts.warnings.push_back("The base is stored as " + folder->quantisation() + " and was dequantised: what is trained "
                                 "fits these rounded weights, and less exactly the model they were made from.");
    }
    return std::move(*decoder);
}

Result<void> Assembly::loadData(RunParts& parts)
{
    const PlanControl control{parts.threads, stage("encoding"), [this] { return m_control.stopRequested(); }, nullptr, parts.objective};
    const RunRows rows = m_inputs.rows ? *m_inputs.rows : runRows(m_config.data);
    auto planned = planRows(m_config, rows, {parts.decoder->config(), parts.encoder}, control);
    if (!planned) {
        return planned.error();
    }
    parts.data = std::move(planned->data);
    if (!parts.objective->rollouts) { // what is left of them is encoded
        parts.data.files.clear();
        parts.data.heldOutFiles.clear();
    }
    parts.plan = std::make_unique<BatchPlan>(parts.data.train, planned->batches);
    parts.totalSteps = planned->steps;
    parts.referencePlan = planned->reference;
    parts.warnings.insert(parts.warnings.end(), planned->warnings.begin(), planned->warnings.end());
    if (parts.data.heldOutHashes.empty() || !leads(m_inputs) || (m_inputs.resume && hasHeldOutList(m_inputs.folder))) {
        return {}; // a resumed run keeps the list it began with
    }
    return writeHeldOutList(m_inputs.folder, parts.data.heldOutHashes);
}

Result<void> Assembly::attachMethod(RunParts& parts)
{
    peft::Start start(static_cast<std::uint64_t>(m_config.run.seed), m_config.model.path);
    start.directions = m_directions;
    return m_config.model.adapter.empty()
               ? parts.method->attach(*parts.decoder, m_config.method, start)
               : peft::continueAdapter(*parts.decoder, *parts.method, m_config.method, m_config.model.adapter);
}

// What the method begins with besides its settings, of the run's rows.
Result<void> Assembly::findStart(RunParts& parts)
{
    if (!peft::needsDirections(m_config.method) || !m_config.model.adapter.empty()) {
        return {};
    }
    const auto find = [&]() -> Result<void> {
        if (leads(m_inputs) && !hasDirections(m_inputs.folder)) {
            auto found = findDirections(m_config, m_inputs.folder, parts, stage("finding directions"), [this] { return m_control.stopRequested(); });
            if (!found) {
                return found;
            }
        }
        auto kept = keptDirections(m_config, m_inputs.folder);
        m_directions = kept ? *kept : nullptr;
        return kept ? Result<void>() : Result<void>(kept.error());
    };
    return firstThenOthers(m_inputs, find);
}

// From the base and the adapter that the run began with, also when it is resumed: never from a checkpoint.
Result<void> Assembly::makeReference(RunParts& parts)
{
    const ReferencePlan& plan = parts.referencePlan;
    auto identity = referenceIdentity(m_config, plan);
    if (!identity) {
        return identity.error();
    }
    parts.referenceIdentity = *identity;
    if (plan.kind == ReferenceKind::AdapterCopy) {
        if (auto attached = attachMethod(parts); !attached) {
            return attached;
        }
        parts.reference.adapters = std::make_shared<const nn::AdapterSet>(parts.decoder->takeAdapters());
    } else if (plan.kind == ReferenceKind::ModelCopy) {
        auto copy = loadDecoder(parts, stage("loading the reference"), nullptr); // all weights train, so nothing is split
        if (!copy) {
            return copy.error();
        }
        (*copy)->setBaseTrainable(false);
        (*copy)->reserve(parts.plan->settings().maxLength);
        parts.reference.model = std::move(*copy);
    }
    const auto ask = [&] {
        auto asked = computeReference(m_config, m_inputs.folder, parts, stage("asking the reference"), [this] { return m_control.stopRequested(); });
        if (leads(m_inputs)) {
            parts.decoder->awaitOthers();
        }
        return asked;
    };
    if (plan.once && !leads(m_inputs)) {
        parts.decoder->awaitOthers(); // rank 0 asks
    }
    return plan.once ? firstThenOthers(m_inputs, ask) : Result<void>();
}

// Like the policy's, over the same base, under names of their own; they go on from the values of the run that this one goes on from,
// or begin where the policy begins.
Result<void> Assembly::makeValueAdapters(RunParts& parts)
{
    const auto& plan = parts.objective->rollouts;
    if (!plan || !plan->ownValues || !plan->ownValues(m_config.objective)) {
        return {};
    }
    if (!parts.method->writesAdapter) {
        return Error{"objective.value_adapters: the method " + parts.method->id + " adds no adapters, so values cannot have some of their own; let them read what answers"};
    }
    const auto known = m_config.model.adapter.empty() ? std::filesystem::path() : valuesToGoOnFrom(m_config);
    auto attached = known.empty() ? attachMethod(parts)
                                  : peft::continueAdapter(*parts.decoder, *parts.method, m_config.method, known, {}, peft::AdapterUse::Values);
    if (!attached) {
        return attached;
    }
    for (nn::NamedTensor& leaf : parts.method->trainable(*parts.decoder)) {
        parts.valueLeaves.push_back({"value." + leaf.name, leaf.tensor});
    }
    parts.reference.values = std::make_shared<const nn::AdapterSet>(parts.decoder->takeAdapters());
    return {};
}

Result<void> Assembly::continueValues(RunParts& parts) const
{
    if (!hasValues(*parts.objective)) {
        return {};
    }
    const auto known = valuesToGoOnFrom(m_config);
    std::error_code code;
    if (known.empty() && std::filesystem::is_directory(m_inputs.folder / kStartFolder / peft::kValueFolder, code)) {
        parts.warnings.push_back("The adapter that the run starts from was folded into its base, and its values read the adapter: new values are begun.");
    }
    return known.empty() ? Result<void>() : continueValueHead(parts, known);
}

Result<void> Assembly::attach(RunParts& parts)
{
    const auto seed = static_cast<std::uint64_t>(m_config.run.seed);
    auto attached = findStart(parts);
    attached = attached ? makeReference(parts) : std::move(attached);
    attached = attached ? makeValueAdapters(parts) : std::move(attached);
    attached = attached ? attachMethod(parts) : std::move(attached);
    if (!attached) {
        return attached;
    }
    if (m_config.model.frozenDtype == "fp8") {
        if (auto held = parts.decoder->multiplyInFp8(); !held) {
            return Error{"model.frozen_dtype: " + held.message()};
        }
        constexpr std::int64_t kNarrow = 1280; // 0.5B, 896 wide: 131,000 tokens a second against 144,000
        if (parts.decoder->config().hidden < kNarrow) {
            parts.warnings.push_back("The model is " + std::to_string(parts.decoder->config().hidden)
                                     + " wide: below 1,280 products in FP8 are slower than in bf16; model.frozen_dtype auto is faster.");
        }
    }
    parts.leaves = parts.method->trainable(*parts.decoder);
    parts.leaves.insert(parts.leaves.end(), parts.valueLeaves.begin(), parts.valueLeaves.end());
    if (parts.objective->heads) {
        auto wanted = parts.objective->heads(m_config.objective, parts.decoder->config().hidden);
        for (objectives::Head& head : wanted) {
            std::replace(head.sizes.begin(), head.sizes.end(), std::int64_t{0}, static_cast<std::int64_t>(parts.data.labels.size()));
        }
        parts.heads = makeHeads(wanted, seed, parts.placement.device);
        continueScores(parts);
        if (auto known = continueValues(parts); !known) {
            return known;
        }
        parts.leaves.insert(parts.leaves.end(), parts.heads.begin(), parts.heads.end());
    }
    const auto* kind = optim::findOptimizer(m_config.optimizer.kind);
    if (!kind) {
        return Error{"optimizer.kind: there is no optimizer \"" + m_config.optimizer.kind + "\"; there are "
                     + idsOf(optim::optimizers())};
    }
    if (m_inputs.team && splitsState(m_config, m_inputs.team->size(), parts.trainableParameters())) {
        auto split = std::make_unique<SplitOptimizer>(*m_inputs.team, parts.leaves, *kind, m_config.optimizer, kBucket);
        parts.split = split.get();
        parts.optimizer = std::move(split);
    } else {
        parts.optimizer = kind->make(parts.leaves, m_config.optimizer, optim::kPageElements);
    }
    optim::splitMerged(*parts.optimizer, *parts.decoder, parts.leaves);
    if (parts.optimizer->isPaged() && m_config.optimizer.paging == "auto") {
        parts.warnings.push_back("The card has no room for the optimizer's state, so its "
                                 + base::bytesText(static_cast<std::uint64_t>(parts.optimizer->pagedBytes())) + " stay in host memory.");
    }
    parts.decoder->setActivationCheckpointing(m_config.run.activationCheckpointing, m_config.run.checkpointedLayers);
    const std::int64_t longest = std::max({longestOf(parts.data.train), longestOf(parts.data.heldOut), longestOf(parts.data.general)});
    const std::int64_t answer = parts.objective->rollouts ? parts.objective->rollouts->shape(m_config.objective).maxNew : 0;
    // Of mixed sequences it is known only where they are cut.
    parts.decoder->reserve(parts.objective->mismatches ? parts.plan->settings().maxLength
                                                       : std::min(longest + answer, nn::longestText(parts.decoder->config())));
    return {};
}

Result<std::unique_ptr<RunParts>> Assembly::make()
{
    auto method = findMethod();
    if (!method) {
        return method.error();
    }
    auto objective = findObjective();
    if (!objective) {
        return objective.error();
    }
    nn::setThreads(m_config.run.threads);
    auto placement = nn::choosePlacement(m_config.model.device, m_config.model.dtype);
    if (!placement) {
        return placement.error();
    }
    auto parts = std::make_unique<RunParts>(std::move(*placement));
    parts->method = *method;
    parts->objective = *objective;
    parts->threads = at::get_num_threads();
    for (const auto step : {&Assembly::loadModel, &Assembly::loadData, &Assembly::attach}) {
        if (m_control.stopRequested()) {
            return Error{"cancelled"};
        }
        if (auto done = (this->*step)(*parts); !done) {
            return done.error();
        }
    }
    return parts;
}

} // namespace

std::unique_ptr<BatchSource> sourceOf(const RunParts& parts, BatchCursor start, Share share)
{
    return std::make_unique<BatchFeed>(parts.data.train, *parts.plan, start, formOf(parts), share);
}

std::int64_t RunParts::trainableParameters() const
{
    std::int64_t count = 0;
    for (const auto& leaf : leaves) {
        count += leaf.tensor.numel();
    }
    return count;
}

std::optional<quant::Quantisation> quantisationOf(const config::RunConfig& config, const peft::Method& method)
{
    const std::string& wanted = config.model.quantization;
    const auto* table = quant::findCodeTable(wanted == "auto" ? method.quantization : wanted);
    return table ? std::optional(quant::Quantisation{table->kind, config.model.doubleQuantization}) : std::nullopt;
}

Result<std::unique_ptr<RunParts>> makeParts(const config::RunConfig& config, const RunInputs& inputs,
                                            StopControl& control, RunObserver& observer)
{
    return Assembly(config, inputs, control, observer).make();
}

} // namespace luthier::train
