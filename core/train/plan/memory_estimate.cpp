// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/memory_estimate.h"

#include "core/nn/device.h"
#include "core/nn/free_memory.h"
#include "core/nn/kernels/lanes.h"
#include "core/nn/kernels/shelf.h"
#include "core/objectives/objectives.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/method.h"
#include "core/train/failure.h"
#include "core/train/start_point.h"
#include "core/train/step/small_training.h"
#include "core/train/ranks/state_buckets.h"

#include <c10/core/ScalarType.h>

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kFloat = 4;
constexpr std::size_t kToldChanges = 3;
// On a host, where the peak is of resident memory. `luthier bench memory` shows both beside what is measured; its forty recipes gave
// these numbers: threads and libraries; how many times what a layer's backward pass needs stays with the allocator, which keeps
// what it was given back; bytes that an input under dropout leaves, of which its mask is one; how much of a later pass's gradients lies where
// layers that the backward pass has left kept what they needed.
constexpr std::int64_t kHostBytes = std::int64_t{28} << 20;
constexpr double kHostBackward = 2.2;
constexpr std::int64_t kHostDropped = 4;
constexpr double kHostReused = 0.2;
// On a card: workspaces that cuBLAS takes and keeps, of its handle on the stream of training, of that on the stream that records, of
// the lane beside it, and of cuBLASLt; as large as PyTorch makes them on compute capability 9 (8 MiB on older ones, where this counts
// too much). The backward pass has a thread and a handle of its own, which takes as much for each lane when the first updates' gradients
// are made.
constexpr std::int64_t kCardWorkspace = std::int64_t{32} << 20;
constexpr std::int64_t kCardWorkspaces = 4 * kCardWorkspace;
// As logit_blocks.cpp cuts the rows of a loss.
constexpr std::int64_t kCpuLogits = std::int64_t{48} << 20;
constexpr std::int64_t kGpuLogits = std::int64_t{1} << 30;
constexpr std::int64_t kLeastRows = 64;
constexpr std::int64_t kMostRows = 8192;

// What one pass is made of. N tokens; sizes as in nn/decoder.h.
struct Pass {
    const nn::DecoderConfig& model;
    const MethodSize& size;
    std::int64_t rows = 0;
    std::int64_t length = 0;
    std::int64_t tokens = 0;
    std::int64_t element = kFloat; // bytes of a number of the activations
    bool isCpu = true;
    bool isPacked = false;

    std::int64_t queries() const { return model.heads * model.headDim; }
    std::int64_t keys() const { return model.kvHeads * model.headDim; }
    std::int64_t gateUp() const { return (model.isGated() ? 2 : 1) * model.intermediate; }
};

// A card has kernels that keep no scores for 16-bit numbers alone; in fp32 with grouped heads each layer keeps its weights of attention.
bool isWrittenOut(const Pass& pass)
{
    return !pass.isCpu && pass.element == kFloat && !pass.isPacked && pass.model.heads != pass.model.kvHeads;
}

// Scores that are written out: all heads under a cap, a mask where a window hides something.
std::int64_t squareBytes(const Pass& pass, std::int64_t layer)
{
    const std::int64_t square = pass.length * pass.length;
    const std::int64_t window = pass.model.windowOf(layer);
    const bool hides = window > 0 && pass.length > window;
    if (pass.model.attentionSoftcap > 0 && !pass.isCpu && pass.element < kFloat && !pass.isPacked && pass.length % 8 == 0) { // products alone (capped_attention.h)
        return pass.rows * pass.model.heads * square * pass.element;
    }
    if (pass.model.attentionSoftcap > 0) { // capped scores and weights in the activations' dtype, softmax in fp32, the mask
        return pass.rows * pass.model.heads * square * (2 * pass.element + kFloat) + square;
    }
    const std::int64_t written = isWrittenOut(pass) ? pass.rows * pass.model.heads * square * kFloat : 0;
    return written + (hides ? square * (1 + pass.element) : 0);
}

// Kept for the backward pass by a layer's attention.
std::int64_t attentionBytes(const Pass& pass, std::int64_t layer)
{
    const nn::DecoderConfig& model = pass.model;
    std::int64_t numbers = model.hidden                             // the layer's input
                           + pass.queries() + 2 * pass.keys()       // q, k, v
                           + pass.queries();                        // attention's output
    if (model.queryKeyNorm != nn::QueryKeyNorm::None) {
        numbers += pass.queries() + pass.keys();
    }
    if (model.normPlace != nn::NormPlace::Before) {
        numbers += model.hidden;
    }
    if (pass.isCpu && model.heads != model.kvHeads) {
        numbers += 2 * pass.queries(); // keys and values, once for each query head
    }
    return pass.tokens * (numbers * pass.element + model.heads * kFloat) + squareBytes(pass, layer);
}

