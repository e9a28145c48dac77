// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/logit_blocks.h"

#include "core/nn/kernels/token_losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace luthier::objectives {

namespace {

// Logits of a block: large enough for the matrix product's best speed, small beside the weights. A card's are counted in fp32.
constexpr std::int64_t kCpuBytes = std::int64_t{48} << 20;
constexpr std::int64_t kGpuBytes = std::int64_t{1} << 30;

// A card multiplies fast what begins at multiples of 8 values and is as long: of a vocabulary that is not, all but the last words are
// multiplied so, and those by themselves (50,257 words: products of the head were 25 of a step's 116 ms).
constexpr std::int64_t kTogether = 8;

std::int64_t lastWords(const at::Tensor& head)
{
    const std::int64_t vocab = head.size(0);
    return head.is_cuda() && vocab > kTogether ? vocab % kTogether : 0;
}

// rows head^T.
at::Tensor products(const at::Tensor& rows, const at::Tensor& head)
{
    const std::int64_t vocab = head.size(0);
    if (!rows.is_cuda() || vocab % kTogether == 0) {
        return rows.mm(head.t());
    }
    const std::int64_t wide = (vocab + kTogether - 1) / kTogether * kTogether;
    at::Tensor logits = at::empty({rows.size(0), wide}, rows.options()).narrow(1, 0, vocab);
    const std::int64_t last = lastWords(head);
    at::Tensor most = logits.narrow(1, 0, vocab - last);
    at::mm_out(most, rows, head.narrow(0, 0, vocab - last).t());
    if (last > 0) {
        at::Tensor rest = logits.narrow(1, vocab - last, last);
        at::mm_out(rest, rows, head.narrow(0, vocab - last, last).t());
    }
    return logits;
}

} // namespace

void checkInputs(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, const LogitSettings& settings)
{
    TORCH_CHECK(hidden.dim() == 2 && head.dim() == 2 && hidden.size(1) == head.size(1), "hidden states of ",
                hidden.sizes(), " do not fit a head of ", head.sizes());
    TORCH_CHECK(targets.dim() == 1 && targets.size(0) == hidden.size(0) && targets.scalar_type() == at::kLong,
                hidden.size(0), " hidden states need as many targets of int64, not ", targets.sizes());
    TORCH_CHECK(hidden.scalar_type() == head.scalar_type(), "hidden states and head differ in their dtype");
    TORCH_CHECK(hidden.device() == head.device() && hidden.device() == targets.device(),
                "hidden states, head and targets must lie on one device");
    TORCH_CHECK(settings.smoothing >= 0 && settings.smoothing < 1, "a label smoothing of ", settings.smoothing, " leaves nothing of the targets");
    TORCH_CHECK(settings.temperature > 0 && settings.softcap >= 0, "a temperature of ", settings.temperature,
                " or a cap of ", settings.softcap, " is no use to logits");
}

// A card multiplies 128 rows together: a block with a few more costs as much as with 128 more. Blocks are alike, for a few rows at the
// end cost as much as many: the whole head is read for them.
std::int64_t blockRows(const at::Tensor& head, std::int64_t asked, std::int64_t all)
{
    const std::int64_t together = head.is_cpu() ? 16 : 128;
    const std::int64_t bytes = head.is_cpu() ? kCpuBytes : kGpuBytes;
    const std::int64_t element = head.is_cpu() ? head.element_size() : 4;
    const std::int64_t most = std::clamp<std::int64_t>(bytes / (element * head.size(0)), 64, 8192);
    if (asked > 0 || most < together || all <= most) {
        return asked > 0 ? asked : most;
    }
    const std::int64_t blocks = (all + most - 1) / most;
    const std::int64_t even = ((all + blocks - 1) / blocks + together - 1) / together * together;
    return std::min(even, most / together * together);
}

WantedRows::WantedRows(const at::Tensor& given) : targets(given), all(given.size(0))
{
    if (!given.is_cpu()) {
        return;
    }
    const at::Tensor found = given.ge(0).nonzero().squeeze(1);
    if (found.size(0) < all) {
        index = found;
        targets = given.index_select(0, found);
    }
    targets = targets.contiguous();
}

at::Tensor WantedRows::pick(const at::Tensor& x) const
{
    return index.defined() ? x.index_select(0, index) : x;
}

