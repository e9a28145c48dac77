// SPDX-License-Identifier: GPL-3.0-or-later
// RankSum: the gradients of a step, summed over the ranks that share it. Little that is trained lies in one tensor and is summed
// at once. Much goes in buckets of neighbours, from the last leaf to the first as a backward pass comes to them, each as soon as
// the step's last pass has given it all its gradients: what is left of that pass is computed meanwhile. How often a pass comes to
// a leaf is learned in the first step. Sums are fp32, whatever the leaves are.
// Where ranks split what they step on (state_split.h), a rank gets its part of each bucket's sum alone: its pieces have gradients then, and the
// leaves none. Gradients of a single pass travel in the leaves' own dtype then, and are added up in fp32. With several passes in a step that is
// behind the last one, of what added up in fp32 on each rank, or behind each, so that no rank ever has gradients of all numbers. Internal to core: names torch types.
#pragma once

#include "core/ranks/team.h"
#include "core/train/ranks/state_buckets.h"
#include "core/train/ranks/state_split.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace luthier::train {

class RankSum {
public:
    // `small`: gradients stay in one tensor (places()). The team must outlive it.
    RankSum(ranks::Team& team, std::vector<at::Tensor> leaves, bool small, std::int64_t values, std::int64_t bucket = kBucket);
    // Each rank gets a part, of the split's buckets; team and split must outlive it.
    RankSum(ranks::Team& team, std::vector<at::Tensor> leaves, const StateSplit& split);
    ~RankSum();
    RankSum(const RankSum&) = delete;
    RankSum& operator=(const RankSum&) = delete;

    // Where small gradients lie, a leaf each; they add up there in fp32.
    const std::vector<at::Tensor>& places() const { return m_places; }
    // A pass gave this leaf a gradient.
    void touch(std::size_t leaf) { m_touched[leaf] = true; }

    // Parts are summed behind each pass. Before the first step; all ranks.
    void sumEachPass() { m_eachPass = m_split != nullptr; }

    // The step's passes begin. `passes`: of the rank that has most; the same on all ranks.
    void begin(std::int64_t passes = 0);
    // Of the step before this one, as a card saw it: seconds in its passes, and from their end until the sums were there. Nothing
    // on a processor, where the team's own waiting says it.
    struct Timing {
        double working = 0;
        double waiting = 0;
    };
    std::optional<Timing> timing() const;

    // This rank's passes of the step are done; what follows is waiting for others. sum() says so by itself.
    void endPasses();

    // A backward pass begins, and after it come so many of this rank's step.
    void beginPass(std::int64_t more);
    void endPass();
    // Some buckets are summed already: the step cannot be computed again.
    bool hasBegun() const { return m_next > 0 || m_rounds > 0; }

    // Behind the last pass: the leaves' gradients and `values` become those of all ranks. A leaf that no pass of any rank gave a
    // gradient has none.
    void sum(at::Tensor& values);

private:
    void agreeOnTouched();
    void endRound();
    struct Bucket {
        std::size_t begin = 0; // leaves
        std::size_t end = 0;
        std::size_t waiting = 0; // of them for gradients of the last pass
        at::Tensor sum;          // of all, or this rank's part of it
        at::Tensor come;         // of the pass before this one's end, until it is added to that
        const StateSplit::Bucket* split = nullptr;
    };
    struct Hook;
    struct Marks {
        std::optional<c10::Event> begun;
        std::optional<c10::Event> passed;
        std::optional<c10::Event> summed;
    };

    void mark(std::optional<c10::Event>& event) const;
    void sumAll(at::Tensor& values);

    void makeBuckets(const std::vector<LeafRange>& ranges);
    void watchLeaves();
    void came(std::size_t leaf);
    void send(Bucket& bucket);
    at::Tensor packed(const Bucket& bucket, std::int64_t numbers);
    void take(Bucket& bucket);

    ranks::Team& m_team;
    const StateSplit* m_split = nullptr;
    std::vector<at::Tensor> m_leaves;
    at::Tensor m_flat; // [numbers of all leaves + values]
    std::vector<at::Tensor> m_places;
    std::vector<bool> m_touched;
    bool m_allTouched = false;
    std::array<Marks, 2> m_marks; // of this step and the one before
    std::size_t m_turn = 0;

    std::vector<Bucket> m_buckets; // in the order they are summed, on every rank
    std::vector<std::size_t> m_bucketOf;
    std::size_t m_next = 0;        // bucket to sum
    bool m_eachPass = false;
    std::int64_t m_passes = 0;     // that are summed
    std::int64_t m_rounds = 0;     // of them, that were
    bool m_last = false;           // a pass that is summed goes on
    bool m_learned = false;        // how often a pass comes to each leaf
    bool m_late = false;           // a gradient came behind its bucket
    std::vector<int> m_comes;
    std::vector<int> m_came;
    std::vector<std::shared_ptr<void>> m_hooked; // what holds the hooks
    std::shared_ptr<Hook> m_hook;
};

} // namespace luthier::train
