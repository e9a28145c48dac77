// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_kernels.h"

#include "core/nn/layers/activation.h"
#include "core/nn/layers/attention.h"
#include "core/nn/device.h"
#include "core/nn/layers/blocks.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/layers/linear_group.h"
#include "core/nn/layers/norm.h"
#include "core/nn/layers/rope.h"
#include "core/objectives/token_log_probs.h"
#include "core/optim/adamw.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/bench/kernel_bench.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/api/include/torch/autograd.h>

#include <cmath>

namespace luthier::train {

namespace {

struct Shape {
    std::int64_t rows;
    std::int64_t n;
    std::string text() const { return std::to_string(rows) + " x " + std::to_string(n); }
};

// Odd ones fit no vector; the last is what a step of a small model has.
constexpr Shape kShapes[] = {{1, 8}, {3, 37}, {7, 40}, {33, 264}, {5, 1000}, {2, 4104}, {70, 288}, {4096, 2048}};

void checkNorms(const KernelBench& bench, const Shape& shape)
{
    for (const auto kind : {nn::NormKind::Rms, nn::NormKind::RmsPlusOne}) {
        const bool trained = kind == nn::NormKind::RmsPlusOne;
        nn::Norm norm{kind, 1e-5, bench.normal({shape.n}), {}};
        norm.weight.set_requires_grad(trained);
        const at::Tensor x = bench.normal({shape.rows, shape.n});
        const at::Tensor dy = bench.normal({shape.rows, shape.n});
        const at::Tensor add = bench.normal({shape.rows, shape.n});
        bench.check(trained ? "norm 1 + w forward" : "norm forward", shape.text(),
                    [&] { return Tensors{nn::normForward(norm, x)}; });
        bench.check(trained ? "norm 1 + w backward" : "norm backward", shape.text(), [&] {
            Tensors leaves;
            at::Tensor dx = nn::normBackward(norm, x, dy, leaves, add);
            return leaves[0].defined() ? Tensors{dx, leaves[0]} : Tensors{dx};
        });
    }
}

void checkLayerNorm(const KernelBench& bench, const Shape& shape)
{
    const nn::Norm norm{nn::NormKind::Layer, 1e-5, bench.normal({shape.n}).set_requires_grad(true), bench.normal({shape.n}).set_requires_grad(true)};
    const nn::Norm frozen{norm.kind, norm.eps, norm.weight.detach(), norm.bias.detach()};
    const at::Tensor x = bench.normal({shape.rows, shape.n});
    const at::Tensor dy = bench.normal({shape.rows, shape.n});
    const at::Tensor add = bench.normal({shape.rows, shape.n});
    bench.check("layer norm forward", shape.text(), [&] { return Tensors{nn::normForward(norm, x)}; });
    bench.check("layer norm backward", shape.text(), [&] {
        Tensors leaves;
        const at::Tensor dx = nn::normBackward(norm, x, dy, leaves, add);
        return Tensors{dx, leaves[0], leaves[1]};
    });
    bench.check("layer norm backward, frozen", shape.text(), [&] {
        Tensors leaves;
        return Tensors{nn::normBackward(frozen, x, dy, leaves, add)};
    });
}

void checkActivations(const KernelBench& bench, const Shape& shape)
{
    for (const auto kind : {nn::Activation::SiluGated, nn::Activation::GeluTanhGated}) {
        const bool silu = kind == nn::Activation::SiluGated;
        const at::Tensor x = bench.normal({shape.rows, 2 * shape.n}).mul_(3);
        const at::Tensor dy = bench.normal({shape.rows, shape.n});
        bench.check(silu ? "silu forward" : "gelu forward", shape.text(), [&] { return Tensors{nn::activate(kind, x)}; });
        bench.check(silu ? "silu backward" : "gelu backward", shape.text(),
                    [&] { return Tensors{nn::activateBackward(kind, x, dy)}; });
    }
}

struct HeadCase {
    std::int64_t rows, tokens, heads, dim, rotated;
};
constexpr HeadCase kHeads[] = {{1, 1, 1, 16, 16}, {2, 5, 3, 64, 64}, {3, 7, 2, 24, 24}, {2, 9, 5, 80, 32}, {8, 512, 40, 64, 64}};

void checkRope(const KernelBench& bench, const HeadCase& c)
{
    const std::string shape = std::to_string(c.rows * c.tokens) + " x " + std::to_string(c.heads) + " x "
                              + std::to_string(c.dim);
    const at::Tensor angles = at::randn({c.tokens, c.rotated / 2}, bench.options.dtype(at::kFloat));
    const nn::RopeTables tables{angles.cos(), angles.sin()};
    // A third of a wider projection, as q and k are.
    const at::Tensor wide = bench.normal({c.rows, c.tokens, c.heads + 8, c.dim});
    bench.check("rope", shape, [&] {
        at::Tensor x = wide.clone();
        nn::rotate(x.narrow(2, 0, c.heads), tables, 1);
        return Tensors{x};
    });
    const at::Tensor dy = bench.normal({c.rows, c.heads, c.tokens, c.dim}).transpose(1, 2);
    bench.check("rope backward", shape, [&] {
        at::Tensor x = wide.clone();
        nn::rotateInto(x.narrow(2, 0, c.heads), dy, tables, -1);
        return Tensors{x};
    });
}

void checkLoss(const KernelBench& bench, const Shape& shape)
{
    const at::AutoGradMode grad(true);
    const std::int64_t vocabulary = shape.n;
    const at::Tensor hidden = bench.normal({shape.rows, 64}).set_requires_grad(true);
    const at::Tensor head = bench.normal({vocabulary, 64}).mul_(0.3).set_requires_grad(true);
    at::Tensor targets = at::randint(vocabulary, {shape.rows}, bench.options.dtype(at::kLong));
    if (shape.rows > 2) {
        targets.narrow(0, 1, 1).fill_(objectives::kNoTarget);
    }
    const at::Tensor weights = at::randn({shape.rows}, bench.options.dtype(at::kFloat));
    const auto check = [&](const char* name, const std::function<at::Tensor()>& make) {
        bench.check(name, shape.text(), [&] {
            hidden.mutable_grad().reset();
            head.mutable_grad().reset();
            const at::Tensor result = make();
            result.backward(result.dim() > 0 ? weights : at::Tensor());
            return Tensors{result.detach(), hidden.grad(), head.grad()};
        });
    };
    check("loss and gradients", [&] { return objectives::tokenLossSum(hidden, head, targets); });
    check("weighed loss, temperature", [&] { return objectives::tokenLossSum(hidden, head, targets, weights, {.temperature = 0.7}); });
    check("capped loss", [&] { return objectives::tokenLossSum(hidden, head, targets, weights, {.temperature = 0.7, .softcap = 3}); });
    check("log-probabilities", [&] { return objectives::tokenLogProbs(hidden, head, targets, {.temperature = 1.3}); });
}

void checkProduct(const KernelBench& bench, const Shape& shape)
{
    const at::Tensor x = bench.normal({1, shape.n});
    nn::LinearGroup group;
    group.weight = bench.normal({shape.rows, shape.n});
    bench.check("product of one row", shape.text(), [&] { return Tensors{nn::linearForward(nn::ActiveLinear(group), x)}; });
}

// A whole MLP with updates of rank 16, some of whose inputs are dropped: fused, they are added where their sums are read.
void checkUpdates(const KernelBench& bench, const Shape& shape, double dropout)
{
    constexpr std::int64_t kHidden = 64;
    constexpr std::int64_t kRank = 16;
    const at::AutoGradMode grad(true);
    Tensors leaves;
    const auto small = [&](at::IntArrayRef sizes) { return bench.normal(sizes).mul_(0.1); };
    const auto updated = [&](nn::LinearGroup& group, std::vector<nn::LinearSlice> slices, std::int64_t in) {
        group.slices = std::move(slices);
        group.weight = small({group.outputs(), in});
        for (std::size_t i = 0; i < group.slices.size(); ++i) {
            leaves.push_back(small({kRank, in}).to(at::kFloat).set_requires_grad(true));
            leaves.push_back(small({group.slices[i].size, kRank}).to(at::kFloat).set_requires_grad(true));
            group.adapters.push_back({i, leaves[leaves.size() - 2], leaves.back(), 2, dropout});
        }
    };
    nn::LinearGroup gateUp;
    nn::LinearGroup down;
    updated(gateUp, {{"gate_proj", 0, shape.n}, {"up_proj", shape.n, shape.n}}, kHidden);
    updated(down, {{"down_proj", 0, kHidden}}, shape.n);
    const at::Tensor h = bench.normal({shape.rows, kHidden}).set_requires_grad(true);
    const at::Tensor dy = bench.normal({shape.rows, kHidden});
    bench.check(dropout > 0 ? "mlp with updates, dropout" : "mlp with updates", shape.text(), [&] {
        nn::Mlp block;
        block.norm = {nn::NormKind::Rms, 1e-5, bench.normal({kHidden}).fill_(1), {}};
        block.gateUp = nn::ActiveLinear(gateUp);
        block.down = nn::ActiveLinear(down);
        block.gateUp.draw = nn::kernels::DropoutDraw{7, {}, 1};
        block.down.draw = nn::kernels::DropoutDraw{7, {}, 2};
        Tensors all{nn::mlp(block, h)};
        Tensors wanted{h};
        wanted.insert(wanted.end(), leaves.begin(), leaves.end());
        for (const at::Tensor& gradient : torch::autograd::grad({all[0]}, wanted, {dy})) {
            all.push_back(gradient);
        }
        all[0] = all[0].detach();
        return all;
    });
}

struct CappedCase {
    std::int64_t tokens, dim, window;
};
constexpr CappedCase kCapped[] = {{8, 16, 0}, {136, 64, 0}, {264, 64, 100}, {1024, 256, 0}, {2048, 256, 1024}};

// Attention with capped scores, as its gradients are.
void checkCapped(const KernelBench& bench, const CappedCase& c)
{
    constexpr std::int64_t kHeads = 4;
    constexpr std::int64_t kKeyHeads = 2;
    const at::AutoGradMode grad(true);
    const auto heads = [&](std::int64_t count) { return bench.normal({2, c.tokens, count, c.dim}).transpose(1, 2).set_requires_grad(true); };
    const at::Tensor q = heads(kHeads);
    const at::Tensor k = heads(kKeyHeads);
    const at::Tensor v = heads(kKeyHeads);
    const at::Tensor dy = bench.normal({2 * c.tokens, kHeads * c.dim});
    const nn::AttentionSettings settings{2 / std::sqrt(static_cast<double>(c.dim)), 3, c.window};
    bench.check("attention, capped", std::to_string(c.tokens) + " x " + std::to_string(c.dim), [&] {
        const at::Tensor y = nn::attention(q, k, v, settings);
        Tensors all = torch::autograd::grad({y}, {q, k, v}, {dy});
        all.insert(all.begin(), y.detach());
        return all;
    });
}

// Three steps of AdamW, clipped, on as many leaves as fill several launches, in fp32 and in the bench's dtype: weights, masters, moments.
void checkAdamW(const KernelBench& bench, std::int64_t leaves, std::int64_t elements)
{
    bench.check("adamw, three steps", std::to_string(leaves) + " x " + std::to_string(elements), [&] {
        std::vector<nn::NamedTensor> all;
        const auto numbers = [&](std::int64_t i, std::int64_t phase) { // the same each time; every second leaf has a master
            const at::ScalarType type = i % 2 ? at::kFloat : bench.options.dtype().toScalarType();
            return at::arange(elements + i % 3, bench.options.dtype(at::kFloat)).mul_(0.37).add_(static_cast<double>(phase)).sin_().to(type).view({1, -1});
        };
        for (std::int64_t i = 0; i < leaves; ++i) {
            all.push_back({"w" + std::to_string(i), numbers(i, i)});
        }
        optim::OptimizerSettings settings;
        settings.maxGradNorm = 1;
        settings.of<optim::DecaySettings>().weightDecay = 0.1;
        optim::AdamW optimizer(all, settings, std::int64_t{1} << 24);
        for (std::int64_t step = 0; step < 3; ++step) {
            for (std::int64_t i = 0; i < leaves; ++i) {
                all[static_cast<std::size_t>(i)].tensor.mutable_grad() = numbers(i, i + 5 * step);
            }
            optimizer.step(1e-3);
        }
        Tensors result;
        for (const nn::NamedTensor& one : optimizer.state()) {
            result.push_back(one.tensor);
        }
        for (const nn::NamedTensor& one : all) {
            result.push_back(one.tensor);
        }
        return result;
    });
}

Result<KernelBenchResult> checkAll(const std::string& device, const std::string& dtype, base::CancelToken cancel)
{
    auto placement = nn::choosePlacement(device, dtype);
    if (!placement) {
        return placement.error();
    }
    const c10::NoGradGuard noGrad;
    KernelBenchResult result;
    result.device = placement->deviceText;
    result.dtype = placement->dtypeText;
    result.allowed = placement->dtype == at::kFloat ? 2e-5 : 2e-2;
    const KernelBench bench{at::TensorOptions().device(placement->device).dtype(placement->dtype), result};
    for (const Shape& shape : kShapes) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        checkNorms(bench, shape);
        checkLayerNorm(bench, shape);
        checkActivations(bench, shape);
        checkLoss(bench, shape);
        checkProduct(bench, shape);
        checkUpdates(bench, shape, 0);
        checkUpdates(bench, shape, 0.25);
    }
    for (const CappedCase& capped : kCapped) {
        checkCapped(bench, capped);
    }
    checkAdamW(bench, 200, 331);
    checkAdamW(bench, 100, 65536);
    for (const HeadCase& heads : kHeads) {
        checkRope(bench, heads);
    }
    checkAnswers(bench);
    return result;
}

} // namespace

Result<KernelBenchResult> benchKernels(const std::string& device, const std::string& dtype, base::CancelToken cancel)
{
    try {
        return checkAll(device, dtype, cancel);
    } catch (const std::exception& problem) {
        nn::kernels::setFused(true);
        const std::string what = problem.what();
        return Error{"the kernels could not be compared: " + what.substr(0, what.find('\n'))};
    }
}

} // namespace luthier::train
