// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/rank_sum.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

namespace luthier::train {

// What hooks know of: they may outlive the sums, on leaves that are trained on.
struct RankSum::Hook {
    RankSum* owner = nullptr;
};

RankSum::~RankSum()
{
    if (m_hook) {
        m_hook->owner = nullptr;
    }
}

RankSum::RankSum(ranks::Team& team, std::vector<at::Tensor> leaves, bool small, std::int64_t values, std::int64_t bucket)
    : m_team(team), m_leaves(std::move(leaves)), m_touched(m_leaves.size(), false)
{
    if (!small || m_leaves.empty()) {
        makeBuckets(leafBuckets(m_leaves, bucket));
        watchLeaves();
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

RankSum::RankSum(ranks::Team& team, std::vector<at::Tensor> leaves, const StateSplit& split)
    : m_team(team), m_split(&split), m_leaves(std::move(leaves)), m_touched(m_leaves.size(), false)
{
    std::vector<LeafRange> ranges;
    for (const StateSplit::Bucket& bucket : split.buckets) {
        ranges.push_back(bucket.leaves);
    }
    makeBuckets(ranges);
    for (std::size_t i = 0; i < m_buckets.size(); ++i) {
        m_buckets[i].split = &split.buckets[i];
    }
    watchLeaves();
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

void RankSum::mark(std::optional<c10::Event>& event) const
{
    const at::Device device = m_leaves.front().device();
    const c10::impl::VirtualGuardImpl guard(device.type());
    event.emplace(device.type(), c10::EventFlag::BACKEND_DEFAULT); // which takes the time
    event->record(guard.getStream(device));
}

void RankSum::begin(std::int64_t passes)
{
    m_passes = passes;
    if (m_leaves.empty() || m_leaves.front().is_cpu()) {
        return;
    }
    m_turn = 1 - m_turn;
    m_marks[m_turn] = {};
    mark(m_marks[m_turn].begun);
}

std::optional<RankSum::Timing> RankSum::timing() const
{
    const Marks& before = m_marks[1 - m_turn];
    if (!before.summed || !before.summed->query()) {
        return std::nullopt;
    }
    return Timing{before.begun->elapsedTime(*before.passed) / 1000, before.passed->elapsedTime(*before.summed) / 1000};
}

void RankSum::endPasses()
{
    Marks& marks = m_marks[m_turn];
    if (marks.begun && !marks.passed) {
        mark(marks.passed);
    }
}

void RankSum::sum(at::Tensor& values)
{
    endPasses();
    sumAll(values);
    if (m_marks[m_turn].begun) {
        mark(m_marks[m_turn].summed);
    }
}

void RankSum::sumAll(at::Tensor& values)
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
    do { // who has fewer passes than others brings zeros
        endRound();
    } while (m_eachPass && m_rounds < m_passes);
    agreeOnTouched();
    for (Bucket& bucket : m_buckets) {
        take(bucket);
    }
    m_rounds = 0;
    m_team.sum(values);
}

// What is left of a pass's gradients is sent, and all of them are awaited.
void RankSum::endRound()
{
    if (m_eachPass && m_rounds > 0 && m_rounds >= m_passes) {
        return;
    }
    m_last = false;
    if (!m_learned && std::any_of(m_came.begin(), m_came.end(), [](int times) { return times > 0; })) {
        m_comes = m_came;
        m_learned = true;
    }
    TORCH_CHECK(!m_late, "a gradient came when those of its bucket were summed already");
    while (m_next < m_buckets.size()) {
        send(m_buckets[m_next++]);
    }
    m_team.joinSums();
    for (Bucket& bucket : m_buckets) {
        if (bucket.come.defined()) {
            bucket.sum = bucket.sum.defined() ? bucket.sum.add_(bucket.come) : bucket.come;
            bucket.come.reset();
        }
    }
    m_next = 0;
    ++m_rounds;
}

void RankSum::makeBuckets(const std::vector<LeafRange>& ranges)
{
    m_bucketOf.resize(m_leaves.size());
    for (const auto [begin, end] : ranges) {
        std::fill(m_bucketOf.begin() + static_cast<std::ptrdiff_t>(begin), m_bucketOf.begin() + static_cast<std::ptrdiff_t>(end), m_buckets.size());
        m_buckets.push_back({begin, end, 0, {}, {}, nullptr});
    }
}

void RankSum::watchLeaves()
{
    m_came.assign(m_leaves.size(), 0);
    m_hook = std::make_shared<Hook>(Hook{this});
    for (std::size_t i = 0; i < m_leaves.size(); ++i) {
        auto node = torch::autograd::impl::grad_accumulator(m_leaves[i]);
        node->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
            [hook = m_hook, i](const torch::autograd::variable_list& outputs, const torch::autograd::variable_list&) {
                if (hook->owner) {
                    hook->owner->came(i);
                }
                return outputs;
            }));
        m_hooked.push_back(std::make_shared<decltype(node)>(node));
    }
}

void RankSum::beginPass(std::int64_t more)
{
    // Others add up here: where memory was short a rank has more passes than were agreed on, and one before them that came to nothing.
    m_last = !m_buckets.empty() && more < (m_eachPass ? std::max<std::int64_t>(1, m_passes) : 1);
    if (!m_last) {
        return;
    }
    m_came.assign(m_leaves.size(), 0);
    for (Bucket& bucket : m_buckets) {
        bucket.waiting = 0;
        for (std::size_t i = bucket.begin; m_learned && i < bucket.end; ++i) {
            bucket.waiting += m_comes[i] > 0 ? 1 : 0;
        }
    }
}

void RankSum::endPass()
{
    if (m_eachPass && m_last) {
        endRound();
    }
}

void RankSum::came(std::size_t leaf)
{
    if (!m_last) {
        return;
    }
    ++m_came[leaf];
    if (!m_learned) {
        return;
    }
    m_late = m_late || m_bucketOf[leaf] < m_next;
    if (m_came[leaf] == m_comes[leaf]) {
        --m_buckets[m_bucketOf[leaf]].waiting;
    }
    while (m_next < m_buckets.size() && m_buckets[m_next].waiting == 0) {
        send(m_buckets[m_next++]);
    }
}

void RankSum::send(Bucket& bucket)
{
    if (m_split) {
        bucket.come = at::empty({bucket.split->part}, m_leaves[bucket.begin].options().dtype(at::kFloat).requires_grad(false));
        m_team.sumPartBeside(packed(bucket, bucket.split->part * m_split->ranks), bucket.come);
        return;
    }
    std::int64_t elements = 0;
    for (std::size_t i = bucket.begin; i < bucket.end; ++i) {
        elements += m_leaves[i].numel();
    }
    bucket.sum = packed(bucket, elements);
    m_team.sumBeside(bucket.sum);
}

// The leaves' gradients behind each other, and zeros up to `numbers`. They are the leaves' own then, or, where parts are summed, gone.
at::Tensor RankSum::packed(const Bucket& bucket, std::int64_t numbers)
{
    const at::Tensor& first = m_leaves[bucket.begin];
    const auto dtype = m_split && (m_passes == 1 || m_eachPass) ? first.scalar_type() : at::kFloat;
    const at::Tensor gradient = first.grad();
    if (m_split && bucket.end - bucket.begin == 1 && gradient.defined() && gradient.scalar_type() == dtype && gradient.numel() == numbers
        && gradient.is_contiguous()) {
        m_touched[bucket.begin] = true;
        first.mutable_grad().reset();
        return gradient.view({-1}); // as it is: the largest leaf comes last, and everybody waits for it
    }
    const at::Tensor sum = at::empty({numbers}, first.options().dtype(dtype).requires_grad(false));
    std::int64_t at = 0;
    for (std::size_t i = bucket.begin; i < bucket.end; ++i) {
        const at::Tensor place = sum.narrow(0, at, m_leaves[i].numel()).view(m_leaves[i].sizes());
        at += m_leaves[i].numel();
        if (m_leaves[i].grad().defined()) {
            m_touched[i] = true;
            place.copy_(m_leaves[i].grad());
        } else {
            place.zero_();
        }
        m_leaves[i].mutable_grad() = m_split ? at::Tensor() : place; // the one before goes
    }
    if (at < numbers) {
        sum.narrow(0, at, numbers - at).zero_();
    }
    return sum;
}

void RankSum::take(Bucket& bucket)
{
    for (std::size_t i = bucket.begin; i < bucket.end; ++i) {
        if (!m_touched[i]) {
            m_leaves[i].mutable_grad().reset();
        }
    }
    if (bucket.split != nullptr) {
        for (const StateSplit::Piece& piece : bucket.split->pieces) {
            at::Tensor numbers = piece.numbers;
            numbers.mutable_grad() = m_touched[piece.leaf] ? bucket.sum.narrow(0, piece.place, numbers.numel()).view(numbers.sizes()) : at::Tensor();
        }
    }
    bucket.sum.reset(); // the gradients hold it
}

} // namespace luthier::train
