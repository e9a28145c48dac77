// SPDX-License-Identifier: GPL-3.0-or-later
// SplitOptimizer: an optimizer whose state several ranks split between them: each steps on its numbers of all leaves (state_split.h), and
// gets those of the others behind the step. Gradients come summed as the pieces' own (rank_sum.h), the norm is that of all. It steps on some
// buckets after the other, so that what was stepped on travels while the next are.
//
// Of what a checkpoint keeps a rank has a part, ownPieces(). gather(), called by all at the same place, brings it together on rank 0, where
// state() is then what an optimizer alone would have; release() lets it go. restore() takes such a state, whole or cut by partOf(). Rank 0 keeps what it
// was given until release(), so that it can hand it on.
// Internal to core: names torch types. Threads: one at a time.
#pragma once

#include "core/optim/optimizer.h"
#include "core/optim/optimizers.h"
#include "core/ranks/team.h"
#include "core/train/ranks/checkpoint_parts.h"
#include "core/train/ranks/state_split.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace luthier::train {

class SplitOptimizer : public optim::Optimizer {
public:
    // `kind`: one that steps on each number by itself. The team must outlive it. May throw what torch throws.
    SplitOptimizer(ranks::Team& team, std::vector<nn::NamedTensor> leaves, const optim::OptimizerKind& kind, const optim::OptimizerSettings& settings,
                   std::int64_t bucket);

    const StateSplit& split() const { return m_split; }

    at::Tensor step(double learningRate) override;
    void zeroGrad() override;
    std::vector<at::Tensor> leaves() const override;
    bool isPaged() const override;
    std::int64_t pagedBytes() const override;
    bool pageOut() override;

    // What this rank has of the state a checkpoint keeps, live; of what is of no leaf, and so the same everywhere, rank 0 alone.
    std::vector<StatePiece> ownPieces() const;
    // All ranks'; may throw Broken, as step() may.
    void gather();
    void release() { m_whole.clear(); }
    // Of this rank alone where nothing is gathered: nobody may save that.
    bool isGathered() const { return !m_whole.empty(); }
    std::int64_t wholeBytes() const; // about, of the state of all ranks

    std::vector<nn::NamedTensor> state() override { return m_whole; }
    Result<void> restore(const std::vector<nn::NamedTensor>& state) override;
    // What this rank needs of a tensor of the state, so that it never has all of them.
    nn::NamedTensor partOf(const nn::NamedTensor& whole) const;
    // The leaves of all ranks become what each has of them. Behind restore(), as it may have changed them.
    void shareLeaves();

private:
    // Some buckets, and this rank's optimizer of its pieces of them; null: it has none.
    struct Stage {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::unique_ptr<optim::Optimizer> own;
    };
    struct OwnPiece {
        std::int64_t first = 0;
        at::Tensor numbers;
        std::size_t stage = 0;
    };

    void makeStages();
    at::Tensor normOfAll();
    void shareBehind(const std::function<void(Stage&)>& work);
    std::vector<at::Tensor> beginSharing(const Stage& stage);
    void putDown(const Stage& stage, const std::vector<at::Tensor>& wholes);
    std::vector<nn::NamedTensor> ownState() const;
    std::vector<std::string> kindsOfState();
    void gatherKind(const std::string& kind, const std::map<std::string, at::Tensor>& own);
    at::Tensor beginWhole(const StateSplit::Bucket& bucket, const std::vector<at::Tensor>& pieces, at::ScalarType dtype);

    ranks::Team& m_team;
    std::vector<nn::NamedTensor> m_leaves;
    std::vector<at::Tensor> m_memory; // of each bucket's leaves; undefined: they lie apart
    StateSplit m_split;
    std::map<std::string, OwnPiece> m_pieces; // by their leaf's name
    std::vector<Stage> m_stages;
    at::Tensor m_norm; // of the step
    std::vector<nn::NamedTensor> m_whole; // rank 0's, on the host
};

} // namespace luthier::train