// By its MLP: what lies behind attention, and gate and up.
std::int64_t mlpBytes(const Pass& pass)
{
    const std::int64_t normed = pass.model.normPlace != nn::NormPlace::Before ? pass.model.hidden : 0;
    return pass.tokens * (pass.model.hidden + normed + pass.gateUp()) * pass.element;
}

// By one layer: nothing of what stands before the first thing that trains.
std::int64_t layerBytes(const Pass& pass, std::int64_t layer)
{
    using Part = FirstTrained::Part;
    const FirstTrained& first = pass.size.first;
    const Part from = layer > first.layer ? Part::Attention : first.part;
    if (layer < first.layer || from == Part::Behind) {
        return 0;
    }
    return mlpBytes(pass) + (from == Part::Attention ? attentionBytes(pass, layer) : 0);
}

std::int64_t methodBytes(const Pass& pass)
{
    return pass.tokens * ((pass.size.lowRankColumns + pass.size.bottleneckNumbers) * pass.element + (pass.isCpu ? kHostDropped * pass.size.droppedInputs : 0));
}

struct Kept {
    std::int64_t forward = 0; // until the backward pass comes to it
    std::int64_t again = 0;   // of the largest layer that the backward pass computes again, beyond what is free by then
};

// `twice`: so many of the first layers are computed again and keep their inputs alone, if anything trains in them or before; where these are
// many and nothing is split, every second one lies in host memory, but for those that leave and come.
Kept keptBytes(const Pass& pass, std::int64_t twice, bool isSplit)
{
    const std::int64_t stream = pass.tokens * pass.model.hidden * pass.element;
    const std::int64_t first = std::min(pass.size.first.layer, pass.model.layers);
    const std::int64_t method = methodBytes(pass) / std::max<std::int64_t>(1, pass.model.layers - first); // of a layer
    constexpr std::int64_t kOnTheirWay = 3;
    const bool areShelved = !pass.isCpu && !isSplit && nn::kernels::areShelved(twice * stream);
    const std::int64_t again = std::max<std::int64_t>(0, twice - first);
    const std::int64_t inputs = (areShelved ? std::min(again, again - nn::kernels::shelvedOf(again) + kOnTheirWay) : again) * stream;
    std::int64_t others = 0;
    std::int64_t largest = 0; // of those that are computed again, one at a time
    for (std::int64_t layer = 0; layer < pass.model.layers; ++layer) {
        const std::int64_t bytes = layerBytes(pass, layer) + (layer < first ? 0 : method);
        others += layer < twice ? 0 : bytes;
        largest = layer < twice ? std::max(largest, bytes) : largest;
    }
    // The layers behind are gone when the first ones are computed again, so the larger of both counts.
    const std::int64_t behind = twice > 0 ? others : 0;
    // On a host the allocator keeps room of the forward pass through such a layer that the second one does not fit into.
    const std::int64_t room = pass.isCpu ? largest : 0;
    return {inputs + others + room + 2 * stream, std::max<std::int64_t>(0, largest - behind)}; // and the last layer's output, before and behind the norm
}

std::int64_t twiceOf(const config::RunSettings& run, std::int64_t layers)
{
    const std::int64_t asked = run.checkpointedLayers > 0 ? std::min(run.checkpointedLayers, layers) : layers;
    return run.activationCheckpointing ? asked : 0;
}

// `reads`: the loss is made of the tokens' log-probabilities, which a host reads in fp32 beside the logits.
std::int64_t logitBytes(const Pass& pass, bool judges, bool reads)
{
    const std::int64_t hidden = 2 * pass.tokens * pass.model.hidden * pass.element; // the gradient of the hidden states, and its rows
    if (judges) { // a head of its own, with few outputs
        return hidden;
    }
    const std::int64_t budget = pass.isCpu ? kCpuLogits : kGpuLogits;
    const std::int64_t number = pass.isCpu ? pass.element : kFloat;
    const std::int64_t rows = std::min(std::clamp(budget / (number * pass.model.vocab), kLeastRows, kMostRows), pass.tokens);
    const std::int64_t block = rows * pass.model.vocab;
    const std::int64_t written = pass.model.logitSoftcap > 0 && (pass.isCpu || pass.element == kFloat) ? 2 * kFloat + 2 * pass.element : pass.element;
    return block * (written + (pass.isCpu && reads ? kFloat : 0)) + hidden;
}

