// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/weight_quantiser.h"

#include "core/quant/block_loops.h"
#include "core/quant/parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace luthier::quant {

namespace {

constexpr double kLeast = 1e-38; // as in block_loops.cpp
constexpr std::int64_t kPiece = std::int64_t{1} << 22;
constexpr std::int64_t kBlocksAtOnce = 256;

template <class Array>
at::Tensor onDevice(const Array& values, at::Device device)
{
    return at::tensor(at::ArrayRef<typename Array::value_type>(values.data(), values.size())).to(device);
}

// flat -> [blocks, size], zeros behind the end.
at::Tensor inBlocks(const at::Tensor& flat, std::int64_t size)
{
    const std::int64_t missing = (size - flat.numel() % size) % size;
    return (missing > 0 ? at::constant_pad_nd(flat, {0, missing}) : flat).view({-1, size});
}

// Place of each number among the bounds; `absmax` becomes the largest size of each block.
at::Tensor ranksOf(const at::Tensor& blocks, const at::Tensor& bounds, at::Tensor& absmax)
{
    absmax = blocks.abs().amax(1);
    const at::Tensor factors = absmax.clamp_min(kLeast).reciprocal_();
    return at::bucketize(blocks.mul(factors.unsqueeze(1)), bounds, /*out_int32=*/true);
}

} // namespace

WeightQuantiser::WeightQuantiser(QuantisedWeight& weight)
    : m_weight(weight),
      m_absmax(weight.isNested() ? at::empty({weight.blocks()}, weight.nestedAbsmax.options()) : weight.absmax)
{
}

void WeightQuantiser::add(const at::Tensor& values)
{
    const at::NoGradGuard noGrad;
    TORCH_CHECK(m_done % m_weight.blockSize == 0 && m_done + values.numel() <= m_weight.elements(),
                "pieces of a weight must be whole blocks");
    // In parts, so that what is needed beside the weight stays small.
    for (std::int64_t first = 0; first < values.numel(); first += kPiece) {
        const std::int64_t count = std::min(kPiece, values.numel() - first);
        const at::Tensor part = values.detach().view({-1}).narrow(0, first, count).to(m_weight.codes.device()).to(at::kFloat);
        if (part.is_cpu()) {
            addOnCpu(part);
        } else {
            addPlain(part);
        }
        m_done += count;
    }
}

void WeightQuantiser::addOnCpu(const at::Tensor& values)
{
    const CodeTable& table = codeTable(m_weight.kind);
    const float* x = values.const_data_ptr<float>();
    std::uint8_t* codes = m_weight.codes.data_ptr<std::uint8_t>() + m_done / 2;
    float* absmax = m_absmax.data_ptr<float>() + m_done / m_weight.blockSize;
    const std::int64_t step = kBlocksAtOnce * m_weight.blockSize;
    parallelFor(0, (values.numel() + step - 1) / step, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t part = begin; part < end; ++part) {
            const std::int64_t first = part * step;
            const Blocks blocks{std::min(step, values.numel() - first), m_weight.blockSize};
            quantiseBlocks(table, blocks, x + first, codes + first / 2, absmax + first / m_weight.blockSize);
        }
    });
}

void WeightQuantiser::addPlain(const at::Tensor& values)
{
    const CodeTable& table = codeTable(m_weight.kind);
    at::Tensor absmax;
    const at::Tensor ranks = ranksOf(inBlocks(values, m_weight.blockSize), onDevice(table.bounds, values.device()), absmax);
    const at::Tensor codes = onDevice(table.order, values.device()).index_select(0, ranks.flatten()).view({-1, 2});
    const at::Tensor packed = codes.select(1, 0).bitwise_left_shift(4).bitwise_or(codes.select(1, 1));
    const std::int64_t bytes = (values.numel() + 1) / 2;
    m_weight.codes.narrow(0, m_done / 2, bytes).copy_(packed.narrow(0, 0, bytes));
    m_absmax.narrow(0, m_done / m_weight.blockSize, absmax.numel()).copy_(absmax);
}

Result<void> WeightQuantiser::finish()
{
    const at::NoGradGuard noGrad;
    TORCH_CHECK(m_done == m_weight.elements(), "a weight ended before its last block");
    if (!at::isfinite(m_absmax).all().item<bool>()) {
        return Error{"holds a number that is not finite, and such a weight cannot be quantised"};
    }
    if (!m_weight.isNested()) {
        return {};
    }
    const at::Tensor mean = m_absmax.mean();
    at::Tensor nested;
    const at::Tensor ranks = ranksOf(inBlocks(m_absmax.sub(mean), kNestedBlockSize),
                                     onDevice(dynamicBounds(), m_absmax.device()), nested);
    m_weight.absmax.copy_(ranks.flatten().narrow(0, 0, m_weight.blocks()));
    m_weight.nestedAbsmax.copy_(nested);
    m_weight.offset = mean.item<float>();
    return {};
}

Result<void> quantise(const at::Tensor& values, QuantisedWeight& weight)
{
    WeightQuantiser quantiser(weight);
    quantiser.add(values.contiguous());
    return quantiser.finish();
}

} // namespace luthier::quant
