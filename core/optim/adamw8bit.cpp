// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW with moments in 8 bits, as bitsandbytes' AdamW8bit (Dettmers et al., 2021): each moment in blocks of 256 codes of a
// dynamic map with one fp32 constant a block, the block's largest absolute value; widened, stepped on as AdamW, and coded
// again. Leaves of fewer than 4096 numbers, and embeddings, keep fp32 moments (as transformers' Trainer has it).
// State: "state1" and "state2" (codes, or fp32), "absmax1" and "absmax2" where they are codes.
#include "core/optim/adamw_formula.h"
#include "core/optim/leaf_optimizer.h"
#include "core/quant/code_tables.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <array>

namespace luthier::optim {

namespace adamw8bit_optimizer {
namespace {

constexpr std::int64_t kBlock = 256;
constexpr std::int64_t kLeast = 4096; // numbers of a leaf whose moments are codes

bool isCoded(const std::string& name, std::int64_t numel)
{
    return numel >= kLeast && name.find("embed") == std::string::npos && name.find("wte") == std::string::npos && name.find("wpe") == std::string::npos;
}

std::int64_t blocksOf(std::int64_t numel)
{
    return (numel + kBlock - 1) / kBlock;
}

at::Tensor copyOf(const float* values, std::size_t count, at::Device device)
{
    // from_blob does not own; the copy does.
    return at::from_blob(const_cast<float*>(values), {static_cast<std::int64_t>(count)}, at::kFloat).clone().to(device);
}

// A map of 256 numbers in order, and the bounds between neighbours.
struct CodeMap {
    at::Tensor numbers;
    at::Tensor bounds;

    CodeMap(const std::array<float, 256>& map, const std::array<float, 255>& between, at::Device device)
        : numbers(copyOf(map.data(), map.size(), device)), bounds(copyOf(between.data(), between.size(), device))
    {
    }

    at::Tensor widened(const at::Tensor& codes, const at::Tensor& constants) const
    {
        const std::int64_t numel = codes.numel();
        const at::Tensor scales = constants.repeat_interleave(kBlock).narrow(0, 0, numel);
        return numbers.index_select(0, codes.flatten().to(at::kInt)).mul_(scales).view(codes.sizes());
    }

    // Codes and constants.
    std::pair<at::Tensor, at::Tensor> coded(const at::Tensor& values) const
    {
        const std::int64_t numel = values.numel();
        const std::int64_t blocks = blocksOf(numel);
        const at::Tensor padded = at::constant_pad_nd(values.flatten(), {0, blocks * kBlock - numel}).view({blocks, kBlock});
        const at::Tensor constants = padded.abs().amax(1);
        const at::Tensor shares = at::where(constants > 0, constants, 1).unsqueeze(1);
        const at::Tensor codes = at::bucketize(padded / shares, bounds, /*out_int32=*/true);
        return {codes.to(at::kByte).flatten().narrow(0, 0, numel).view(values.sizes()), constants};
    }
};

class AdamW8bit : public LeafOptimizer {
public:
    AdamW8bit(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, at::Device device)
        : LeafOptimizer(std::move(leaves), settings, settings.of<DecaySettings>().weightDecay), m_settings(settings.of<AdamWSettings>()),
          m_signed(quant::dynamicMap(), quant::dynamicBounds(), device), m_unsigned(quant::positiveMap(), quant::positiveBounds(), device)
    {
    }

private:
    std::vector<nn::NamedTensor> stateOf(const std::string& name, const at::Tensor& weight) const override
    {
        if (!isCoded(name, weight.numel())) {
            return {{"state1", at::zeros_like(weight)}, {"state2", at::zeros_like(weight)}};
        }
        const auto codes = weight.options().dtype(at::kByte);
        const std::int64_t blocks = blocksOf(weight.numel());
        return {{"state1", at::zeros(weight.sizes(), codes)},
                {"state2", at::zeros(weight.sizes(), codes)},
                {"absmax1", at::zeros({blocks}, weight.options())},
                {"absmax2", at::zeros({blocks}, weight.options())}};
    }

    std::vector<Change> update(const Leaf& leaf, at::Tensor gradient, const Call& call) const override
    {
        const bool coded = leaf.state.size() > 2;
        const at::Tensor mean = coded ? m_signed.widened(leaf.state[0], leaf.state[2]) : leaf.state[0];
        const at::Tensor square = coded ? m_unsigned.widened(leaf.state[1], leaf.state[3]) : leaf.state[1];
        const AdamWStep step = adamwStep(leaf.weight, gradient, mean, square, m_settings, call.learningRate, leaf.group.decay, call.step);
        if (!coded) {
            return {{leaf.state[0], step.mean}, {leaf.state[1], step.square}, {leaf.weight, step.weight}};
        }
        const auto [means, meanConstants] = m_signed.coded(step.mean);
        const auto [squares, squareConstants] = m_unsigned.coded(step.square);
        return {{leaf.state[0], means},
                {leaf.state[1], squares},
                {leaf.state[2], meanConstants},
                {leaf.state[3], squareConstants},
                {leaf.weight, step.weight}};
    }

    AdamWSettings m_settings;
    CodeMap m_signed;
    CodeMap m_unsigned;
};

std::unique_ptr<Optimizer> make(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings, std::int64_t)
{
    const auto device = leaves.empty() ? at::Device(at::kCPU) : leaves.front().tensor.device();
    auto optimizer = std::make_unique<AdamW8bit>(std::move(leaves), settings, device);
    optimizer->begin();
    return optimizer;
}

std::int64_t stateBytes(const OptimizerSettings&, const LeafShape& leaf)
{
    const std::int64_t numel = leaf.numel();
    return isCoded(leaf.name, numel) ? 2 * (numel + 4 * blocksOf(numel)) : 2 * 4 * numel;
}

} // namespace
} // namespace adamw8bit_optimizer

OptimizerKind adamw8bitOptimizer()
{
    return {{"adamw_8bit",
             "AdamW, 8 bits",
             "AdamW with its state in a quarter of the memory, at next to no loss. For all weights, where memory is short.",
             {&decaySection(), &adamwSection()},
             {stateStays()}},
            adamw8bit_optimizer::make,
            adamw8bit_optimizer::stateBytes,
            false};
}

} // namespace luthier::optim
