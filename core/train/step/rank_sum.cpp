// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/rank_sum.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kBucketElements = std::int64_t{1} << 25; // 128 MiB beside the gradients

} // namespace

RankSum::RankSum(ranks::Team& team, std::vector<at::Tensor> leaves, bool small, std::int64_t values)
    : m_team(team), m_leaves(std::move(leaves)), m_touched(m_leaves.size(), false)
{
    if (!small || m_leaves.empty()) {
        return;
    }
    std::int64_t count = values;
    for (const at::Tensor& leaf : m_leaves) {
        count += leaf.numel();
    }
    m_flat = at::zeros({count}, m_leaves.front().options().dtype(at::kFloat).requires_grad(false));
    std::int64_t begin = 0;
    for (const at::Tensor& leaf : m_leaves) {
        m_places.push_back(m_flat.narrow(0, begin, leaf.numel()).view(leaf.sizes()));
        begin += leaf.numel();
    }
}

// Some leaf may have no part in what is trained; an optimizer leaves those alone, which zeros would not be.
void RankSum::agreeOnTouched()
{
    if (m_allTouched) {
        return;
    }
    std::vector<double> counts(m_touched.begin(), m_touched.end());
    counts = m_team.sums(std::move(counts));
    for (std::size_t i = 0; i < counts.size(); ++i) {
        m_touched[i] = counts[i] > 0;
    }
    m_allTouched = std::all_of(m_touched.begin(), m_touched.end(), [](bool touched) { return touched; });
}

void RankSum::sum(at::Tensor& values)
{
    if (m_flat.defined()) {
        agreeOnTouched();
        const at::Tensor tail = m_flat.narrow(0, m_flat.numel() - values.numel(), values.numel());
        tail.copy_(values);
        m_team.sum(m_flat);
        values.copy_(tail);
        for (std::size_t i = 0; i < m_leaves.size(); ++i) {
            if (!m_touched[i]) {
                m_leaves[i].mutable_grad().reset();
            }
        }
        return;
    }
    for (std::size_t i = 0; i < m_leaves.size(); ++i) {
        m_touched[i] = m_touched[i] || m_leaves[i].grad().defined();
    }
    agreeOnTouched();
    m_team.sum(values);
    sumBuckets();
}

void RankSum::sumBuckets()
{
    std::size_t begin = 0;
    std::int64_t elements = 0;
    for (std::size_t i = 0; i < m_leaves.size(); ++i) {
        elements += m_leaves[i].numel();
        if (elements >= kBucketElements || i + 1 == m_leaves.size()) {
            sumBucket(begin, i + 1);
            begin = i + 1;
            elements = 0;
        }
    }
}

void RankSum::sumBucket(std::size_t begin, std::size_t end)
{
    std::int64_t elements = 0;
    for (std::size_t i = begin; i < end; ++i) {
        elements += m_leaves[i].numel();
    }
    const at::Tensor bucket = at::zeros({elements}, m_leaves[begin].options().dtype(at::kFloat).requires_grad(false));
    const auto placeOf = [&bucket, at = std::int64_t{0}](const at::Tensor& leaf) mutable {
        const at::Tensor place = bucket.narrow(0, at, leaf.numel()).view(leaf.sizes());
        at += leaf.numel();
        return place;
    };
    auto into = placeOf;
    for (std::size_t i = begin; i < end; ++i) {
        const at::Tensor place = into(m_leaves[i]);
        if (m_leaves[i].grad().defined()) {
            place.copy_(m_leaves[i].grad());
        }
    }
    m_team.sum(bucket);
    auto from = placeOf;
    for (std::size_t i = begin; i < end; ++i) {
        const at::Tensor place = from(m_leaves[i]);
        at::Tensor& gradient = m_leaves[i].mutable_grad();
        if (!m_touched[i]) {
            gradient.reset();
        } else if (gradient.defined() && gradient.scalar_type() == at::kFloat) {
            gradient.copy_(place);
        } else {
            gradient = place.clone();
        }
    }
}

} // namespace luthier::train
