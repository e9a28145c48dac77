// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/token_kernel.h"

#include "core/nn/kernels/cuda_module.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <vector>

namespace luthier::nn::row {

namespace {

using kernels::cuda::Grid;
using kernels::cuda::Kernel;

// As token.cu has them.
constexpr std::int64_t kPiece = 1024;
constexpr std::int64_t kTokenWarps = 16;
constexpr std::int64_t kMostNormedNumbers = 8192;
constexpr std::int64_t kFewestNumbers = 1536; // of h: products of narrower models are over before blocks have met (135M: 1,305 and 1,462 tokens/s)
constexpr std::int64_t kMostInputs = 32768;
constexpr std::int64_t kOwnBytes = 6144; // of a block besides what it asks for
constexpr std::int64_t kFewestSlots = 3;
constexpr std::int64_t kMostSlots = 8;
constexpr std::int64_t kMeetings = 5; // of a layer
constexpr std::int64_t kKeysOfBlock = 256; // of a head: fewer are not worth putting shares together

struct TokenLayerArgument {
    const void* inputNorm;
    const void* qkv;
    const void* qkvBias;
    const void* queryNorm;
    const void* keyNorm;
    const void* output;
    const void* outputBias;
    const void* mlpNorm;
    const void* gateUp;
    const void* gateUpBias;
    const void* down;
    const void* downBias;
    const float* cosines;
    const float* sines;
    const void* keys;
    const void* values;
    long long window;
    float inputEps;
    float inputShift;
    float queryEps;
    float keyEps;
    float headShift;
    float mlpEps;
    float mlpShift;
    int unused;
};

struct TokenPlanArgument {
    const void* layers;
    float* h;
    void* qkv;
    void* mixed;
    void* inner;
    void* parted;
    void* arrived;
    long long capacity;
    long long position;
    float scale;
    float cap;
    unsigned met;
    int count;
    int hidden;
    int heads;
    int kvHeads;
    int dim;
    int half;
    int intermediate;
    int silu;
    int slots;
    int inputs;
    int parts;
    int splits;
    int unused;
};

TokenLayerArgument layerOf(const RowLayer& layer)
{
    return {layer.inputNorm.weight.data, layer.qkv.weight.data, layer.qkv.bias.data, layer.queryNorm.weight.data, layer.keyNorm.weight.data,
            layer.output.weight.data, layer.output.bias.data, layer.mlpNorm.weight.data, layer.gateUp.weight.data, layer.gateUp.bias.data,
            layer.down.weight.data, layer.down.bias.data, layer.cos, layer.sin, layer.keys.data, layer.values.data,
            static_cast<long long>(layer.window), layer.inputNorm.eps, layer.inputNorm.shift, layer.queryNorm.eps, layer.keyNorm.eps,
            std::max(layer.queryNorm.shift, layer.keyNorm.shift), layer.mlpNorm.eps, layer.mlpNorm.shift, 0};
}

bool isAlignedTo16(const void* memory)
{
    return reinterpret_cast<std::uintptr_t>(memory) % 16 == 0;
}

bool isKnown(const RowLayer& layer)
{
    const auto linears = layer.linears();
    return layer.inputNorm.exists() && layer.mlpNorm.exists() && !layer.attentionNorm.exists() && !layer.outputNorm.exists()
           && isAlignedTo16(layer.inputNorm.weight.data) && isAlignedTo16(layer.mlpNorm.weight.data) && isAlignedTo16(layer.keys.data)
           && isAlignedTo16(layer.values.data) && std::all_of(linears.begin(), linears.end(), [](const RowLinear* linear) {
                  return !linear->isQuantised() && linear->updates.empty() && linear->in % 8 == 0 && linear->in <= kMostInputs
                         && isAlignedTo16(linear->weight.data);
              });
}

} // namespace

struct TokenKernel::Sizes {
    std::int64_t inputs = 0; // numbers of the widest product's input, and room for a head's sums
    std::int64_t parts = 0;  // sums of a block's largest share
    std::int64_t slots = 0;
    std::int64_t bytes = 0;
};

TokenKernel::TokenKernel(at::Device device) : m_device(device)
{
    const auto room = kernels::cuda::roomOf(device);
    m_blocks = room.multiprocessors;
    m_sharedBytes = std::max<std::int64_t>(0, room.sharedBytes - kOwnBytes);
}

TokenKernel::Sizes TokenKernel::sizesOf(const RowPlan& plan) const
{
    const std::int64_t mixed = plan.heads * plan.dim;
    const std::int64_t projected = mixed + 2 * plan.kvHeads * plan.dim;
    const auto sums = [this](std::int64_t rows, std::int64_t each, std::int64_t in) {
        return (rows / m_blocks + 1) * each * ((in + kPiece - 1) / kPiece);
    };
    Sizes sizes;
    sizes.inputs = (std::max({plan.hidden, mixed, plan.intermediate, 2 * kTokenWarps * plan.dim}) + 7) / 8 * 8;
    sizes.parts = std::max({sums(projected, 1, plan.hidden), sums(plan.hidden, 1, mixed), sums(plan.intermediate, 2, plan.hidden),
                            sums(plan.hidden, 1, plan.intermediate)});
    sizes.parts += sizes.parts % 2;
    const std::int64_t rest = m_sharedBytes - 2 * sizes.inputs - 4 * sizes.parts;
    const std::int64_t ofSlot = kTokenWarps * (2 * kPiece + 8);
    sizes.slots = std::clamp<std::int64_t>(rest / ofSlot, 0, kMostSlots);
    sizes.bytes = sizes.slots * ofSlot + 2 * sizes.inputs + 4 * sizes.parts;
    return sizes;
}

bool TokenKernel::fits(const RowPlan& plan) const
{
    return m_blocks > 0 && !plan.wholeNorm && plan.hidden >= kFewestNumbers && plan.hidden <= kMostNormedNumbers && plan.hidden % 8 == 0
           && (plan.dim == 64 || plan.dim == 128 || plan.dim == 256) && std::all_of(plan.layers.begin(), plan.layers.end(), isKnown)
           && sizesOf(plan).slots >= kFewestSlots;
}

std::int64_t TokenKernel::mostSplits(const RowPlan& plan) const
{
    return std::max<std::int64_t>(1, m_blocks / plan.heads);
}

void TokenKernel::prepare(const RowPlan& plan)
{
    m_plan.position = plan.position;
    if (m_layers.defined() && m_plan == plan) {
        return;
    }
    m_plan = plan;
    std::vector<TokenLayerArgument> layers;
    for (const RowLayer& layer : plan.layers) {
        layers.push_back(layerOf(layer));
    }
    const auto bytes = static_cast<std::int64_t>(layers.size() * sizeof(TokenLayerArgument));
    const auto wide = at::TensorOptions().device(m_device).dtype(at::kFloat);
    m_layers = at::from_blob(layers.data(), {bytes}, at::TensorOptions().dtype(at::kByte)).to(m_device);
    const std::int64_t mixed = plan.heads * plan.dim;
    m_qkv = at::empty({mixed + 2 * plan.kvHeads * plan.dim}, wide);
    m_mixed = at::empty({mixed}, wide.dtype(at::kBFloat16));
    m_inner = at::empty({plan.intermediate}, wide.dtype(at::kBFloat16));
    m_parted = at::empty({plan.heads * mostSplits(plan) * (plan.dim + 2)}, wide);
    if (!m_arrived.defined()) {
        m_arrived = at::zeros({1}, wide.dtype(at::kInt));
    }
}

void TokenKernel::run(const RowPlan& plan, float* h)
{
    prepare(plan);
    const Sizes sizes = sizesOf(plan);
    const auto count = static_cast<int>(plan.layers.size());
    const std::int64_t splits = std::clamp<std::int64_t>(plan.position / kKeysOfBlock, 1, mostSplits(plan));
    const TokenPlanArgument argument{m_layers.const_data_ptr(), h, m_qkv.mutable_data_ptr(), m_mixed.mutable_data_ptr(),
                                     m_inner.mutable_data_ptr(), m_parted.mutable_data_ptr(), m_arrived.mutable_data_ptr(), static_cast<long long>(plan.capacity),
                                     static_cast<long long>(plan.position), plan.scale, plan.cap, m_met, count,
                                     static_cast<int>(plan.hidden), static_cast<int>(plan.heads), static_cast<int>(plan.kvHeads),
                                     static_cast<int>(plan.dim), static_cast<int>(plan.half), static_cast<int>(plan.intermediate),
                                     static_cast<int>(plan.silu), static_cast<int>(sizes.slots), static_cast<int>(sizes.inputs),
                                     static_cast<int>(sizes.parts), static_cast<int>(splits), 0};
    Grid grid{m_blocks, 1, 32 * kTokenWarps};
    grid.together = true;
    grid.sharedBytes = sizes.bytes;
    kernels::cuda::launch(Kernel::RowToken, m_device, grid, argument);
    m_met += static_cast<std::uint32_t>((kMeetings * count - 1) * m_blocks);
}

} // namespace luthier::nn::row
