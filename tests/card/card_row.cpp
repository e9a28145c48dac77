// SPDX-License-Identifier: GPL-3.0-or-later
// CardRow: one token after another through a decoder on a card, by the kernels that walk a token through all layers, against the
// operators of its layers: weights in bf16 and in 4-bit codes, with low-rank updates and without, and rows whose lengths fit no step.
// Without Qt. A line a case; exit 1: one is too far apart, 77: there is no card. With --device cpu the CPU's own walk: it rounds where
// the card's does, so what both are apart from the operators is what those round more.
#include "core/nn/decoder.h"
#include "core/nn/kernels/kernels.h"
#include "tests/support/fp8_cosine.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

using namespace luthier;

namespace {

constexpr int kSkipped = 77;
constexpr double kLimit = 2e-2; // bf16 keeps 8 bits
// What a product makes of numbers of size 1, whatever its width, and what an update adds to it. Larger ones make scores so large that
// rounding q and k decides which token is seen (4,096 wide with weights of 0.05: 3.7e-2 apart, on the CPU as on a card).
constexpr double kGain = 0.8;
constexpr double kUpdate = 0.2;

nn::DecoderConfig configOf(std::int64_t hidden, std::int64_t intermediate)
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 512;
    config.hidden = hidden;
    config.intermediate = intermediate;
    config.layers = 3;
    config.headDim = 64;
    config.heads = hidden / 64;
    config.kvHeads = config.heads / 2;
    config.rotaryDim = 64;
    config.maxPositions = 2048;
    config.initializerRange = kGain / std::sqrt(static_cast<double>(hidden));
    return config;
}

// Hidden states of tokens that follow a text one by one.
at::Tensor walked(nn::Decoder& decoder, bool fused, std::int64_t prompt)
{
    constexpr std::int64_t kTokens = 40;
    nn::kernels::setFused(fused);
    nn::KvCache cache = decoder.makeCache(1, prompt + kTokens);
    const at::Tensor ids = at::arange(prompt + kTokens, at::kLong).mul(37).add(11).remainder(512).view({1, -1}).to(decoder.device());
    std::vector<at::Tensor> all;
    for (std::int64_t first = 0; first < prompt + kTokens;) {
        const std::int64_t count = first == 0 ? prompt : 1;
        nn::ForwardInput input;
        input.ids = ids.narrow(1, first, count);
        input.cache = &cache;
        const at::Tensor hidden = decoder.hidden(input);
        if (count == 1) {
            all.push_back(hidden.to(at::kFloat).flatten());
        }
        first += count;
    }
    nn::kernels::setFused(true);
    return at::stack(all);
}

bool holds(const std::string& name, nn::Decoder& decoder, std::int64_t prompt = 37)
{
    const at::NoGradGuard noGrad;
    const at::Tensor plain = walked(decoder, false, prompt);
    const at::Tensor fused = walked(decoder, true, prompt);
    const double apart = ((fused - plain).norm() / plain.norm()).item<double>();
    const bool again = walked(decoder, true, prompt).equal(fused);
    const bool ok = apart < kLimit && again;
    std::printf("%s %s: %.2e apart%s\n", ok ? "ok  " : "FAIL", name.c_str(), apart, again ? "" : ", and another time other numbers");
    std::fflush(stdout);
    return ok;
}

} // namespace

int main(int argc, char** argv)
{
    const bool onCpu = argc == 3 && std::strcmp(argv[2], "cpu") == 0;
    if (!onCpu && !at::hasCUDA()) {
        std::printf("there is no card\n");
        return kSkipped;
    }
    bool all = true;
    for (const auto& [hidden, intermediate] : {std::pair<std::int64_t, std::int64_t>{256, 704}, {1024, 2816}, {2048, 8200}, {4096, 4160}}) {
        for (const bool codes : {false, true}) {
            nn::Decoder decoder(configOf(hidden, intermediate), onCpu ? at::Device(at::kCPU) : at::Device(at::kCUDA, 0), at::kBFloat16,
                                codes ? std::optional(quant::Quantisation{quant::CodeKind::Nf4, true}) : std::nullopt);
            decoder.initialise(5);
            const std::string name = std::to_string(hidden) + " wide" + (codes ? ", 4-bit codes" : "");
            all = holds(name, decoder) && all;
            all = holds(name + ", behind 1,100 tokens", decoder, 1100) && all; // of which blocks share a head's keys
            support::attachedAdapters(decoder, std::sqrt(kUpdate / (4 * std::sqrt(static_cast<double>(hidden))))); // rank 16: 4 is its root
            all = holds(name + ", updates", decoder) && all;
        }
    }
    return all ? 0 : 1;
}
