// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/proof.h"

#include "core/nn/decoder.h"
#include "core/objectives/token_log_probs.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

namespace luthier::publish {

namespace {

struct LimitRow {
    const char* type;
    Limits limits;
};

constexpr LimitRow kLimits[] = {
    {"f32", {0.01, 0.001, 0.99}}, {"f16", {0.1, 0.01, 0.98}}, {"bf16", {0.5, 0.06, 0.95}},  {"q8_0", {1.0, 0.12, 0.93}},
    {"q6_k", {2.0, 0.3, 0.88}},   {"q4_k_m", {5.0, 0.8, 0.75}}, {"q4_0", {6.0, 1.0, 0.7}},
};

std::string shortNumber(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

Result<void> checkIds(const nn::DecoderConfig& config, const std::vector<text::TokenId>& ids)
{
    for (const text::TokenId id : ids) {
        if (id < 0 || id >= config.vocab) {
            return Error{"the tokenizer makes the id " + std::to_string(id) + ", but the model has only "
                         + std::to_string(config.vocab) + " tokens"};
        }
    }
    return {};
}

// A model that judges has no head for tokens: its first score after each token, and which score is the highest.
void readScores(const nn::ScoreHead& head, const at::Tensor& hidden, Reading& reading)
{
    const at::Tensor scores = hidden.to(at::kFloat).mm(head.weight.to(at::kFloat).t());
    const at::Tensor values = scores.select(1, 0).to(at::kCPU).contiguous();
    const at::Tensor greedy = scores.argmax(1).to(at::kCPU, at::kInt).contiguous();
    const float* first = values.const_data_ptr<float>();
    const std::int32_t* best = greedy.const_data_ptr<std::int32_t>();
    reading.logProbs.emplace_back(first, first + scores.size(0));
    reading.greedy.emplace_back(best, best + scores.size(0));
}

void readRow(nn::Decoder& decoder, const std::vector<text::TokenId>& ids, Reading& reading)
{
    const std::vector<std::int64_t> wide(ids.begin(), ids.end());
    const at::Tensor tokens = at::tensor(wide, at::TensorOptions().dtype(at::kLong)).to(decoder.device());
    nn::ForwardInput input;
    input.ids = tokens.unsqueeze(0);
    const std::int64_t places = tokens.size(0) - 1;
    const at::Tensor hidden = decoder.hidden(input).squeeze(0).narrow(0, 0, places);
    if (decoder.scoreHead().exists()) {
        return readScores(decoder.scoreHead(), hidden, reading);
    }
    const auto read = objectives::readTokens(hidden, decoder.head(), tokens.narrow(0, 1, places),
                                             {.softcap = decoder.config().logitSoftcap}, {.likeliest = true});
    const at::Tensor logProbs = read.logProbs.to(at::kCPU).contiguous();
    const at::Tensor greedy = read.likeliest.to(at::kCPU, at::kInt).contiguous();
    const float* first = logProbs.const_data_ptr<float>();
    const std::int32_t* best = greedy.const_data_ptr<std::int32_t>();
    reading.logProbs.emplace_back(first, first + places);
    reading.greedy.emplace_back(best, best + places);
}

// Written so that a NaN is not within them.
bool isWithin(const Difference& difference, const Limits& limits)
{
    return difference.tokens > 0 && difference.largest <= limits.largest && difference.mean <= limits.mean
           && difference.greedyAgreement >= limits.greedyAgreement;
}

std::string told(const Difference& difference)
{
    return "log-probabilities differ by at most " + shortNumber(difference.largest) + ", on average by " + shortNumber(difference.mean)
           + ", and the most likely token is the same at " + shortNumber(100 * difference.greedyAgreement) + " %";
}

} // namespace

Limits limitsOf(std::string_view type)
{
    const auto* found = std::find_if(std::begin(kLimits), std::end(kLimits), [&](const LimitRow& row) { return type == row.type; });
    return found == std::end(kLimits) ? Limits{} : found->limits;
}

bool Proof::holds() const
{
    return isWithin(file, limitsOf("f32"));
}

bool Proof::isUsual() const
{
    return isWithin(difference, limits);
}

std::string Proof::sentence() const
{
    if (!holds()) {
        return "On " + texts + " (" + std::to_string(file.tokens) + " tokens) it computes something else than its own numbers do: " + told(file)
               + "; nothing but the last digits may differ.";
    }
    std::string text = "On " + texts + " (" + std::to_string(difference.tokens) + " tokens) " + told(difference);
    if (!isUsual()) {
        text += "; usual are at most " + shortNumber(limits.largest) + ", " + shortNumber(limits.mean) + " and "
                + shortNumber(100 * limits.greedyAgreement) + " %";
    }
    return text + ".";
}

Result<Reading> readTexts(nn::Decoder& decoder, const ProofTexts& texts, const base::CancelToken& cancel)
{
    const at::NoGradGuard noGrad;
    Reading reading;
    for (const ProofText& row : texts.rows) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        if (auto good = checkIds(decoder.config(), row.ids); !good) {
            return good.error();
        }
        readRow(decoder, row.ids, reading);
    }
    return reading;
}

Difference differenceOf(const Reading& live, const Reading& written)
{
    Difference result;
    double sum = 0;
    std::int64_t same = 0;
    for (std::size_t row = 0; row < live.logProbs.size(); ++row) {
        for (std::size_t i = 0; i < live.logProbs[row].size(); ++i) {
            const double off = std::abs(static_cast<double>(live.logProbs[row][i]) - written.logProbs[row][i]);
            result.largest = off > result.largest || std::isnan(off) ? off : result.largest;
            sum += off;
            same += live.greedy[row][i] == written.greedy[row][i];
            ++result.tokens;
        }
    }
    if (result.tokens > 0) {
        result.mean = sum / static_cast<double>(result.tokens);
        result.greedyAgreement = static_cast<double>(same) / static_cast<double>(result.tokens);
    }
    return result;
}

} // namespace luthier::publish
