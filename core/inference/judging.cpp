// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/judging.h"

#include "core/nn/batch/position_tables.h"
#include "core/objectives/score_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>

namespace luthier::inference {

namespace {

using Texts = std::vector<std::vector<text::TokenId>>;

Result<void> check(const nn::Decoder& decoder, const Scorer& scorer, const Texts& texts)
{
    const nn::DecoderConfig& config = decoder.config();
    if (!scorer.head.exists()) {
        return Error{"the model has no head that scores texts: take a reward model or a classifier, or the adapter of one"};
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string name = "text " + std::to_string(i + 1);
        if (texts[i].empty()) {
            return Error{name + " is empty"};
        }
        if (static_cast<std::int64_t>(texts[i].size()) > nn::longestText(config)) {
            return Error{name + " has " + std::to_string(texts[i].size()) + " tokens; the model reads texts of " + std::to_string(nn::longestText(config)) + " tokens at most"};
        }
        const auto outside = std::find_if(texts[i].begin(), texts[i].end(), [&](text::TokenId id) { return id < 0 || id >= config.vocab; });
        if (outside != texts[i].end()) {
            return Error{name + " has the token " + std::to_string(*outside) + ", which is outside of the model's vocabulary of "
                         + std::to_string(config.vocab) + "; it was cut into tokens for another model"};
        }
    }
    return {};
}

at::Tensor scoresOf(nn::Decoder& decoder, const Scorer& scorer, const Texts& texts, std::span<const std::size_t> ofBatch)
{
    std::size_t width = 0;
    for (const std::size_t i : ofBatch) {
        width = std::max(width, texts[i].size());
    }
    const auto rows = static_cast<std::int64_t>(ofBatch.size());
    const at::Tensor ids = at::zeros({rows, static_cast<std::int64_t>(width)}, at::kLong);
    std::vector<std::int64_t> ends;
    for (std::int64_t row = 0; row < rows; ++row) {
        const auto& text = texts[ofBatch[static_cast<std::size_t>(row)]];
        std::copy(text.begin(), text.end(), ids.mutable_data_ptr<std::int64_t>() + row * static_cast<std::int64_t>(width));
        ends.push_back(row * static_cast<std::int64_t>(width) + static_cast<std::int64_t>(text.size()) - 1);
    }
    nn::ForwardInput input;
    input.ids = ids.to(decoder.device());
    input.pass.adapters = scorer.adapters;
    const at::Tensor hidden = decoder.hidden(input);
    return objectives::lastScores(hidden, at::tensor(ends, at::kLong).to(decoder.device()), scorer.head.weight).to(at::kCPU).contiguous();
}

} // namespace

Result<std::vector<std::vector<float>>> judge(nn::Decoder& decoder, const Texts& texts, std::int64_t rows, bool useAdapters,
                                              const base::CancelToken& cancel)
{
    return judge(decoder, Scorer{decoder.scoreHead(), useAdapters ? nullptr : nn::noAdapters()}, texts, rows, cancel);
}

Result<std::vector<std::vector<float>>> judge(nn::Decoder& decoder, const Scorer& scorer, const Texts& texts, std::int64_t rows,
                                              const base::CancelToken& cancel)
{
    if (auto good = check(decoder, scorer, texts); !good) {
        return good.error();
    }
    const at::NoGradGuard noGrad;
    std::vector<std::size_t> order(texts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return texts[a].size() > texts[b].size(); });
    std::vector<std::vector<float>> all(texts.size());
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(rows, 1));
    for (std::size_t begin = 0; begin < order.size(); begin += size) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto ofBatch = std::span<const std::size_t>(order).subspan(begin, std::min(size, order.size() - begin));
        const at::Tensor scores = scoresOf(decoder, scorer, texts, ofBatch);
        const float* next = scores.const_data_ptr<float>();
        for (const std::size_t text : ofBatch) {
            all[text].assign(next, next + scores.size(1));
            if (!std::all_of(next, next + scores.size(1), [](float score) { return std::isfinite(score); })) {
                return Error{"the score of text " + std::to_string(text + 1) + " is no number: the weights of this model or of its head are broken; train it again, or take an earlier checkpoint"};
            }
            next += scores.size(1);
        }
    }
    return all;
}

} // namespace luthier::inference
