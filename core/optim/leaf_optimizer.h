// SPDX-License-Identifier: GPL-3.0-or-later
// LeafOptimizer: an optimizer that looks at each leaf as a whole (rows and columns of its square, its blocks of codes, its
// singular directions), which is what a derived class adds. Internal to core: names torch types.
//
// A leaf in bf16 or fp16 has a master copy in fp32, as a MomentOptimizer's. Its state stays on the device: it is small, or the
// formula needs all of it at once, so it is not paged.
// State: "<kind>.<leaf>" for each kind, "master.<leaf>" (bf16 and fp16 leaves alone) and "step".
#pragma once

#include "core/optim/leaf_groups.h"
#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"

#include <string>
#include <vector>

namespace luthier::optim {

class LeafOptimizer : public Optimizer {
public:
    at::Tensor step(double learningRate) override;
    void zeroGrad() override;
    std::vector<at::Tensor> leaves() const override;

    bool isPaged() const override { return false; }
    std::int64_t pagedBytes() const override { return 0; }
    bool pageOut() override { return false; }

    std::vector<nn::NamedTensor> state() override { return named(/*withLeaves=*/false); }
    Result<void> restore(const std::vector<nn::NamedTensor>& state) override;

    // To be called once, before anything else: what a derived class keeps cannot be asked while the base is made.
    void begin();

protected:
    struct Leaf {
        std::string name;
        at::Tensor weight; // fp32: the leaf, or its master
        LeafGroup group;
        std::vector<at::Tensor> state; // in the order of stateOf()
    };
    struct Call {
        double learningRate = 0; // of this leaf
        at::Tensor step;         // fp32 scalar on the device: steps taken, this one included
    };
    struct Change { // not made where a gradient is not finite
        at::Tensor target;
        at::Tensor value;
    };

    LeafOptimizer(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, double weightDecay);

    // What is kept of a leaf, by kind, as it is before the first step.
    virtual std::vector<nn::NamedTensor> stateOf(const std::string& name, const at::Tensor& weight) const = 0;
    // The formula: what changes, the weight among it. `gradient` is fp32, clipped, and may be written to. Without gradients
    // recorded; nothing may wait for the device.
    virtual std::vector<Change> update(const Leaf& leaf, at::Tensor gradient, const Call& call) const = 0;

private:
    std::vector<nn::NamedTensor> named(bool withLeaves) const;
    bool hasMaster(std::size_t index) const { return !m_leaves[index].weight.is_same(m_tensors[index]); }

    std::vector<at::Tensor> m_tensors; // the leaves
    std::vector<Leaf> m_leaves;
    std::vector<std::vector<std::string>> m_kinds; // of each leaf's state
    at::Tensor m_step; // fp32 scalar on the device
    double m_maxGradNorm;
};

} // namespace luthier::optim
