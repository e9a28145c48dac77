// SPDX-License-Identifier: GPL-3.0-or-later
// MemoryEstimate: what a run would add to an idle program at its peak, computed from sizes alone: no weight is read and no
// pass computed. What backward keeps is counted as the blocks of nn keep it (attention_input, branch_output, mlp_block), so a
// block that keeps something else changes this too; `luthier plan --measure` prints both beside each other. Torch-free.
#pragma once

#include "core/train/plan/run_plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::train {

// Bytes.
struct MemoryParts {
    std::int64_t weights = 0;     // of the base, as it is held
    std::int64_t adapter = 0;     // what the method adds, and the objective's heads
    std::int64_t gradients = 0;
    std::int64_t optimizer = 0;   // moments, and fp32 copies of leaves that are not fp32; without what is paged out
    std::int64_t activations = 0; // kept by the forward pass for the backward pass
    std::int64_t logits = 0;      // of one block of the loss, with its gradient
    std::int64_t workspace = 0;   // what the backward pass of a layer, or a kernel, needs beyond that

    std::int64_t total() const { return weights + adapter + gradients + optimizer + activations + logits + workspace; }
};

struct MemoryEstimate {
    MemoryParts parts;
    std::int64_t free = 0; // on the device now; 0: not known
    std::string device;    // "cpu, 2 threads"

    bool fits() const { return free == 0 || parts.total() <= free; }
};

// Of several ranks each one's need. What they split is the base under an adapter (nn/layer_shards.h), or, where all weights train, what the
// optimizer holds and the sums of gradients (ranks/split_optimizer.h).
struct RankShare {
    std::int64_t ranks = 1;
    bool isSplit = false;
};

// Of a run's largest micro-batch. Errors are those of methodSize.
Result<MemoryEstimate> estimateMemory(const config::RunConfig& config, const nn::DecoderConfig& model, const BatchShape& largest, bool isPacked,
                                      RankShare share = {});

// One way to need less, with everything else as it is.
struct MemoryChange {
    std::vector<std::pair<std::string, std::string>> settings; // key and value as `--set` takes them
    std::string cost;                                          // a sentence
    std::int64_t saves = 0;                                    // bytes
    bool fits = false;
};

// The `most` cheapest changes that save something, cheapest first; such that fit before such that do not.
std::vector<MemoryChange> memoryChanges(const config::RunConfig& config, const RunPlan& plan, std::size_t most);

// Of a planned run as it trains: with the settings of the adapter that it starts from.
struct RunMemory {
    MemoryEstimate estimate;
    std::vector<MemoryChange> changes; // three at most, where it does not fit
};
Result<RunMemory> memoryOf(const config::RunConfig& config, const RunPlan& plan);

} // namespace luthier::train
