// SPDX-License-Identifier: GPL-3.0-or-later
// CardFp8: products in 8-bit floats on a card. The kernels that give codes in passing against those made of their result, the
// gathering of heads and the gates with low-rank updates against the plain bodies, windows against a mask, rows of zeros, the error
// of a product, and the gradients of a model against those in bf16. Without Qt.
//   card_fp8 [--device D]     exit 1: a law does not hold, 77: there is no card, or it multiplies no 8-bit floats
#include "core/base/paths.h"
#include "core/nn/decoder.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/low_rank.h"
#include "core/nn/layers/activation.h"
#include "core/nn/layers/attention.h"
#include "core/nn/layers/fp8_weight.h"
#include "core/nn/layers/norm.h"
#include "core/nn/layers/rope.h"
#include "tests/support/fp8_cosine.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

using namespace luthier;

namespace {

constexpr int kSkipped = 77;
int failed = 0;

void law(const char* name, double value, double limit, bool atLeast = false)
{
    const bool holds = std::isfinite(value) && (atLeast ? value >= limit : value <= limit);
    failed += holds ? 0 : 1;
    std::printf("%s %s: %.6g (%s %.6g)\n", holds ? "ok  " : "FAIL", name, value, atLeast ? "at least" : "at most", limit);
    std::fflush(stdout);
}

double apart(const at::Tensor& a, const at::Tensor& b)
{
    const at::Tensor wide = b.to(at::kFloat);
    return ((a.to(at::kFloat) - wide).norm() / wide.norm().clamp_min(1e-30)).item<double>();
}

double differing(const nn::Fp8Rows& a, const nn::Fp8Rows& b)
{
    if (!a.exists() || !b.exists()) {
        return 1;
    }
    const at::Tensor codes = a.codes.view(at::kByte).ne(b.codes.view(at::kByte)).sum();
    return static_cast<double>(codes.item<std::int64_t>()) / static_cast<double>(a.codes.numel()) + apart(a.scales, b.scales);
}

struct Fused {
    explicit Fused(bool on) { nn::kernels::setFused(on); }
    ~Fused() { nn::kernels::setFused(true); }
};

void checkRows(const at::TensorOptions& options)
{
    for (const std::int64_t n : {256, 896, 2048, 8192, 14336}) {
        at::Tensor x = at::randn({515, n}, options) * at::randn({515, 1}, options).exp();
        x[7].zero_();
        const nn::Fp8Rows fused = nn::fp8Rows(x);
        const nn::Fp8Rows plain = [&] { const Fused off(false); return nn::fp8Rows(x); }();
        law(("codes of rows of " + std::to_string(n) + " that differ from the plain body's").c_str(), differing(fused, plain), 1e-5);
        law("scale of a row of zeros", std::abs(fused.scales[7].item<double>() - 1), 0);
        const nn::Norm norm{nn::NormKind::Rms, 1e-6, at::randn({n}, options), {}};
        const nn::Norm plusOne{nn::NormKind::RmsPlusOne, 1e-6, at::randn({n}, options), {}};
        for (const nn::Norm& each : {norm, plusOne}) {
            nn::Fp8Rows rows;
            const at::Tensor y = nn::normForward(each, x, &rows);
            law("norm in passing", differing(rows, nn::fp8Rows(y)) + apart(y, nn::normForward(each, x)), 0);
            std::vector<at::Tensor> leaves;
            nn::Fp8Rows back;
            const at::Tensor dy = at::randn_like(x);
            const at::Tensor dx = nn::normBackward(each, x, dy, leaves, dy, &back);
            law("its gradient", differing(back, nn::fp8Rows(dx)) + apart(dx, nn::normBackward(each, x, dy, leaves, dy)), 1e-6);
        }
        const at::Tensor wide = at::randn({515, 2 * n}, options);
        for (const auto kind : {nn::Activation::SiluGated, nn::Activation::GeluTanhGated}) {
            nn::Fp8Rows rows;
            const at::Tensor y = nn::activate(kind, wide, &rows);
            law("activation in passing", differing(rows, nn::fp8Rows(y)) + apart(y, nn::activate(kind, wide)), 1e-6);
            nn::Fp8Rows back;
            const at::Tensor dx = nn::activateBackward(kind, wide, x, &back);
            law("its gradient", differing(back, nn::fp8Rows(dx)) + apart(dx, nn::activateBackward(kind, wide, x)), 1e-6);
        }
    }
}

// Gate times up with low-rank updates, and its gradients, against single numbers.
void checkGates(const at::TensorOptions& options)
{
    struct Shape {
        std::int64_t rows, n, ranks;
        bool silu;
        double dropout;
    };
    for (const Shape s : {Shape{515, 8192, 16, true, 0}, Shape{1000, 4864, 16, true, 0.05}, Shape{77, 1536, 48, true, 0.1}, Shape{333, 352, 16, false, 0},
                          Shape{130, 96, 32, false, 0.2}, Shape{4099, 14336, 16, true, 0}}) {
        const at::Tensor x = at::randn({s.rows, 2 * s.n}, options);
        const at::Tensor dy = at::randn({s.rows, s.n}, options);
        const at::Tensor low = at::randn({s.rows, 3 * s.ranks}, options);
        const auto term = [&](std::int64_t i, double scale) {
            return nn::kernels::LowTerm{low.narrow(1, i * s.ranks, s.ranks), at::randn({s.n, s.ranks}, options) * 0.2, scale};
        };
        const nn::kernels::LowTerms terms{term(0, 2), term(1, 0.5)};
        const nn::kernels::LowBelow below{term(2, 1), {nn::kernels::DropoutDraw{7, {}, 3}, s.dropout}, true};
        const auto sum = [](const nn::kernels::LowTerm& of) { return of.scale * of.low.to(at::kFloat).mm(of.b.to(at::kFloat).t()); };
        const auto near = [](const at::Tensor& wide) { return wide.to(at::kBFloat16).to(at::kFloat); };
        const at::Tensor z = near(x.narrow(1, 0, s.n).to(at::kFloat) + sum(terms[0])).requires_grad_();
        const at::Tensor u = near(x.narrow(1, s.n, s.n).to(at::kFloat) + sum(terms[1])).requires_grad_();
        const at::Tensor product = (s.silu ? at::silu(z) : at::gelu(z, "tanh")) * u;
        const at::Tensor kept = s.dropout > 0 ? nn::kernels::keptOf(*below.drop.draw, dy, s.dropout).to(at::kFloat) / (1 - s.dropout) : at::ones_like(product);
        const auto exact = torch::autograd::grad({product}, {z, u}, {near(dy.to(at::kFloat) + kept * sum(below.term))});
        const std::string shape = std::to_string(s.rows) + " x " + std::to_string(s.n) + ", " + std::to_string(s.ranks) + " ranks";
        law(("gates with updates, " + shape).c_str(), apart(nn::kernels::gatedForwardLow(s.silu, x, terms), product.detach()), 3e-3);
        const nn::kernels::GatedGradients grads = nn::kernels::gatedBackwardLow(s.silu, x, dy, terms, below);
        law("gradient of the gate", apart(grads.x.narrow(1, 0, s.n), exact[0]), 4e-3);
        law("gradient of up", apart(grads.x.narrow(1, s.n, s.n), exact[1]), 4e-3);
        law("the product again", apart(grads.product, near(product.detach()) * kept), 3e-3);
    }
}

void checkHeads(const at::TensorOptions& options)
{
    struct Shape {
        std::int64_t heads, kvHeads, dim, half;
    };
    for (const Shape s : {Shape{32, 8, 64, 32}, Shape{14, 2, 64, 32}, Shape{8, 4, 256, 128}, Shape{24, 8, 128, 48}, Shape{25, 25, 64, 0}}) {
        const std::int64_t rows = 2;
        const std::int64_t tokens = 130;
        const auto grads = [&](std::int64_t heads) { return at::randn({rows, tokens, heads, s.dim}, options).transpose(1, 2); };
        const at::Tensor q = grads(s.heads);
        const at::Tensor k = grads(s.kvHeads);
        const at::Tensor v = at::randn({rows, s.kvHeads, tokens, s.dim}, options);
        const at::Tensor angle = at::randn({tokens, std::max<std::int64_t>(s.half, 1)}, options.dtype(at::kFloat));
        const nn::RopeTables tables = s.half > 0 ? nn::RopeTables{angle.cos(), angle.sin()} : nn::RopeTables{};
        const std::int64_t width = (s.heads + 2 * s.kvHeads) * s.dim;
        const at::Tensor out = at::empty({rows * tokens, width}, options);
        nn::Fp8Rows codes;
        const bool done = nn::kernels::gatherHeads(q, k, v, out, tables.cos, tables.sin, &codes);
        at::Tensor plain = at::cat({q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)}, 2).contiguous();
        if (s.half > 0) {
            const Fused off(false);
            nn::rotate(plain.narrow(2, 0, s.heads + s.kvHeads), tables, -1);
        }
        law(("heads of " + std::to_string(s.dim) + " gathered").c_str(), done ? apart(out, plain.view({rows * tokens, width})) : 1, 3e-3);
        law("their codes", differing(codes, nn::fp8Rows(out)), 0);
    }
}

