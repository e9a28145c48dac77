// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/token_choices.h"

#include "core/inference/generate.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::inference {

namespace {

constexpr std::int64_t kPositionsAtOnce = 64; // of the whole vocabulary each

} // namespace

Result<std::vector<TokenChoices>> tokenChoices(nn::Decoder& decoder, const std::vector<text::TokenId>& ids, std::size_t first, std::int64_t most, bool useAdapters)
{
    if (first < 1 || first >= ids.size()) {
        return Error{"There is no token to weigh."};
    }
    if (const auto scored = score(decoder, {ids.begin(), ids.end()}, useAdapters); !scored) { // says what is wrong with the text
        return scored.error();
    }
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::TensorOptions().dtype(at::kLong)).unsqueeze(0).to(decoder.device());
    input.pass = passOf(useAdapters);
    const at::Tensor hidden = decoder.hidden(input).squeeze(0);
    const auto end = static_cast<std::int64_t>(ids.size());
    const std::int64_t alternatives = std::clamp<std::int64_t>(most, 1, decoder.config().vocab);
    std::vector<TokenChoices> all;
    for (auto begin = static_cast<std::int64_t>(first); begin < end; begin += kPositionsAtOnce) {
        const std::int64_t count = std::min(kPositionsAtOnce, end - begin);
        const at::Tensor logProbs = at::log_softmax(decoder.logits(hidden.narrow(0, begin - 1, count), input.pass), -1).to(at::kCPU, at::kDouble).contiguous();
        const auto [values, tokens] = at::topk(logProbs, alternatives, -1);
        const at::Tensor likeliest = values.contiguous();
        const at::Tensor which = tokens.contiguous();
        for (std::int64_t i = 0; i < count; ++i) {
            TokenChoices one;
            one.logProb = logProbs.const_data_ptr<double>()[i * logProbs.size(1) + ids[static_cast<std::size_t>(begin + i)]];
            for (std::int64_t k = 0; k < alternatives; ++k) {
                one.likeliest.emplace_back(static_cast<text::TokenId>(which.const_data_ptr<std::int64_t>()[i * alternatives + k]),
                                           likeliest.const_data_ptr<double>()[i * alternatives + k]);
            }
            all.push_back(std::move(one));
        }
    }
    return all;
}

} // namespace luthier::inference
