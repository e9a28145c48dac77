// SPDX-License-Identifier: GPL-3.0-or-later
// TrainStep: one optimizer step over several micro-batches. Internal to core: names torch types.
//
//   loss = sum of the objective's losses of the micro-batches / what the objective divides by, counted over the whole step
// so that how a step is cut into micro-batches does not matter. Gradients of several micro-batches add up in fp32, whatever the
// leaves are.
// The dropout of each micro-batch follows from (seed, step, its place in the step): a resumed run drops what an
// uninterrupted one would, whatever ran in between.
// A step for which memory has no room is computed again once what can leave the card has left: recorded passes, then the
// optimizer's state (optimizer.paging); then its batches are halved, and those of all later steps. Small passes are recorded on a card (see step_graphs.h).
#pragma once

#include "core/optim/optimizer.h"
#include "core/train/step/batch_loss.h"
#include "core/train/step/batch_source.h"
#include "core/train/ranks/rank_sum.h"
#include "core/train/step/step_graphs.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace luthier::train {

class TrainStep {
public:
    TrainStep(const BatchLoss& loss, optim::Optimizer& optimizer, std::uint64_t seed)
        : TrainStep(loss, optimizer, seed, recorderOf(loss.decoder().device()))
    {
    }
    // With another recorder than the device's own; an empty one records nothing.
    TrainStep(BatchLoss loss, optim::Optimizer& optimizer, std::uint64_t seed, WorkRecorder recorder);

    // This process is one of several that share each step: run() then takes a rank's share, whose totals (tokens, trained, items,
    // firsts) are the whole step's, and gives what the whole step gave. Before the first run(). `split`: of an optimizer that each rank has a
    // part of (split_optimizer.h); null: each has all.
    // `sumsEachPass`: RankSum::sumEachPass().
    void shareWith(ranks::Team& team, const StateSplit* split = nullptr, bool sumsEachPass = false);

    // NEFTune's alpha (Pass::embeddingNoise). Before the first run().
    void setEmbeddingNoise(double alpha) { m_noise = alpha; }

    // [2 + measures] fp32 on the device: loss of the step, gradient norm before clipping, then the objective's measures,
    // divided as the loss is. Queues work and does not wait for it. `between` is called before each micro-batch.
    at::Tensor run(const StepBatches& step, std::int64_t number, double learningRate,
                   const std::function<void()>& between);

    at::Device device() const { return m_decoder.device(); }

    // As run() passes it: where a card records, in round sizes.
    MicroBatch padded(MicroBatch batch) const { return m_graphs.padded(std::move(batch)); }

    // Of RankSum::timing().
    std::optional<RankSum::Timing> rankTiming() const { return m_ranks ? m_ranks->timing() : std::nullopt; }

    // False while an exception came from the optimizer: its state may be half stepped.
    bool isWhole() const { return m_whole; }

    // What the last run() had to do to go on on the card, as a sentence; empty: nothing. Given once.
    std::string takeNotice();

private:
    at::Tensor accumulate(const StepBatches& step, std::int64_t number, const std::function<void()>& between);
    at::Tensor pass(const StepGraphs::Input& input);
    std::vector<at::Tensor> readsOf(const StepGraphs::Input& input) const;
    void addGradients(const at::Tensor& loss, const at::Tensor& scale);
    void widenGradients();
    void placeGradients();
    void makeRoom(const StepBatches& step, const std::exception_ptr& problem);
    void spoilWith(const at::Tensor& total);
    nn::Pass passOf(std::int64_t number, std::uint64_t place) const;
    double divisorOf(const StepBatches& step) const;

    BatchLoss m_loss;
    nn::Decoder& m_decoder;
    optim::Optimizer& m_optimizer;
    std::uint64_t m_seed;
    std::vector<at::Tensor> m_leaves;
    std::vector<at::Tensor> m_stepped;   // what the optimizer reads gradients of: the leaves, or a rank's pieces of them
    bool m_small;                        // little is trained: gradients are added together, and keep their place
    StepGraphs m_graphs;
    std::vector<at::Tensor> m_gradients; // of the leaves, once known: where recorded passes add
    std::unique_ptr<RankSum> m_ranks;    // null: alone
    bool m_whole = true;
    double m_noise = 0;
    std::int64_t m_halvings = 0; // of every batch, since memory had no room
    std::string m_notice;
};

} // namespace luthier::train
