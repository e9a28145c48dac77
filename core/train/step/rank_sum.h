// SPDX-License-Identifier: GPL-3.0-or-later
// RankSum: the gradients of a step, summed over the ranks that share it. Little that is trained lies in one tensor and is summed
// at once; much goes bucket by bucket. Sums are fp32, whatever the leaves are. Internal to core: names torch types.
#pragma once

#include "core/ranks/team.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace luthier::train {

class RankSum {
public:
    // `small`: gradients stay in one tensor (places()). The team must outlive it.
    RankSum(ranks::Team& team, std::vector<at::Tensor> leaves, bool small, std::int64_t values);

    // Where small gradients lie, a leaf each; they add up there in fp32.
    const std::vector<at::Tensor>& places() const { return m_places; }
    // A pass gave this leaf a gradient.
    void touch(std::size_t leaf) { m_touched[leaf] = true; }

    // Behind the last pass: the leaves' gradients and `values` become those of all ranks. A leaf that no pass of any rank gave a
    // gradient has none.
    void sum(at::Tensor& values);

private:
    void agreeOnTouched();
    void sumBuckets();
    void sumBucket(std::size_t begin, std::size_t end);

    ranks::Team& m_team;
    std::vector<at::Tensor> m_leaves;
    at::Tensor m_flat; // [numbers of all leaves + values]
    std::vector<at::Tensor> m_places;
    std::vector<bool> m_touched;
    bool m_allTouched = false;
};

} // namespace luthier::train
