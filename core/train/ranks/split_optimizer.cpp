// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/split_optimizer.h"

#include "core/optim/gradient_norm.h"
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

constexpr std::int64_t kStages = 8;

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
    : m_team(team), m_leaves(std::move(leaves)), m_memory(layTogether(tensorsOf(m_leaves), team.size(), bucket)),
      m_split(splitState(tensorsOf(m_leaves), team.rank(), team.size(), bucket))
{
    makeStages();
    for (std::size_t stage = 0; stage < m_stages.size(); ++stage) {
        std::vector<nn::NamedTensor> own;
        for (std::size_t i = m_stages[stage].begin; i < m_stages[stage].end; ++i) {
            for (const StateSplit::Piece& piece : m_split.buckets[i].pieces) {
                const std::string& name = m_leaves[piece.leaf].name;
                own.push_back({name, piece.numbers});
                m_pieces[name] = {piece.first, piece.numbers, stage};
            }
        }
        if (!own.empty()) {
            m_stages[stage].own = kind.make(std::move(own), settings, optim::kPageElements);
            m_stages[stage].own->clipBy([this] { return m_norm; });
        }
    }
}

// Of like size, as far as buckets are.
void SplitOptimizer::makeStages()
{
    std::int64_t all = 0;
    for (const StateSplit::Bucket& bucket : m_split.buckets) {
        all += bucket.part;
    }
    std::int64_t taken = 0;
    for (std::size_t i = 0; i < m_split.buckets.size(); ++i) {
        if (m_stages.empty() || taken * kStages >= all * static_cast<std::int64_t>(m_stages.size())) {
            m_stages.push_back({i, i, nullptr});
        }
        m_stages.back().end = i + 1;
        taken += m_split.buckets[i].part;
    }
}

at::Tensor SplitOptimizer::normOfAll()
{
    std::vector<at::Tensor> gradients;
    for (const StateSplit::Bucket& bucket : m_split.buckets) {
        for (const StateSplit::Piece& piece : bucket.pieces) {
            if (piece.numbers.grad().defined()) {
                gradients.push_back(piece.numbers.grad());
            }
        }
    }
    // Adding zeros keeps each number; a square could leave its range.
    const at::Tensor all = at::zeros({m_team.size()}, m_leaves.front().tensor.options().dtype(at::kFloat).requires_grad(false));
    if (!gradients.empty()) {
        all.narrow(0, m_team.rank(), 1).copy_(optim::lengthOf(gradients));
    }
    m_team.sum(all);
    return at::linalg_vector_norm(all);
}

at::Tensor SplitOptimizer::step(double learningRate)
{
    const at::NoGradGuard noGrad;
    m_norm = normOfAll();
    shareBehind([learningRate](Stage& stage) {
        if (stage.own) {
            stage.own->step(learningRate);
        }
    });
    return m_norm;
}

bool SplitOptimizer::isPaged() const
{
    return std::any_of(m_stages.begin(), m_stages.end(), [](const Stage& stage) { return stage.own && stage.own->isPaged(); });
}

std::int64_t SplitOptimizer::pagedBytes() const
{
    std::int64_t bytes = 0;
    for (const Stage& stage : m_stages) {
        bytes += stage.own ? stage.own->pagedBytes() : 0;
    }
    return bytes;
}

bool SplitOptimizer::pageOut()
{
    bool any = false;
    for (Stage& stage : m_stages) {
        any = (stage.own && stage.own->pageOut()) || any;
    }
    return any;
}

void SplitOptimizer::zeroGrad()
{
    for (nn::NamedTensor& leaf : m_leaves) {
        leaf.tensor.mutable_grad().reset();
    }
    for (Stage& stage : m_stages) {
        if (stage.own) {
            stage.own->zeroGrad();
        }
    }
}

std::vector<at::Tensor> SplitOptimizer::leaves() const
{
    return tensorsOf(m_leaves);
}

void SplitOptimizer::shareLeaves()
{
    const at::NoGradGuard noGrad;
    shareBehind([](Stage&) {});
}

// What a stage gave travels while the next ones work, and leaves that lie apart are put down behind the last. The first leaves, embeddings,
// are the largest: they go first.
void SplitOptimizer::shareBehind(const std::function<void(Stage&)>& work)
{
    std::vector<std::vector<at::Tensor>> coming(m_stages.size());
    for (std::size_t i = m_stages.size(); i-- > 0;) {
        work(m_stages[i]);
        coming[i] = beginSharing(m_stages[i]);
    }
    m_team.joinSums();
    for (std::size_t i = 0; i < m_stages.size(); ++i) {
        putDown(m_stages[i], coming[i]);
    }
}

