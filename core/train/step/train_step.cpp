// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/train_step.h"

#include "core/base/disk_room.h"
#include "core/base/random.h"
#include "core/nn/kernels/many.h"
#include "core/train/failure.h"
#include "core/train/step/halves.h"
#include "core/train/step/small_training.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_zero.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <torch/csrc/api/include/torch/autograd.h>

#include <algorithm>
#include <exception>

namespace luthier::train {

namespace {

std::int64_t elementsOf(const std::vector<at::Tensor>& leaves)
{
    std::int64_t count = 0;
    for (const at::Tensor& leaf : leaves) {
        count += leaf.numel();
    }
    return count;
}

// As MicroBatch::firstScale; undefined where nobody looks at sequences.
at::Tensor firstScale(const StepBatches& step, const MicroBatch& batch)
{
    return batch.ends.defined() ? objectives::firstScaleOf(step.items, step.firsts, batch.ids) : at::Tensor();
}

} // namespace

TrainStep::TrainStep(BatchLoss loss, optim::Optimizer& optimizer, std::uint64_t seed, WorkRecorder recorder)
    : m_loss(std::move(loss)), m_decoder(m_loss.decoder()), m_optimizer(optimizer), m_seed(seed), m_leaves(optimizer.leaves()), m_stepped(m_leaves),
      m_small(elementsOf(m_leaves) <= kSmallElements), m_graphs(m_decoder.device(), std::move(recorder))
{
    if (m_decoder.readsPacking()) {
        m_graphs.takePacked();
    }
    if (m_decoder.shards()) {
        m_graphs.giveUp(); // what other ranks pass is asked between layers
    }
}

void TrainStep::shareWith(ranks::Team& team, const StateSplit* split, bool sumsEachPass)
{
    if (split != nullptr) {
        m_small = false; // a gradient is gone as soon as its part was summed
        m_stepped.clear();
        for (const StateSplit::Bucket& bucket : split->buckets) {
            for (const StateSplit::Piece& piece : bucket.pieces) {
                m_stepped.push_back(piece.numbers);
            }
        }
        m_ranks = std::make_unique<RankSum>(team, m_leaves, *split);
        if (sumsEachPass) {
            m_ranks->sumEachPass();
        }
        return;
    }
    m_ranks = std::make_unique<RankSum>(team, m_leaves, m_small, static_cast<std::int64_t>(1 + m_loss.objective().measures.size()));
    m_gradients = m_ranks->places();
}

std::string TrainStep::takeNotice()
{
    const std::string own = std::exchange(m_notice, {});
    const std::string recording = m_graphs.takeNotice();
    return own.empty() || recording.empty() ? own + recording : own + " " + recording;
}

nn::Pass TrainStep::passOf(std::int64_t number, std::uint64_t place) const
{
    base::Random mix(m_seed);
    base::Random ofStep(mix.next() ^ static_cast<std::uint64_t>(number));
    nn::Pass pass;
    pass.training = true;
    pass.drops = m_loss.objective().dropsInputs;
    pass.embeddingNoise = m_noise;
    pass.seed = base::Random(ofStep.next() ^ place).next();
    return pass;
}

// Targets that weigh differently count by their weights.
double TrainStep::divisorOf(const StepBatches& step) const
{
    const auto counted = static_cast<double>(m_loss.divisor(step.trained, step.items));
    return step.isWeighed && m_loss.objective().divisor == objectives::Divisor::TrainedTokens ? std::max(step.weight, 1e-6) : counted;
}

at::Tensor TrainStep::accumulate(const StepBatches& step, std::int64_t number, const std::function<void()>& between)
{
    const at::Tensor scale = at::full({}, 1.0 / divisorOf(step),
                                      at::TensorOptions().dtype(at::kFloat).device(m_decoder.device()));
    placeGradients();
    const auto values = static_cast<std::int64_t>(1 + m_loss.objective().measures.size());
    at::Tensor total = at::zeros({values}, at::TensorOptions().dtype(at::kFloat).device(m_decoder.device()));
    for (std::size_t place = 0; place < step.batches.size(); ++place) {
        between();
        StepGraphs::Input input{m_graphs.padded(step.batches[place]), scale, passOf(number, step.placeOf(place))};
        input.batch.firstScale = firstScale(step, input.batch);
        if (m_gradients.empty()) {
            input.batch = toDevice(std::move(input.batch), m_decoder.device());
            if (m_ranks) {
                m_ranks->beginPass(static_cast<std::int64_t>(step.batches.size() - place - 1));
            }
            total.add_(pass(input));
            if (m_ranks) {
                m_ranks->endPass();
            }
            if (step.batches.size() > 1 || step.passes > 1) {
                widenGradients();
            }
        } else {
            total.add_(m_graphs.run(
                input, [this](const StepGraphs::Input& one) { return pass(one); },
                [this](const StepGraphs::Input& one) { return readsOf(one); }));
        }
    }
    if (m_small && m_gradients.empty() && m_graphs.areWanted()) {
        for (const at::Tensor& leaf : m_leaves) {
            m_gradients.push_back(leaf.grad());
        }
    }
    return total;
}

// What the backward pass of a large model adds to from now on: it keeps the dtype of what is there.
void TrainStep::widenGradients()
{
    for (at::Tensor& leaf : m_leaves) {
        if (leaf.grad().defined() && leaf.grad().scalar_type() != at::kFloat) {
            leaf.mutable_grad() = leaf.grad().to(at::kFloat);
        }
    }
}

// [1 + measures], divided.
at::Tensor TrainStep::pass(const StepGraphs::Input& input)
{
    const objectives::LossValue value = m_loss.training(input.batch, input.pass);
    addGradients(value.sum, input.scale);
    if (value.measures.empty()) {
        return value.sum.detach().view({1}).mul(input.scale);
    }
    std::vector<at::Tensor> all{value.sum.detach()};
    all.insert(all.end(), value.measures.begin(), value.measures.end());
    return at::stack(all).mul(input.scale);
}

std::vector<at::Tensor> TrainStep::readsOf(const StepGraphs::Input& input) const
{
    std::vector<at::Tensor> reads = m_loss.readsOf(input.batch, input.pass);
    for (const at::Tensor& leaf : m_leaves) {
        reads.push_back(leaf);
        reads.push_back(leaf.grad());
    }
    return reads;
}

void TrainStep::addGradients(const at::Tensor& loss, const at::Tensor& scale)
{
    if (!m_small) {
        loss.backward(scale); // each gradient is gone before the next is made
        return;
    }
    const auto fresh = torch::autograd::grad({loss}, m_leaves, {scale}, std::nullopt, /*create_graph=*/false,
                                             /*allow_unused=*/true);
    std::vector<at::Tensor> sums;
    std::vector<at::Tensor> addends;
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        at::Tensor& leaf = m_leaves[i];
        if (m_ranks && fresh[i].defined()) {
            m_ranks->touch(i);
        }
        if (fresh[i].defined() && leaf.grad().defined()) {
            sums.push_back(leaf.grad());
            addends.push_back(fresh[i]);
        } else if (fresh[i].defined()) {
            leaf.mutable_grad() = fresh[i].to(at::kFloat).contiguous(); // later ones add up there, and optimizers walk the memory
        }
    }
    if (!sums.empty() && !nn::kernels::addMany(sums, addends)) {
        at::_foreach_add_(sums, addends);
    }
}