// Of a head that trains on a card: its gradient adds up in fp32, and becomes one in the weights' numbers before both are let go.
std::int64_t headBytes(const config::RunConfig& config, const Pass& pass, bool judges)
{
    const bool trains = config.method.kind == "full" && !judges && !pass.isCpu && pass.element < kFloat;
    return trains ? pass.model.vocab * pass.model.hidden * (kFloat + pass.element) : 0;
}

// Behind the last layer's MLP: gradients of its output, its product, its gate and up, and the input computed again.
std::int64_t backwardBytes(const Pass& pass)
{
    const std::int64_t scores = isWrittenOut(pass) ? 2 * pass.rows * pass.model.heads * pass.length * pass.length * kFloat : 0; // of one layer, with their gradient
    const std::int64_t norms = pass.isCpu && pass.model.norm == nn::NormKind::Layer ? 5 * pass.model.hidden : 0; // written out
    return pass.tokens * (3 * pass.model.hidden + 2 * pass.model.intermediate + pass.gateUp() + norms) * pass.element + scores;
}

// The backward pass when it has made the first gradients of updates: its lanes' workspaces beside what the last layer needs by then. Where
// updates stand at attention alone, that is behind its MLP, which kept nothing any longer.
std::int64_t lanesBytes(const Pass& pass)
{
    if (pass.size.lowRankColumns == 0) {
        return 0;
    }
    const std::int64_t lanes = static_cast<std::int64_t>(nn::kernels::Lanes::kCount) * kCardWorkspace;
    if (pass.size.updatesMlp) {
        return lanes + backwardBytes(pass);
    }
    const std::int64_t inside = pass.tokens * (2 * pass.model.hidden + pass.queries() + 2 * pass.keys()) * pass.element; // gradients of both ends and of q, k, v
    return lanes + inside - mlpBytes(pass);
}

// On a card the loss's block is free again by then, and what is computed again takes its place.
std::int64_t passBytes(const Pass& pass, std::int64_t logits, std::int64_t again)
{
    const std::int64_t backward = backwardBytes(pass);
    if (!pass.isCpu) {
        return kCardWorkspaces + std::max<std::int64_t>(0, std::max({backward, again, lanesBytes(pass)}) - logits);
    }
    const bool isWide = pass.element < kFloat && pass.model.norm == nn::NormKind::Layer; // halves that no kernel knows are computed in fp32, too
    const std::int64_t onHost = isWide ? backward + backward / pass.element * kFloat : backward;
    return kHostBytes + static_cast<std::int64_t>(kHostBackward * static_cast<double>(onHost));
}

std::int64_t pagedBytes(const config::RunConfig& config, bool isCpu, std::int64_t state)
{
    return !isCpu && config.optimizer.paging == "on" ? std::max<std::int64_t>(0, state - 4 * optim::kPageElements * kFloat) : 0;
}

std::int64_t elementOf(at::ScalarType type)
{
    return static_cast<std::int64_t>(c10::elementSize(type));
}

std::int64_t shareOf(std::int64_t bytes, std::int64_t ranks)
{
    return (bytes + ranks - 1) / ranks;
}

// Of a base in several parts: one of them, and two layers whole.
std::int64_t heldBytes(const MethodSize& size, std::int64_t parts)
{
    return parts == 1 ? size.weightBytes
                      : size.weightBytes - size.projectionBytes - size.eightBitBytes + shareOf(size.projectionBytes, parts) + 2 * size.largestLayerBytes
                            + size.largestEightBitBytes;
}

// Sums over ranks are fp32. Few stay in one tensor, beside what a pass gives; split, a bucket of them is whole until its part was summed.
std::int64_t gradientBytes(const config::RunConfig& config, const MethodSize& size, RankShare share, bool allTrain)
{
    const bool isSmall = size.trainedParameters <= kSmallElements;
    if (!allTrain || share.ranks == 1) {
        return size.gradientBytes * (isSmall && config.run.gradientAccumulation > 1 ? 2 : 1);
    }
    const std::int64_t sums = size.trainedParameters * kFloat;
    if (!share.isSplit) {
        return sums + (isSmall ? size.gradientBytes : 0);
    }
    const std::int64_t bucket = std::min(kBucket * kFloat, sums);
    const bool addsUpAll = config.run.gradientAccumulation > 1 && config.run.shard != "always"; // else behind each pass
    return (addsUpAll ? sums : shareOf(sums, share.ranks)) + bucket;
}

