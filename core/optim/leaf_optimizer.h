// SPDX-License-Identifier: GPL-3.0-or-later
// LeafOptimizer: an optimizer that looks at each leaf as a whole (rows and columns of its square, its blocks of codes, its
// singular directions), which is what a derived class adds. Internal to core: names torch types.
//
// A leaf in bf16 or fp16 has a master copy in fp32, as a MomentOptimizer's. Its state stays on the device: it is small, or the
// formula needs all of it at once, so it is not paged.
// Of a leaf that holds several matrices each is a part by itself (split()).
// State: "<kind>.<part>" for each kind, "master.<leaf>" (bf16 and fp16 leaves alone) and "step".
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
    void split(const Parts& parts) override;

    bool isPaged() const override { return false; }
    std::int64_t pagedBytes() const override { return 0; }
    bool pageOut() override { return false; }

    std::vector<nn::NamedTensor> state() override { return named(/*withLeaves=*/false); }
    Result<void> restore(const std::vector<nn::NamedTensor>& state) override;

    // To be called once, before anything else: what a derived class keeps cannot be asked while the base is made.
    void begin() { split({}); }

protected:
    struct Leaf { // or a part of one
        std::string name;
        at::Tensor weight; // fp32: of the leaf, or of its master
        LeafGroup group;
        std::vector<at::Tensor> state; // in the order of stateOf()
        std::int64_t first = 0;        // row of the leaf that it begins with
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
    // A leaf as it is trained.
    struct Source {
        nn::NamedTensor leaf;
        at::Tensor master; // the leaf itself where it is fp32
        std::vector<Leaf> parts;
        std::vector<std::vector<std::string>> kinds; // of each part's state

        bool hasMaster() const { return !master.is_same(leaf.tensor); }
    };

    std::vector<nn::NamedTensor> named(bool withLeaves) const;

    std::vector<Source> m_sources;
    OptimizerSettings m_settings;
    double m_weightDecay;
    at::Tensor m_step; // fp32 scalar on the device
};

} // namespace luthier::optim