// The optimizer drops gradients behind each step; recorded passes add to these.
void TrainStep::placeGradients()
{
    std::vector<at::Tensor> present;
    for (std::size_t i = 0; i < m_gradients.size(); ++i) {
        m_leaves[i].mutable_grad() = m_gradients[i];
        if (m_gradients[i].defined()) {
            present.push_back(m_gradients[i]);
        }
    }
    if (!present.empty()) {
        at::_foreach_zero_(present);
    }
}

// Optimizers look at the gradients alone. A loss that is no number may leave them finite, and nothing of its step may be applied:
// what is no number times nought is none, and any other loss adds nought.
void TrainStep::spoilWith(const at::Tensor& total)
{
    for (at::Tensor& leaf : m_stepped) {
        if (leaf.grad().defined() && leaf.grad().numel() > 0) {
            leaf.grad().view({-1}).narrow(0, 0, 1).add_(total.narrow(0, 0, 1) * 0);
            return;
        }
    }
}

// What can leave the device leaves it, cheapest first; then less is computed at once.
void TrainStep::makeRoom(const StepBatches& step, const std::exception_ptr& problem)
{
    if (m_ranks && m_ranks->hasBegun()) {
        std::rethrow_exception(problem); // others have added what this step cannot give twice
    }
    if (m_graphs.areWanted()) {
        m_graphs.giveUp();
        return;
    }
    if (!m_decoder.device().is_cpu() && m_optimizer.pageOut()) {
        m_notice = "The card had no room for this step, so the optimizer's state ("
                   + base::bytesText(static_cast<std::uint64_t>(m_optimizer.pagedBytes())) + ") moved to host memory.";
        return;
    }
    if (!cutFiner(step, m_halvings + 1).second) {
        std::rethrow_exception(problem);
    }
    ++m_halvings;
    m_gradients = m_ranks ? m_gradients : std::vector<at::Tensor>();
    m_notice = "Memory had no room for this step, so its batches are halved from here on; the run goes on, and what is learned stays the same but for "
               "what dropout draws. A smaller run.batch_size with more run.gradient_accumulation does so from the start; "
               "run.activation_checkpointing keeps less for the backward pass; a shorter data.max_length, or a base in 4 bits "
               "(model.quantization nf4), takes less altogether.";
}

at::Tensor TrainStep::run(const StepBatches& step, std::int64_t number, double learningRate,
                          const std::function<void()>& between)
{
    if (m_ranks) {
        m_ranks->begin(step.passes);
    }
    at::Tensor total;
    while (!total.defined()) {
        std::exception_ptr problem;
        try {
            total = m_halvings == 0 ? accumulate(step, number, between) : accumulate(cutFiner(step, m_halvings).first, number, between);
            break;
        } catch (const std::exception& thrown) {
            if (!isOutOfMemory(thrown)) {
                throw;
            }
            problem = std::current_exception();
        }
        m_optimizer.zeroGrad(); // outside of the handler, which keeps what the failed pass held
        makeRoom(step, problem);
    }
    if (m_ranks) {
        m_ranks->endPasses();
    }
    m_decoder.awaitOthers();
    if (m_ranks) {
        m_ranks->sum(total);
    }
    spoilWith(total);
    m_whole = false;
    const at::Tensor norm = m_optimizer.step(learningRate);
    m_whole = true;
    return at::cat({total.narrow(0, 0, 1), norm.view({1}), total.narrow(0, 1, total.size(0) - 1)});
}

} // namespace luthier::train
