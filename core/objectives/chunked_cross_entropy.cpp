// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/chunked_cross_entropy.h"

#include "core/nn/autograd_node.h"
#include "core/nn/kernels/kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::objectives {

namespace {

constexpr std::int64_t kNoTarget = -100;
// Logits of a chunk, in fp32: large enough for the matrix product's best speed, small beside the weights.
constexpr std::int64_t kCpuBytes = std::int64_t{32} << 20;
constexpr std::int64_t kGpuBytes = std::int64_t{1} << 30;

std::int64_t rowsOf(const at::Tensor& head, std::int64_t asked)
{
    const std::int64_t bytes = head.is_cpu() ? kCpuBytes : kGpuBytes;
    return asked > 0 ? asked : std::clamp<std::int64_t>(bytes / (4 * head.size(0)), 64, 8192);
}

// Rows that have a target, and their targets, both on the device of the hidden states.
struct Rows {
    at::Tensor index;   // undefined: all rows
    at::Tensor targets; // [M]
};

Rows rowsWithTargets(const at::Tensor& targets, at::Device device)
{
    if (!targets.is_cpu()) {
        return {{}, targets};
    }
    const at::Tensor index = targets.ne(kNoTarget).nonzero().squeeze(1);
    const bool all = index.size(0) == targets.size(0);
    return {all ? at::Tensor() : index.to(device, true), targets.index_select(0, index).to(device, true)};
}

// Capped logits [rows, V] fp32; `slope`, when asked for, is the cap's derivative.
at::Tensor logitsOf(const at::Tensor& rows, const at::Tensor& head, double softcap, at::Tensor* slope = nullptr)
{
    at::Tensor logits = rows.mm(head.t()).to(at::kFloat);
    if (softcap > 0) {
        logits.div_(softcap).tanh_();
        if (slope) {
            *slope = logits.square().neg_().add_(1);
        }
        logits.mul_(softcap);
    }
    return logits;
}

struct Chunk {
    at::Tensor lse;     // [rows, 1]
    at::Tensor losses;  // [rows], 0 without a target
    at::Tensor present; // [rows, 1] fp32, 1 where there is a target
    at::Tensor index;   // [rows, 1] targets, 0 where there is none
};

Chunk lossesOf(const at::Tensor& logits, const at::Tensor& targets)
{
    Chunk chunk;
    const at::Tensor has = targets.ne(kNoTarget);
    chunk.present = has.to(at::kFloat).unsqueeze(1);
    chunk.index = targets.clamp_min(0).unsqueeze(1);
    chunk.lse = logits.logsumexp(-1, true);
    chunk.losses = ((chunk.lse - logits.gather(1, chunk.index)) * chunk.present).squeeze(1);
    return chunk;
}

class CrossEntropy : public nn::Computation {
public:
    CrossEntropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                 const CrossEntropySettings& settings)
        : m_hidden(hidden.detach()), m_head(head.detach()), m_targets(targets), m_settings(settings),
          m_wantHidden(hidden.requires_grad()), m_wantHead(head.requires_grad())
    {
    }

    std::vector<at::Tensor> forward() override
    {
        const Rows rows = rowsWithTargets(m_targets, m_hidden.device());
        const at::Tensor picked = rows.index.defined() ? m_hidden.index_select(0, rows.index) : m_hidden;
        at::Tensor total = at::zeros({}, m_hidden.options().dtype(at::kFloat));
        at::Tensor gradPicked = m_wantHidden ? at::empty(picked.sizes(), picked.options()) : at::Tensor();
        if (m_wantHead) {
            m_gradHead = at::zeros(m_head.sizes(), m_head.options().dtype(at::kFloat));
        }
        const std::int64_t step = rowsOf(m_head, m_settings.chunkRows);
        for (std::int64_t first = 0; first < picked.size(0); first += step) {
            const std::int64_t count = std::min(step, picked.size(0) - first);
            total.add_(addChunk(picked.narrow(0, first, count), rows.targets.narrow(0, first, count),
                                m_wantHidden ? gradPicked.narrow(0, first, count) : at::Tensor()));
        }
        spread(rows, gradPicked);
        m_hidden.reset();
        m_targets.reset();
        return {total.mul_(m_settings.scale)};
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        return {m_wantHidden ? m_gradHidden.mul_(grads[0]) : at::Tensor(),
                m_wantHead ? m_gradHead.mul_(grads[0]).to(m_head.scalar_type()) : at::Tensor()};
    }

private:
    // The chunk's loss; its gradients go to `gradRows` and the head's sum.
    at::Tensor addChunk(const at::Tensor& rows, const at::Tensor& targets, const at::Tensor& gradRows)
    {
        if (m_settings.softcap == 0) {
            const at::Tensor logits = rows.mm(m_head.t());
            const bool gradient = m_wantHidden || m_wantHead;
            if (const at::Tensor losses = nn::kernels::tokenLosses(logits, targets, m_settings.scale, gradient);
                losses.defined()) {
                addGradients(logits, rows, gradRows);
                return losses.sum();
            }
            return addPlainChunk(logits.to(at::kFloat), {}, rows, targets, gradRows);
        }
        at::Tensor slope;
        const at::Tensor logits = logitsOf(rows, m_head, m_settings.softcap, &slope);
        return addPlainChunk(logits, slope, rows, targets, gradRows);
    }