MemoryParts partsOf(const config::RunConfig& config, const Pass& pass, RankShare share)
{
    const MethodSize& size = pass.size;
    const bool allTrain = config.method.kind == "full";
    const std::int64_t baseParts = share.isSplit && !allTrain ? share.ranks : 1;
    MemoryParts parts;
    parts.weights = heldBytes(size, baseParts);
    parts.adapter = size.adapterBytes;
    parts.gradients = gradientBytes(config, size, share, allTrain);
    const std::int64_t state = share.isSplit && allTrain ? shareOf(size.stateBytes, share.ranks) : size.stateBytes;
    parts.optimizer = state - pagedBytes(config, pass.isCpu, state);
    const Kept kept = keptBytes(pass, baseParts > 1 ? pass.model.layers : twiceOf(config.run, pass.model.layers), baseParts > 1);
    parts.activations = kept.forward + (pass.isCpu ? kept.again : 0); // a host's allocator keeps both
    if (pass.isCpu && parts.gradients > size.gradientBytes) {
        parts.gradients -= static_cast<std::int64_t>(kHostReused * static_cast<double>(std::min(size.gradientBytes, kept.forward)));
    }
    const objectives::Objective* objective = objectives::findObjective(config.objective.kind);
    const bool judges = objective && objective->judges;
    parts.logits = logitBytes(pass, judges, objective && objective->measure == nullptr);
    parts.workspace = headBytes(config, pass, judges) + passBytes(pass, parts.logits, kept.again) + (size.sharedNumbers + 2 * size.tableNumbers) * pass.element;
    return parts;
}

bool isHalvable(std::int64_t value, std::int64_t least)
{
    return value / 2 >= least;
}

// A change as it would be tried: its settings applied, and the largest batch as it then is.
struct Trial {
    MemoryChange change;
    config::RunConfig config;
    BatchShape largest;
    bool isPossible = true;
};

// How many of the first layers must be computed twice for the run to fit; all of them where not even that does.
std::int64_t leastLayers(const config::RunConfig& config, const RunPlan& plan)
{
    std::int64_t tooFew = 0;
    std::int64_t enough = plan.model.config.layers;
    config::RunConfig tried = config;
    tried.run.activationCheckpointing = true;
    while (enough - tooFew > 1) {
        tried.run.checkpointedLayers = tooFew + (enough - tooFew) / 2;
        const auto then = estimateMemory(tried, plan.model.config, plan.largest.front(), plan.rows.isPacked());
        (then && then->fits() ? enough : tooFew) = tried.run.checkpointedLayers;
    }
    return enough;
}

