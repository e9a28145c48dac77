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

// Shares of how the scores of a model that judges spread.
constexpr LimitRow kScoreLimits[] = {{"f32", {0.001, 0.0001, 0.99}}, {"f16", {0.01, 0.002, 0.98}}, {"bf16", {0.1, 0.02, 0.95}}};
constexpr double kLeastSpread = 1e-3; // scores that are all one have none

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

// A model that judges has no head for tokens: what it says of the text as a whole, and which score is the highest.
void readScores(const nn::ScoreHead& head, const at::Tensor& hidden, Reading& reading)
{
    const at::Tensor last = hidden.narrow(0, hidden.size(0) - 1, 1).to(at::kFloat);
    const at::Tensor scores = last.mm(head.weight.to(at::kFloat).t()).squeeze(0).to(at::kCPU).contiguous();
    const float* first = scores.const_data_ptr<float>();
    reading.isJudged = true;
    reading.logProbs.emplace_back(first, first + scores.size(0));
    reading.greedy.push_back({static_cast<std::int32_t>(std::max_element(first, first + scores.size(0)) - first)});
}

void readRow(nn::Decoder& decoder, const std::vector<text::TokenId>& ids, Reading& reading)
{
    const std::vector<std::int64_t> wide(ids.begin(), ids.end());
    const at::Tensor tokens = at::tensor(wide, at::TensorOptions().dtype(at::kLong)).to(decoder.device());
    nn::ForwardInput input;
    input.ids = tokens.unsqueeze(0);
    const std::int64_t places = tokens.size(0) - 1;
    const at::Tensor all = decoder.hidden(input).squeeze(0);
    reading.tokens += places;
    if (decoder.scoreHead().exists()) {
        return readScores(decoder.scoreHead(), all, reading);
    }
    const at::Tensor hidden = all.narrow(0, 0, places);
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
    if (difference.scores > 0) {
        return "the scores of " + std::to_string(difference.scores) + " texts differ by at most " + shortNumber(difference.largest) + ", on average by "
               + shortNumber(difference.mean) + ", where they lie " + shortNumber(difference.spread) + " apart, and what comes first stays so at "
               + shortNumber(100 * difference.greedyAgreement) + " %";
    }
    return "log-probabilities differ by at most " + shortNumber(difference.largest) + ", on average by " + shortNumber(difference.mean)
           + ", and the most likely token is the same at " + shortNumber(100 * difference.greedyAgreement) + " %";
}

} // namespace

Limits limitsOf(std::string_view type)
{
    const auto* found = std::find_if(std::begin(kLimits), std::end(kLimits), [&](const LimitRow& row) { return type == row.type; });
    return found == std::end(kLimits) ? Limits{} : found->limits;
}

Limits limitsOf(std::string_view type, const Difference& difference)
{
    if (difference.scores == 0) {
        return limitsOf(type);
    }
    const auto* found = std::find_if(std::begin(kScoreLimits), std::end(kScoreLimits), [&](const LimitRow& row) { return type == row.type; });
    const double spread = std::max(difference.spread, kLeastSpread);
    return found == std::end(kScoreLimits) ? Limits{} : Limits{found->limits.largest * spread, found->limits.mean * spread, found->limits.greedyAgreement};
}

bool Proof::holds() const
{
    return isWithin(file, limitsOf("f32", file));
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

namespace {

double shareOf(std::int64_t part, std::int64_t all)
{
    return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 1;
}

double deviationOf(const std::vector<std::vector<float>>& rows)
{
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (const auto& row : rows) {
        for (const double value : row) {
            sum += value;
            squares += value * value;
            ++count;
        }
    }
    return count > 0 ? std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count))) : 0;
}

// Of one score: any two texts that it tells apart. Of several: the label.
double orderAgreement(const Reading& live, const Reading& written)
{
    std::int64_t same = 0;
    std::int64_t all = 0;
    const std::size_t texts = live.logProbs.size();
    if (texts > 0 && live.logProbs.front().size() > 1) {
        for (std::size_t i = 0; i < texts; ++i) {
            same += live.greedy[i] == written.greedy[i] ? 1 : 0;
        }
        return shareOf(same, static_cast<std::int64_t>(texts));
    }
    for (std::size_t i = 0; i < texts; ++i) {
        for (std::size_t j = i + 1; j < texts; ++j) {
            const float own = live.logProbs[i].front() - live.logProbs[j].front();
            const float other = written.logProbs[i].front() - written.logProbs[j].front();
            all += own != 0 ? 1 : 0;
            same += own != 0 && (own > 0) == (other > 0) && other != 0 ? 1 : 0;
        }
    }
    return shareOf(same, all);
}

} // namespace

Difference differenceOf(const Reading& live, const Reading& written)
{
    Difference result;
    double sum = 0;
    std::int64_t same = 0;
    std::int64_t numbers = 0;
    for (std::size_t row = 0; row < live.logProbs.size(); ++row) {
        for (std::size_t i = 0; i < live.logProbs[row].size(); ++i) {
            const double off = std::abs(static_cast<double>(live.logProbs[row][i]) - written.logProbs[row][i]);
            result.largest = off > result.largest || std::isnan(off) ? off : result.largest;
            sum += off;
            same += !live.isJudged && live.greedy[row][i] == written.greedy[row][i] ? 1 : 0;
            ++numbers;
        }
    }
    result.tokens = live.tokens;
    result.mean = numbers > 0 ? sum / static_cast<double>(numbers) : 0;
    result.greedyAgreement = live.isJudged ? orderAgreement(live, written) : shareOf(same, numbers);
    if (live.isJudged) {
        result.scores = static_cast<std::int64_t>(live.logProbs.size());
        result.spread = deviationOf(live.logProbs);
    }
    return result;
}

} // namespace luthier::publish