void checkWindows(const at::TensorOptions& options)
{
    for (const std::int64_t dim : {64, 128, 256}) {
        const auto heads = [&](std::int64_t count) { return at::randn({2, count, 700, dim}, options).requires_grad_(); };
        const at::Tensor q = heads(8);
        const at::Tensor k = heads(2);
        const at::Tensor v = heads(2);
        const nn::AttentionSettings settings{1 / std::sqrt(static_cast<double>(dim)), 0, 100, {}, {}, {}};
        const at::Tensor dy = at::randn({2 * 700, 8 * dim}, options);
        const at::Tensor y = nn::attention(q, k, v, settings);
        const auto grads = torch::autograd::grad({y}, {q, k, v}, {dy});
        const at::Tensor distance = at::arange(700, options.dtype(at::kLong)).unsqueeze(1) - at::arange(700, options.dtype(at::kLong));
        const at::Tensor hidden = distance.lt(0).logical_or(distance.ge(100));
        const auto wide = [](const at::Tensor& x) { return x.detach().to(at::kFloat).requires_grad_(); };
        const at::Tensor Q = wide(q);
        const at::Tensor K = wide(k);
        const at::Tensor V = wide(v);
        const at::Tensor scores = (Q.matmul(K.repeat_interleave(4, 1).transpose(-2, -1)) * settings.scale).masked_fill(hidden, -1e30);
        const at::Tensor out = scores.softmax(-1).matmul(V.repeat_interleave(4, 1)).transpose(1, 2).reshape({2 * 700, 8 * dim});
        const auto exact = torch::autograd::grad({out}, {Q, K, V}, {dy.to(at::kFloat)});
        law(("window of 100, heads of " + std::to_string(dim)).c_str(), apart(y, out), 6e-3);
        for (int i = 0; i < 3; ++i) {
            law("its gradient", apart(grads[static_cast<std::size_t>(i)], exact[static_cast<std::size_t>(i)]), 1e-2);
        }
    }
}

