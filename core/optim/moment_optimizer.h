// SPDX-License-Identifier: GPL-3.0-or-later
// MomentOptimizer: an optimizer that keeps some fp32 numbers for each weight (moments) and steps on all leaves by one
// formula, which is what a derived class adds.
//
// A leaf in fp32 is stepped on as it is. A leaf in bf16 or fp16 has a master copy in fp32: gradients are widened,
// the master is stepped on, the leaf gets its rounding. Moments are fp32 always. So full tuning in bf16 loses no
// small step; AdamW takes 16 bytes a weight, gradient included, as fp32 does.
// Each leaf has a rate and a decay of its own (leaf_groups.h); norms and biases are not decayed.
//
// Paged (settings.paging), moments and masters lie in host memory and come to the device page by page in a step (see
// state_pager.h): on: always; auto: when the device has no room for them, at the start or when pageOut() is called; off:
// never.
//
// State: "<moment>.<leaf>" for each moment, "master.<leaf>" (bf16 and fp16 leaves alone) and "step". Masters that a
// checkpoint does not hold start from the leaves, stored masters that are not needed here (another device or
// precision) become the leaves' values.
#pragma once

#include "core/optim/leaf_groups.h"
#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"
#include "core/optim/state_pager.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace luthier::optim {

class MomentOptimizer : public Optimizer {
public:
    at::Tensor step(double learningRate) override;
    void zeroGrad() override;
    std::vector<at::Tensor> leaves() const override;
    void clipBy(Norm norm) override { m_norm = std::move(norm); }

    bool isPaged() const override { return m_pager != nullptr; }
    std::int64_t pagedBytes() const override { return m_pager ? m_pager->bytes() : 0; }
    bool pageOut() override;

    std::vector<nn::NamedTensor> state() override;
    Result<void> restore(const std::vector<nn::NamedTensor>& state) override;

protected:
    // Tensors of one kernel call: the same places of leaves, all of one group.
    struct Call {
        std::vector<at::Tensor> parameters;           // fp32: masters, or leaves that are fp32
        std::vector<at::Tensor> gradients;            // fp32; may be written to
        std::vector<at::Tensor> leaves;               // that get the parameters' rounding; undefined where the parameter is the leaf
        std::vector<std::vector<at::Tensor>> moments; // one list a moment, in the order of their names
        double weightDecay = 0;
        double learningRate = 0;
        at::Tensor step;                   // fp32 scalar on the device: steps taken, this one included
        std::optional<at::Tensor> divisor; // of the gradients, fp32 scalar; none: they are not clipped
        at::Tensor notFinite;              // fp32 scalar: 1 when nothing may change
    };

    // `moments`: their names in a checkpoint. The learning rate of `settings` is not used; step() takes it.
    MomentOptimizer(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, double weightDecay,
                    std::vector<std::string> moments, std::int64_t pageElements);

    // The formula. Without gradients recorded; nothing may wait for the device.
    virtual void update(Call& call) const = 0;
    // The same with gradients as they are, of any dtype, and with the leaves' rounding. False, and nothing done: update() does it.
    virtual bool updateAtOnce(const Call&) const { return false; }

private:
    struct Slot {
        nn::NamedTensor leaf;
        at::Tensor master; // the leaf itself when it is fp32
        std::vector<at::Tensor> moments;
        LeafGroup group;

        bool hasMaster() const { return !master.is_same(leaf.tensor); }
    };
    struct Batch; // a call, and how many elements of it have masters

    std::vector<nn::NamedTensor> named(bool withLeaves) const; // with the fp32 leaves, which are their own masters
    bool hasState() const; // something that could lie elsewhere: moments, or masters
    void makeState();
    void add(Batch& batch, const Slot& slot, const at::Tensor& leaf, const at::Tensor& gradient,
             const std::vector<at::Tensor>& state) const;
    void stepPaged(const Call& shared);
    void apply(Batch& batch, const Call& shared) const;

    std::vector<Slot> m_slots;
    at::Tensor m_step; // fp32 scalar on the device, shared by all leaves
    std::string m_paging;
    double m_maxGradNorm;
    std::vector<std::string> m_moments;
    std::int64_t m_pageElements;
    Norm m_norm; // empty: that of its own gradients
    std::unique_ptr<StatePager> m_pager; // the slots' state is its memory
};

} // namespace luthier::optim
