// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/split_optimizer.h"

#include "core/optim/state_copies.h"

#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

namespace luthier::train {

namespace {

std::vector<at::Tensor> tensorsOf(const std::vector<nn::NamedTensor>& named)
{
    std::vector<at::Tensor> tensors;
    for (const nn::NamedTensor& one : named) {
        tensors.push_back(one.tensor);
    }
    return tensors;
}

// "exp_avg" and "model.norm.weight" of "exp_avg.model.norm.weight"; of a name without a point the first is empty.
std::pair<std::string, std::string> kindAndLeaf(const std::string& name)
{
    const auto point = name.find('.');
    return point == std::string::npos ? std::pair{std::string(), name} : std::pair{name.substr(0, point), name.substr(point + 1)};
}

const std::string& masters()
{
    static const std::string kind = optim::kMaster.substr(0, optim::kMaster.size() - 1);
    return kind;
}

} // namespace

SplitOptimizer::SplitOptimizer(ranks::Team& team, std::vector<nn::NamedTensor> leaves, const optim::OptimizerKind& kind,
                               const optim::OptimizerSettings& settings, std::int64_t bucket)
    : m_team(team), m_leaves(std::move(leaves)), m_split(splitState(tensorsOf(m_leaves), team.rank(), team.size(), bucket))
{
    std::vector<nn::NamedTensor> own;
    for (const StateSplit::Bucket& bucketOfLeaves : m_split.buckets) {
        for (const StateSplit::Piece& piece : bucketOfLeaves.pieces) {
            const std::string& name = m_leaves[piece.leaf].name;
            own.push_back({name, piece.numbers});
            m_pieces[name] = {piece.first, piece.numbers};
        }
    }
    m_own = kind.make(std::move(own), settings, optim::kPageElements);
    m_own->joinNorms([this](const at::Tensor& norm) {
        // Adding zeros keeps each number; a square could leave its range.
        const at::Tensor all = at::zeros({m_team.size()}, m_leaves.front().tensor.options().dtype(at::kFloat).requires_grad(false));
        all.narrow(0, m_team.rank(), 1).copy_(norm);
        m_team.sum(all);
        return at::linalg_vector_norm(all);
    });
}

at::Tensor SplitOptimizer::step(double learningRate)
{
    const at::Tensor norm = m_own->step(learningRate);
    shareLeaves();
    return norm;
}

void SplitOptimizer::zeroGrad()
{
    for (nn::NamedTensor& leaf : m_leaves) {
        leaf.tensor.mutable_grad().reset();
    }
    m_own->zeroGrad();
}

std::vector<at::Tensor> SplitOptimizer::leaves() const
{
    return tensorsOf(m_leaves);
}

// A bucket comes from the others while the one before is put in its places.
void SplitOptimizer::shareLeaves()
{
    const at::NoGradGuard noGrad;
    const auto putDown = [this](const StateSplit::Bucket& bucket, const at::Tensor& whole) {
        std::vector<at::Tensor> targets;
        std::vector<at::Tensor> sources;
        std::int64_t at = 0;
        for (std::size_t i = bucket.leaves.begin; i < bucket.leaves.end; ++i) {
            const at::Tensor leaf = m_leaves[i].tensor.detach();
            targets.push_back(leaf.view({-1}));
            sources.push_back(whole.narrow(0, at, leaf.numel()));
            at += leaf.numel();
        }
        at::_foreach_copy_(targets, sources);
    };
    const StateSplit::Bucket* before = nullptr;
    at::Tensor wholeBefore;
    for (const StateSplit::Bucket& bucket : m_split.buckets) {
        std::vector<at::Tensor> pieces;
        for (const StateSplit::Piece& piece : bucket.pieces) {
            pieces.push_back(piece.numbers);
        }
        const at::Tensor whole = wholeOf(bucket, pieces, m_leaves[bucket.leaves.begin].tensor.scalar_type());
        if (before != nullptr) {
            putDown(*before, wholeBefore);
        }
        before = &bucket;
        wholeBefore = whole;
    }
    m_team.joinSums();
    if (before != nullptr) {
        putDown(*before, wholeBefore);
    }
}

// `pieces` of the bucket's, behind each other as on all ranks; there once joinSums() was called, which is done here for the bucket before.
at::Tensor SplitOptimizer::wholeOf(const StateSplit::Bucket& bucket, const std::vector<at::Tensor>& pieces, at::ScalarType dtype)
{
    const auto options = m_leaves[bucket.leaves.begin].tensor.options().dtype(dtype).requires_grad(false);
    const at::Tensor whole = at::empty({bucket.part * m_split.ranks}, options);
    const at::Tensor own = whole.narrow(0, bucket.part * m_team.rank(), bucket.part); // where it goes, too
    std::vector<at::Tensor> targets;
    std::vector<at::Tensor> sources;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        sources.push_back(pieces[i].detach().reshape({-1}));
        targets.push_back(own.narrow(0, bucket.pieces[i].place, sources.back().numel()));
    }
    if (!targets.empty()) {
        at::_foreach_copy_(targets, sources);
    }
    m_team.joinSums();
    m_team.gatherBeside(own.view(at::kByte), whole.view(at::kByte));
    return whole;
}