// Cheapest first: what changes no number, then what changes speed alone, then what changes what is learned.
std::vector<Trial> trialsOf(const config::RunConfig& config, const RunPlan& plan)
{
    const BatchShape& now = plan.largest.front();
    std::vector<Trial> trials;
    const auto add = [&](std::vector<std::pair<std::string, std::string>> settings, std::string cost, BatchShape largest) {
        Trial trial{{std::move(settings), std::move(cost), 0, false}, config, largest, true};
        for (const auto& [key, value] : trial.change.settings) {
            trial.isPossible = trial.isPossible && static_cast<bool>(config::setByKey(trial.config, key, value));
        }
        trials.push_back(std::move(trial));
    };
    if (isHalvable(config.run.batchSize, 1)) {
        BatchShape half = now;
        half.rows = plan.rows.isPacked() ? now.rows : (now.rows + 1) / 2;
        half.length = plan.rows.isPacked() ? (now.length + 1) / 2 : now.length;
        half.tokens = plan.rows.isPacked() ? half.length : half.rows * half.length;
        add({{"run.batch_size", std::to_string((config.run.batchSize + 1) / 2)},
             {"run.gradient_accumulation", std::to_string(config.run.gradientAccumulation * 2)}},
            "The same steps, cut finer: the same result, somewhat slower.", half);
    }
    if (!config.run.activationCheckpointing) {
        const std::int64_t layers = plan.model.config.layers;
        if (const std::int64_t few = leastLayers(config, plan); few < layers) {
            add({{"run.activation_checkpointing", "true"}, {"run.checkpointed_layers", std::to_string(few)}},
                "The same result; " + std::to_string(few) + " of " + std::to_string(layers) + " layers are computed twice, as many as memory asks for.", now);
        } else {
            add({{"run.activation_checkpointing", "true"}}, "The same result, about a third slower.", now);
        }
    }
    if (config.optimizer.paging != "on") {
        add({{"optimizer.paging", "on"}}, "The optimizer's state lies in host memory: the same result, slower by its way to the card.", now);
    }
    if (config.model.quantization == "auto" && config.method.kind != "full") {
        add({{"model.quantization", "nf4"}}, "The base is held in 4 bits: slightly other numbers, and a little slower.", now);
    }
    const std::int64_t length = std::min(config.data.maxLength, plan.rows.longestRow());
    if (isHalvable(length, 64) && !plan.rows.isPacked()) {
        std::int64_t cut = 0;
        for (std::size_t item = 0; item < plan.rows.data.train.size(); ++item) {
            cut += plan.rows.data.train.longest(item) > length / 2;
        }
        BatchShape shorter = now;
        shorter.length = std::min(now.length, length / 2);
        shorter.tokens = shorter.rows * shorter.length;
        add({{"data.max_length", std::to_string(length / 2)}},
            "Examples are cut after " + std::to_string(length / 2) + " tokens, " + std::to_string(cut) + " of them for that.", shorter);
    }
    if (config.method.kind == "full") {
        add({{"method.kind", "lora"}}, "A LoRA adapter is trained instead of all weights.", now);
    }
    return trials;
}

} // namespace

Result<MemoryEstimate> estimateMemory(const config::RunConfig& config, const nn::DecoderConfig& model, const BatchShape& largest, bool isPacked,
                                      RankShare share)
{
    const auto size = methodSize(config);
    if (!size) {
        return size.error();
    }
    const auto where = nn::choosePlacement(config.model.device, config.model.dtype);
    if (!where) {
        return where.error();
    }
    const std::int64_t front = size->virtualTokens * std::max<std::int64_t>(1, largest.rows);
    Pass pass{model, *size, largest.rows, largest.length + size->virtualTokens, largest.tokens + front, elementOf(where->dtype),
              where->device.is_cpu(), isPacked};
    if (isPacked) { // scores are of each row alone
        pass.length = largest.rows > 0 ? (largest.length + largest.rows - 1) / largest.rows + size->virtualTokens : pass.length;
    }
    return MemoryEstimate{partsOf(config, pass, share), nn::freeMemory(where->device), where->deviceText};
}

std::vector<MemoryChange> memoryChanges(const config::RunConfig& config, const RunPlan& plan, std::size_t most)
{
    if (plan.largest.empty()) {
        return {};
    }
    const auto now = estimateMemory(config, plan.model.config, plan.largest.front(), plan.rows.isPacked());
    if (!now) {
        return {};
    }
    std::vector<MemoryChange> changes;
    for (Trial& trial : trialsOf(config, plan)) {
        if (!trial.isPossible || !config::brokenRules(trial.config).empty()) {
            continue;
        }
        const auto then = estimateMemory(trial.config, plan.model.config, trial.largest, plan.rows.isPacked());
        if (!then || then->parts.total() >= now->parts.total()) {
            continue;
        }
        trial.change.saves = now->parts.total() - then->parts.total();
        trial.change.fits = then->fits();
        changes.push_back(std::move(trial.change));
    }
    std::stable_partition(changes.begin(), changes.end(), [](const MemoryChange& change) { return change.fits; });
    changes.resize(std::min(changes.size(), most));
    return changes;
}

Result<RunMemory> memoryOf(const config::RunConfig& config, const RunPlan& plan)
{
    const auto started = startedFrom(config);
    if (!started) {
        return started.error();
    }
    if (plan.largest.empty()) {
        return Error{"there is no batch to count memory for"};
    }
    auto estimate = estimateMemory(started->config, plan.model.config, plan.largest.front(), plan.rows.isPacked());
    if (!estimate) {
        return estimate.error();
    }
    RunMemory memory{std::move(*estimate), {}};
    if (!memory.estimate.fits()) {
        memory.changes = memoryChanges(started->config, plan, kToldChanges);
    }
    return memory;
}

} // namespace luthier::train