at::Tensor WantedRows::spread(const at::Tensor& x, std::int64_t none) const
{
    if (!index.defined()) {
        return x;
    }
    auto sizes = x.sizes().vec();
    sizes[0] = all;
    return at::full(sizes, none, x.options()).index_copy_(0, index, x);
}

at::Tensor plainLogits(const at::Tensor& rows, const at::Tensor& head, const LogitSettings& settings, at::Tensor* slope)
{
    at::Tensor logits = rows.mm(head.t()).to(at::kFloat);
    if (settings.softcap > 0) {
        logits.div_(settings.softcap).tanh_();
        if (slope) {
            *slope = logits.square().neg_().add_(1);
        }
        logits.mul_(settings.softcap);
    }
    return settings.temperature == 1 ? logits : logits.div_(settings.temperature);
}

PlainReading readPlain(const at::Tensor& logits, const at::Tensor& targets)
{
    PlainReading block;
    block.present = targets.ge(0).to(at::kFloat).unsqueeze(1);
    block.index = targets.clamp_min(0).unsqueeze(1);
    block.lse = logits.logsumexp(-1, true);
    block.losses = ((block.lse - logits.gather(1, block.index)) * block.present).squeeze(1);
    return block;
}

BlockLoss blockLoss(const at::Tensor& rows, const at::Tensor& head, const at::Tensor& targets, const at::Tensor& weights,
                    const LogitSettings& settings, bool gradient)
{
    if (settings.smoothing == 0 && (settings.softcap == 0 || rows.is_cuda())) {
        const at::Tensor logits = products(rows, head);
        const at::Tensor losses = nn::kernels::tokenLosses(logits, targets, weights, {settings.temperature, settings.softcap, gradient});
        if (losses.defined()) {
            return {losses, gradient ? logits : at::Tensor()};
        }
    }
    at::Tensor slope;
    const at::Tensor logits = plainLogits(rows, head, settings, gradient ? &slope : nullptr);
    PlainReading block = readPlain(logits, targets);
    const double smoothing = settings.smoothing;
    if (smoothing > 0) {
        const at::Tensor spread = (block.lse - logits.mean(1, true)).mul_(block.present).squeeze(1);
        block.losses = block.losses.mul(1 - smoothing).add_(spread, smoothing);
    }
    if (!gradient) {
        return {block.losses, {}};
    }
    // softmax - what is wanted (one-hot, or smoothed), written over the logits.
    logits.sub_(block.lse).exp_();
    if (smoothing > 0) {
        logits.sub_(smoothing / static_cast<double>(logits.size(1)));
    }
    logits.scatter_add_(1, block.index, block.present.mul(smoothing - 1));
    at::Tensor factor = weights.defined() ? block.present * weights.unsqueeze(1) : block.present;
    logits.mul_(settings.temperature == 1 ? factor : factor / settings.temperature);
    if (slope.defined()) {
        logits.mul_(slope);
    }
    return {block.losses, logits.to(rows.scalar_type())};
}

HeadGradients::HeadGradients(const at::Tensor& rows, const at::Tensor& head, bool wantRows, bool wantHead)
{
    if (wantRows) {
        ofRows = at::empty(rows.sizes(), rows.options());
    }
    if (wantHead) {
        ofHead = at::zeros(head.sizes(), head.options().dtype(at::kFloat));
    }
}

void HeadGradients::add(std::int64_t first, const at::Tensor& gradient, const at::Tensor& rows, const at::Tensor& head)
{
    if (ofRows.defined()) {
        at::Tensor target = ofRows.narrow(0, first, rows.size(0));
        const std::int64_t last = lastWords(head);
        const std::int64_t most = head.size(0) - last;
        at::mm_out(target, gradient.narrow(1, 0, most), head.narrow(0, 0, most));
        if (last > 0) {
            target.addmm_(gradient.narrow(1, most, last), head.narrow(0, most, last));
        }
    }
    if (ofHead.defined() && gradient.scalar_type() == at::kFloat) {
        ofHead.addmm_(gradient.t(), rows);
    } else if (ofHead.defined()) {
#if __has_include(<torch/headeronly/version.h>) // LibTorch from 2.9 on: a card adds products in fp32 as it makes them
        if (rows.is_cuda() && rows.scalar_type() == at::kBFloat16) {
            at::addmm_out(ofHead, ofHead, gradient.t(), rows, at::kFloat);
            return;
        }
#endif
        ofHead.add_(gradient.t().mm(rows));
    }
}

} // namespace luthier::objectives