// All ranks have the same, though one may have no piece to tell it by.
std::vector<std::string> SplitOptimizer::kindsOfState()
{
    std::string own;
    std::vector<std::string> known;
    for (const nn::NamedTensor& one : m_own->state()) {
        const auto [kind, leaf] = kindAndLeaf(one.name);
        if (!kind.empty() && m_pieces.contains(leaf) && std::find(known.begin(), known.end(), kind) == known.end()) {
            known.push_back(kind);
            own += kind + "\n";
        }
    }
    const auto all = m_team.texts(own);
    const std::string most = *std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    std::vector<std::string> kinds;
    for (std::size_t at = 0; at < most.size(); at = most.find('\n', at) + 1) {
        kinds.push_back(most.substr(at, most.find('\n', at) - at));
    }
    std::sort(kinds.begin(), kinds.end());
    return kinds;
}

void SplitOptimizer::gather()
{
    const at::NoGradGuard noGrad;
    release();
    std::map<std::string, at::Tensor> own;
    for (const nn::NamedTensor& one : m_own->state()) {
        own[one.name] = one.tensor;
        if (m_team.leads() && !m_pieces.contains(kindAndLeaf(one.name).second)) {
            m_whole.push_back({one.name, one.tensor.to(at::kCPU)});
        }
    }
    for (const std::string& kind : kindsOfState()) {
        gatherKind(kind, own);
    }
}

void SplitOptimizer::gatherKind(const std::string& kind, const std::map<std::string, at::Tensor>& own)
{
    for (const StateSplit::Bucket& bucket : m_split.buckets) {
        if (kind == masters() && m_leaves[bucket.leaves.begin].tensor.scalar_type() == at::kFloat) {
            continue; // such leaves have none
        }
        std::vector<at::Tensor> pieces;
        for (const StateSplit::Piece& piece : bucket.pieces) {
            pieces.push_back(own.at(kind + "." + m_leaves[piece.leaf].name));
        }
        const at::Tensor whole = wholeOf(bucket, pieces, at::kFloat);
        m_team.joinSums();
        std::int64_t at = 0;
        for (std::size_t i = bucket.leaves.begin; i < bucket.leaves.end; ++i) {
            const at::Tensor& leaf = m_leaves[i].tensor;
            if (m_team.leads()) {
                const at::Tensor numbers = whole.narrow(0, at, leaf.numel());
                m_whole.push_back({kind + "." + m_leaves[i].name, (numbers.is_cpu() ? numbers.clone() : numbers.to(at::kCPU)).view(leaf.sizes())});
            }
            at += leaf.numel();
        }
    }
}

std::int64_t SplitOptimizer::wholeBytes() const
{
    std::int64_t bytes = 0;
    for (const nn::NamedTensor& one : m_own->state()) {
        bytes += static_cast<std::int64_t>(one.tensor.nbytes());
    }
    return bytes * m_team.size();
}

nn::NamedTensor SplitOptimizer::partOf(const nn::NamedTensor& whole) const
{
    const auto [kind, leaf] = kindAndLeaf(whole.name);
    const auto named = std::find_if(m_leaves.begin(), m_leaves.end(), [&name = leaf](const nn::NamedTensor& one) { return one.name == name; });
    if (kind.empty() || named == m_leaves.end() || !whole.tensor.sizes().equals(named->tensor.sizes())) {
        return whole;
    }
    const auto piece = m_pieces.find(leaf);
    if (piece == m_pieces.end()) {
        return {whole.name, {}};
    }
    const OwnPiece& own = piece->second;
    return {whole.name, whole.tensor.reshape({-1}).narrow(0, own.first, own.numbers.numel()).clone().view(own.numbers.sizes())};
}

Result<void> SplitOptimizer::restore(const std::vector<nn::NamedTensor>& state)
{
    std::vector<nn::NamedTensor> own;
    for (const nn::NamedTensor& one : state) {
        if (!one.tensor.defined()) {
            continue; // cut, and this rank has nothing of it
        }
        nn::NamedTensor part = partOf(one);
        if (part.tensor.defined()) {
            own.push_back(std::move(part));
        }
    }
    auto restored = m_own->restore(own);
    if (restored && m_team.leads()) {
        m_whole = state;
    }
    return restored;
}

} // namespace luthier::train