std::vector<at::Tensor> SplitOptimizer::beginSharing(const Stage& stage)
{
    std::vector<at::Tensor> wholes;
    for (std::size_t i = stage.begin; i < stage.end; ++i) {
        const StateSplit::Bucket& bucket = m_split.buckets[i];
        if (m_memory[i].defined()) {
            const std::int64_t first = bucket.part * m_team.rank();
            m_team.gatherBeside(m_memory[i].narrow(0, first, bucket.part).view(at::kByte), m_memory[i].view(at::kByte));
            wholes.emplace_back();
            continue;
        }
        std::vector<at::Tensor> pieces;
        for (const StateSplit::Piece& piece : bucket.pieces) {
            pieces.push_back(piece.numbers);
        }
        wholes.push_back(beginWhole(bucket, pieces, m_leaves[bucket.leaves.begin].tensor.scalar_type()));
    }
    return wholes;
}

void SplitOptimizer::putDown(const Stage& stage, const std::vector<at::Tensor>& wholes)
{
    std::vector<at::Tensor> targets;
    std::vector<at::Tensor> sources;
    for (std::size_t i = stage.begin; i < stage.end; ++i) {
        if (!wholes[i - stage.begin].defined()) {
            continue; // it came to its place
        }
        const LeafRange range = m_split.buckets[i].leaves;
        std::int64_t at = 0;
        for (std::size_t leaf = range.begin; leaf < range.end; ++leaf) {
            targets.push_back(m_leaves[leaf].tensor.detach().view({-1}));
            sources.push_back(wholes[i - stage.begin].narrow(0, at, targets.back().numel()));
            at += targets.back().numel();
        }
    }
    if (!targets.empty()) {
        at::_foreach_copy_(targets, sources);
    }
}

// `pieces` of the bucket's, behind each other as on all ranks; it is there once joinSums() was called.
at::Tensor SplitOptimizer::beginWhole(const StateSplit::Bucket& bucket, const std::vector<at::Tensor>& pieces, at::ScalarType dtype)
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
    m_team.gatherBeside(own.view(at::kByte), whole.view(at::kByte));
    return whole;
}

std::vector<nn::NamedTensor> SplitOptimizer::ownState() const
{
    std::vector<nn::NamedTensor> all;
    for (const Stage& stage : m_stages) {
        for (nn::NamedTensor& one : stage.own ? stage.own->state() : std::vector<nn::NamedTensor>()) {
            const bool isOfLeaf = m_pieces.contains(kindAndLeaf(one.name).second);
            if (isOfLeaf || std::none_of(all.begin(), all.end(), [&](const nn::NamedTensor& known) { return known.name == one.name; })) {
                all.push_back(std::move(one)); // what is of no leaf is the same of all
            }
        }
    }
    return all;
}

std::vector<StatePiece> SplitOptimizer::ownPieces() const
{
    std::map<std::string, std::vector<std::int64_t>> sizes;
    for (const nn::NamedTensor& leaf : m_leaves) {
        sizes[leaf.name] = leaf.tensor.sizes().vec();
    }
    std::vector<StatePiece> pieces;
    for (const nn::NamedTensor& one : ownState()) {
        const std::string leaf = kindAndLeaf(one.name).second;
        if (const auto piece = m_pieces.find(leaf); piece != m_pieces.end()) {
            pieces.push_back({one.name, one.tensor, piece->second.first, sizes.at(leaf)});
        } else if (m_team.leads()) {
            pieces.push_back({one.name, one.tensor});
        }
    }
    return pieces;
}

// All ranks have the same, though one may have no piece to tell it by.
std::vector<std::string> SplitOptimizer::kindsOfState()
{
    std::string own;
    std::vector<std::string> known;
    for (const nn::NamedTensor& one : ownState()) {
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
    for (const nn::NamedTensor& one : ownState()) {
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
        const at::Tensor whole = beginWhole(bucket, pieces, at::kFloat);
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
    for (const nn::NamedTensor& one : ownState()) {
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
    std::vector<std::vector<nn::NamedTensor>> ofStages(m_stages.size());
    for (const nn::NamedTensor& one : state) {
        nn::NamedTensor part = one.tensor.defined() ? partOf(one) : one;
        const auto piece = m_pieces.find(kindAndLeaf(one.name).second);
        if (piece != m_pieces.end()) {
            ofStages[piece->second.stage].push_back(std::move(part));
        } else if (part.tensor.defined()) { // of no leaf, or of none that there is; else this rank has nothing of it
            for (auto& ofStage : ofStages) {
                ofStage.push_back(part);
            }
        }
    }
    for (std::size_t i = 0; i < m_stages.size(); ++i) {
        auto restored = m_stages[i].own ? m_stages[i].own->restore(ofStages[i]) : Result<void>();
        if (!restored) {
            return restored;
        }
    }
    if (m_team.leads()) {
        m_whole = state;
    }
    return {};
}

} // namespace luthier::train
