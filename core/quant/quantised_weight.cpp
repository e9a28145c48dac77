// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/quantised_weight.h"

#include "core/quant/block_loops.h"
#include "core/quant/parallel.h"
#include "core/quant/weight_memory.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace luthier::quant {

namespace {

constexpr std::int64_t kPieceBlocks = 256;                           // of the CPU loop: 64 KiB of fp32
constexpr std::int64_t kPlainElements = std::int64_t{1} << 22; // bounds what the plain body needs beside `out`

void onCpu(const QuantisedWeight& weight, const at::Tensor& out)
{
    const CodeTable& table = codeTable(weight.kind);
    const auto* codes = weight.codes.const_data_ptr<std::uint8_t>();
    auto* target = static_cast<std::byte*>(out.data_ptr());
    const bool isFloat = out.scalar_type() == at::kFloat;
    const BlockScales scales = scalesOf(weight);
    const std::int64_t pieces = (weight.blocks() + kPieceBlocks - 1) / kPieceBlocks;
    parallelFor(0, pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        float absmax[kPieceBlocks];
        for (std::int64_t piece = begin; piece < end; ++piece) {
            const std::int64_t block = piece * kPieceBlocks;
            const std::int64_t first = block * weight.blockSize;
            const Blocks blocks{std::min(weight.elements() - first, kPieceBlocks * weight.blockSize), weight.blockSize};
            readScales(scales, block, blocks.count(), absmax);
            if (isFloat) {
                dequantiseBlocks(table, blocks, codes + first / 2, absmax, reinterpret_cast<float*>(target) + first);
            } else {
                dequantiseBlocksBf16(table, blocks, codes + first / 2, absmax,
                                     reinterpret_cast<std::uint16_t*>(target) + first);
            }
        }
    });
}

// A table of the program on a device, copied once: work that is recorded on a card cannot copy it.
template <class Values>
at::Tensor onceOn(at::Device device, const Values& values)
{
    using Key = std::tuple<const float*, at::DeviceType, at::DeviceIndex>;
    static std::mutex mutex;
    static auto& known = *new std::map<Key, at::Tensor>; // never destroyed: a card may be gone by then
    const std::lock_guard lock(mutex);
    at::Tensor& table = known[{values.data(), device.type(), device.index()}];
    if (!table.defined()) {
        table = at::tensor(at::ArrayRef<float>(values.data(), values.size())).to(device);
    }
    return table;
}

// On every device and for every dtype; piece by piece, so that it needs little memory beside `out`.
void plain(const QuantisedWeight& weight, const at::Tensor& out)
{
    const auto& values = codeTable(weight.kind).values;
    const at::Tensor table = onceOn(weight.codes.device(), values);
    const at::Tensor absmax = absmaxOf(weight);
    const at::Tensor flat = out.view({-1});
    const std::int64_t piece = std::max(kPlainElements / weight.blockSize, std::int64_t{1}) * weight.blockSize;
    for (std::int64_t first = 0; first < weight.elements(); first += piece) {
        const std::int64_t elements = std::min(piece, weight.elements() - first);
        const at::Tensor pairs = weight.codes.narrow(0, first / 2, (elements + 1) / 2);
        const at::Tensor codes = at::stack({pairs.bitwise_right_shift(4), pairs.bitwise_and(15)}, 1).flatten();
        at::Tensor numbers = table.index_select(0, codes.to(at::kInt)).narrow(0, 0, elements);
        const Blocks blocks{elements, weight.blockSize};
        const at::Tensor scales = absmax.narrow(0, first / weight.blockSize, blocks.count());
        if (elements % weight.blockSize == 0) {
            numbers = numbers.view({-1, weight.blockSize}).mul(scales.unsqueeze(1)).flatten();
        } else {
            numbers = numbers.mul(scales.repeat_interleave(weight.blockSize).narrow(0, 0, elements));
        }
        flat.narrow(0, first, elements).copy_(numbers);
    }
}

} // namespace

std::int64_t QuantisedWeight::bytes() const
{
    const auto of = [](const at::Tensor& tensor) {
        return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
    };
    return of(codes) + of(absmax) + of(nestedAbsmax);
}

BlockScales scalesOf(const QuantisedWeight& weight)
{
    BlockScales scales;
    scales.blockSize = weight.blockSize;
    if (weight.isNested()) {
        scales.codes = weight.absmax.const_data_ptr<std::uint8_t>();
        scales.nested = weight.nestedAbsmax.const_data_ptr<float>();
        scales.offset = weight.offset;
    } else {
        scales.absmax = weight.absmax.const_data_ptr<float>();
    }
    return scales;
}

QuantisedWeight emptyWeight(CodeKind kind, bool nested, std::int64_t rows, std::int64_t columns, at::Device device)
{
    QuantisedWeight weight;
    weight.kind = kind;
    weight.rows = rows;
    weight.columns = columns;
    const auto bytes = at::TensorOptions().dtype(at::kByte).device(device);
    const auto floats = at::TensorOptions().dtype(at::kFloat).device(device);
    weight.codes = emptyWeights({(weight.elements() + 1) / 2}, bytes);
    weight.absmax = at::empty({weight.blocks()}, nested ? bytes : floats);
    if (nested) {
        weight.nestedAbsmax = at::empty({(weight.blocks() + kNestedBlockSize - 1) / kNestedBlockSize}, floats);
    }
    return weight;
}

QuantisedWeight onDevice(QuantisedWeight weight, at::Device device)
{
    for (at::Tensor* part : {&weight.codes, &weight.absmax, &weight.nestedAbsmax}) {
        *part = part->defined() ? part->to(device) : *part;
    }
    return weight;
}

at::Tensor absmaxOf(const QuantisedWeight& weight)
{
    if (!weight.isNested()) {
        return weight.absmax;
    }
    const auto& map = dynamicMap();
    const at::Tensor table = onceOn(weight.absmax.device(), map);
    const at::Tensor scales
        = weight.nestedAbsmax.repeat_interleave(kNestedBlockSize).narrow(0, 0, weight.absmax.numel());
    return table.index_select(0, weight.absmax.to(at::kInt)).mul_(scales).add_(static_cast<double>(weight.offset));
}

void dequantise(const QuantisedWeight& weight, const at::Tensor& out)
{
    TORCH_CHECK(out.is_contiguous() && out.numel() == weight.elements() && out.device() == weight.codes.device(),
                "a dequantised weight needs a contiguous place of its size on its device");
    const at::NoGradGuard noGrad;
    const bool loops = out.is_cpu() && (out.scalar_type() == at::kFloat || out.scalar_type() == at::kBFloat16);
    if (loops) {
        onCpu(weight, out);
    } else {
        plain(weight, out);
    }
}

} // namespace luthier::quant