    at::Tensor addPlainChunk(const at::Tensor& logits, const at::Tensor& slope, const at::Tensor& rows,
                             const at::Tensor& targets, const at::Tensor& gradRows)
    {
        const Chunk chunk = lossesOf(logits, targets);
        if (m_wantHidden || m_wantHead) {
            // softmax - one-hot, written over the logits.
            logits.sub_(chunk.lse).exp_();
            logits.scatter_add_(1, chunk.index, chunk.present.neg());
            logits.mul_(chunk.present * m_settings.scale);
            if (slope.defined()) {
                logits.mul_(slope);
            }
            addGradients(logits.to(rows.scalar_type()), rows, gradRows);
        }
        return chunk.losses.sum();
    }

    // From the gradient of the logits.
    void addGradients(const at::Tensor& grad, const at::Tensor& rows, at::Tensor gradRows)
    {
        if (m_wantHidden) {
            at::mm_out(gradRows, grad, m_head);
        }
        if (m_wantHead && grad.scalar_type() == at::kFloat) {
            m_gradHead.addmm_(grad.t(), rows);
        } else if (m_wantHead) {
            m_gradHead.add_(grad.t().mm(rows));
        }
    }

    // Gradients of the picked rows back among all rows.
    void spread(const Rows& rows, const at::Tensor& gradPicked)
    {
        if (!m_wantHidden || !rows.index.defined()) {
            m_gradHidden = gradPicked;
            return;
        }
        m_gradHidden = at::zeros(m_hidden.sizes(), m_hidden.options());
        m_gradHidden.index_copy_(0, rows.index, gradPicked);
    }

    at::Tensor m_hidden;
    at::Tensor m_head;
    at::Tensor m_targets;
    CrossEntropySettings m_settings;
    bool m_wantHidden;
    bool m_wantHead;
    at::Tensor m_gradHidden;
    at::Tensor m_gradHead;
};

} // namespace

at::Tensor chunkedCrossEntropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                               const CrossEntropySettings& settings)
{
    return nn::record(std::make_unique<CrossEntropy>(hidden, head, targets, settings), {hidden, head})[0];
}

at::Tensor chunkedTokenLosses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, double softcap)
{
    const at::NoGradGuard noGrad;
    const Rows rows = rowsWithTargets(targets, hidden.device());
    const at::Tensor picked = rows.index.defined() ? hidden.index_select(0, rows.index) : hidden;
    at::Tensor losses = at::zeros({picked.size(0)}, picked.options().dtype(at::kFloat));
    const std::int64_t step = rowsOf(head, 0);
    for (std::int64_t first = 0; first < picked.size(0); first += step) {
        const std::int64_t count = std::min(step, picked.size(0) - first);
        const at::Tensor logits = logitsOf(picked.narrow(0, first, count), head, softcap);
        losses.narrow(0, first, count).copy_(lossesOf(logits, rows.targets.narrow(0, first, count)).losses);
    }
    if (!rows.index.defined()) {
        return losses;
    }
    return at::zeros({hidden.size(0)}, losses.options()).index_copy_(0, rows.index, losses);
}

} // namespace luthier::objectives