void checkProduct(const at::TensorOptions& options)
{
    const at::Tensor x = at::randn({4096, 2048}, options);
    const at::Tensor weight = at::randn({3072, 2048}, options);
    const at::Tensor bias = at::randn({3072}, options);
    const nn::Fp8Weight held = nn::fp8WeightOf(weight);
    law("product", apart(nn::fp8Product(nn::fp8Rows(x), held.forward), x.mm(weight.t())), 0.045);
    law("product with bias", apart(nn::fp8Product(nn::fp8Rows(x), held.forward, bias), x.mm(weight.t()) + bias), 0.045);
    law("product of an odd number of rows", apart(nn::fp8Product(nn::fp8Rows(x.narrow(0, 0, 1001)), held.forward), x.narrow(0, 0, 1001).mm(weight.t())), 0.045);
    const at::Tensor dy = at::randn({4096, 3072}, options);
    law("product for the input's gradient", apart(nn::fp8Product(nn::fp8Rows(dy), held.backward), dy.mm(weight)), 0.045);
    law("product of zeros", nn::fp8Product(nn::fp8Rows(at::zeros_like(x)), held.forward).abs().max().item<double>(), 0);
}

void checkModel(const at::TensorOptions& options)
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 8192;
    config.hidden = 2048;
    config.intermediate = 8192;
    config.layers = 8;
    config.heads = 32;
    config.kvHeads = 8;
    config.headDim = 64;
    config.rotaryDim = 64;
    config.tiedHead = true;
    nn::Decoder decoder(config, options.device(), at::kBFloat16);
    decoder.initialise(5);
    const auto leaves = support::attachedAdapters(decoder, 0.02);
    const at::Tensor ids = at::randint(config.vocab, {2, 512}, options.dtype(at::kLong));
    const at::Tensor plain = support::adapterGradients(decoder, leaves, ids);
    const auto held = decoder.multiplyInFp8();
    law("held in 8 bits", held ? 0 : 1, 0);
    const at::Tensor coded = support::adapterGradients(decoder, leaves, ids);
    // Eight layers of random weights, whose branches drown the residual stream, add up the error of 64 products: 0.946.
    law("cosine of the gradients of random weights", (plain.dot(coded) / (plain.norm() * coded.norm())).item<double>(), 0.93, true);
    law("their length against it", std::abs((coded.norm() / plain.norm()).item<double>() - 1), 0.05);
    // A model that has learned something; 0.9936 is what an H200 gave with the first layer's products forward in 8 bits, too.
    const double bundled = support::bundledCosine(base::resourcesFolder(), base::datasetsFolder(), options.device(),
                                                  [](nn::Decoder& held) { static_cast<void>(held.multiplyInFp8()); });
    law("cosine of the gradients of the bundled model", bundled, 0.995, true);
}

} // namespace

int main(int argc, char** argv)
{
    const std::string wanted = argc > 2 && std::strcmp(argv[1], "--device") == 0 ? argv[2] : "cuda";
    if (!at::globalContext().hasCUDA() || !nn::checkFp8(at::Device(wanted))) {
        std::puts("card_fp8: no card here multiplies 8-bit floats");
        return kSkipped;
    }
    at::manual_seed(11);
    const auto options = at::TensorOptions().device(at::Device(at::kCUDA, 0)).dtype(at::kBFloat16);
    checkRows(options);
    checkGates(options);
    checkHeads(options);
    checkWindows(options);
    checkProduct(options);
    checkModel(options);
    std::printf("card_fp8: %d laws do not hold\n", failed);
    return failed == 0 ? 0 : 1;
}
