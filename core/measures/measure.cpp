// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/measure.h"

#include "core/measures/rank_measures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>

namespace luthier::measures {

namespace {

constexpr std::array kTable{
    Measure{"loss", "loss", "Mean over the trained tokens", "nats per token", Better::Lower, Drawing::Smoothed, "loss", false, 4, true},
    Measure{"learning_rate", "learning rate", "What the schedule gave this step", "", Better::Neither, Drawing::Exact, "learningRate", false, 3,
            false},
    Measure{"grad_norm", "gradient norm", "Of all gradients together, before clipping", "", Better::Neither, Drawing::Exact, "gradNorm",
            false, 3, false},
    Measure{"tokens_per_second", "speed", "Real tokens, padding not counted", "tokens/s", Better::Higher, Drawing::Exact, "speed", false, 3,
            false},
    Measure{"memory_bytes", "memory", "Of the process, or the largest on a card", "bytes", Better::Lower, Drawing::None, "", false, 4, false},
    // Of answers judged against each other. A reward is what the objective pushes on: how much likelier than for the reference an
    // answer has become, times beta, or a score.
    Measure{"reward_margin", "reward margin", "How much the chosen answers' rewards lie above the rejected ones'", "", Better::Higher, Drawing::Smoothed,
            "rewards", false, 4, true},
    Measure{"reward_accuracy", "preference accuracy", "Share of pairs whose chosen answer has the larger reward", "", Better::Higher, Drawing::Smoothed,
            "accuracy", false, 4, true},
    Measure{"reward_chosen", "chosen reward", "Of the chosen answers", "", Better::Higher, Drawing::Smoothed, "rewards", false, 4, false},
    Measure{"reward_rejected", "rejected reward", "Of the rejected answers", "", Better::Lower, Drawing::Smoothed, "rewards", false, 4, false},
    Measure{"logp_chosen", "chosen log-probability", "Mean over the chosen answers, each the sum over its tokens", "nats", Better::Higher, Drawing::Smoothed,
            "logProbs", false, 3, false},
    Measure{"logp_rejected", "rejected log-probability", "Mean over the rejected answers, each the sum over its tokens", "nats", Better::Lower,
            Drawing::Smoothed, "logProbs", false, 3, false},
    Measure{"mean_logp_chosen", "chosen log-probability a token", "Mean over the chosen answers, each the mean over its tokens", "nats per token", Better::Higher,
            Drawing::Smoothed, "meanLogProbs", false, 4, false},
    Measure{"mean_logp_rejected", "rejected log-probability a token", "Mean over the rejected answers, each the mean over its tokens", "nats per token",
            Better::Lower, Drawing::Smoothed, "meanLogProbs", false, 4, false},
    Measure{"nll", "loss of the chosen answers", "Mean over their tokens", "nats per token", Better::Lower, Drawing::Smoothed, "nll", false, 4, false},
    Measure{"log_odds", "log odds ratio", "Of the chosen over the rejected answers", "", Better::Higher, Drawing::Smoothed, "logOdds", false, 4, false},
    Measure{"kl", "KL", "How far the model is from the reference", "nats", Better::Neither, Drawing::Smoothed, "kl", false, 4, true},
    Measure{"share_desirable", "share of good answers", "Of the answers of a step", "", Better::Neither, Drawing::None, "", false, 3, false},
    Measure{"accuracy", "accuracy", "Share of texts whose likeliest label is theirs", "", Better::Higher, Drawing::Smoothed, "accuracy", false, 4, true},
    // Of answers that the model gives while it trains.
    Measure{"reward", "reward", "Mean over the answers of a step, as rules or a model judge them", "", Better::Higher, Drawing::Smoothed, "rewards", false, 4, true},
    Measure{"entropy", "entropy", "Mean over the answers' tokens: how undecided the model is; near 0 it says always the same", "nats", Better::Neither,
            Drawing::Smoothed, "entropy", false, 4, false},
    Measure{"clip_share", "clipped share", "Share of tokens whose probability went as far as it may in one update", "", Better::Neither, Drawing::Smoothed,
            "", false, 4, false},
    Measure{"answer_tokens", "answer length", "Mean over the answers", "tokens", Better::Neither, Drawing::Smoothed, "answerTokens", false, 1, true},
    Measure{"ended_share", "ended share", "Share of answers that ended by themselves", "", Better::Higher, Drawing::Smoothed, "", false, 4, false},
    Measure{"repeat_share", "repeated share", "Share of the answers' tokens that end three tokens which stood in the answer before", "", Better::Lower, Drawing::Smoothed, "", false, 4, false},
    Measure{"no_spread_share", "share without spread", "Share of answers whose group has one reward for all: nothing is learned from them", "", Better::Lower,
            Drawing::Smoothed, "", false, 4, false},
    Measure{"value_loss", "value loss", "Of the value head, before its weight", "", Better::Lower, Drawing::Smoothed, "valueLoss", false, 4, false},
    Measure{"explained_variance", "explained variance", "Share of the returns' variance that the values foresaw; 1 is all", "", Better::Higher, Drawing::Smoothed,
            "explainedVariance", false, 4, false},
    Measure{"kl_weight", "weight of the KL", "What a nat costs in the reward", "", Better::Neither, Drawing::None, "", false, 4, false},
    // Of several processes that train together, each on a card of its own.
    Measure{"wait_share", "wait", "Share of a step's time in which the least waiting rank waits for the others and for sums over all", "", Better::Lower, Drawing::Smoothed,
            "waitShare", false, 4, false},
    Measure{"slowest_rank_wait", "wait of the most waiting rank", "Share of a step's time that the rank which waits most spends waiting", "", Better::Lower, Drawing::Smoothed,
            "waitShare", false, 4, false},
    Measure{"rank_tokens_per_second", "speed of the slowest rank", "Tokens of its own share over the time that it worked on them", "tokens/s", Better::Higher, Drawing::Smoothed,
            "speed", false, 3, false},
    Measure{"rank_memory_bytes", "memory of the fullest rank", "The largest of all ranks", "bytes", Better::Lower, Drawing::None, "", false, 4, false},
};

} // namespace

std::span<const Measure> table()
{
    return kTable;
}

bool isKnown(const Measure& measure)
{
    return &measure >= kTable.data() && &measure < kTable.data() + kTable.size();
}

const Measure& measureOf(std::string_view id)
{
    const auto row = std::find_if(kTable.begin(), kTable.end(), [id](const Measure& measure) { return id == measure.id; });
    if (row != kTable.end()) {
        return *row;
    }
    static std::mutex mutex;
    static std::map<std::string, Measure, std::less<>> unknown; // its nodes stay where they are
    const std::lock_guard lock(mutex);
    auto at = unknown.find(id);
    if (at == unknown.end()) {
        at = unknown.emplace(std::string(id), Measure{}).first;
        at->second = {at->first, at->first.c_str(), "", "", Better::Neither, Drawing::Smoothed, "", false, 4, true};
        if (const auto ofRank = rankMeasureOf(at->first)) {
            static std::map<std::string, std::string> labels;
            const std::string& label = labels[at->first] = "rank " + std::to_string(ofRank->rank) + " " + ofRank->kind->label;
            at->second = *ofRank->kind;
            at->second.id = at->first;
            at->second.label = label.c_str();
        }
    }
    return at->second;
}

std::optional<double> find(const Values& values, const Measure& measure)
{
    const auto at = std::find_if(values.begin(), values.end(), [&](const Value& value) { return value.measure == &measure; });
    return at == values.end() ? std::nullopt : std::optional<double>(at->value);
}

void set(Values& values, const Measure& measure, double value)
{
    const auto at = std::find_if(values.begin(), values.end(), [&](const Value& known) { return known.measure == &measure; });
    if (at == values.end()) {
        values.push_back({&measure, value});
    } else {
        at->value = value;
    }
}

std::string nameOf(const Measure& measure, std::string_view set)
{
    const std::string label = measure.label;
    std::string name(set);
    std::replace(name.begin(), name.end(), '_', set == kHeldOutSet ? '-' : ' ');
    return set == kStepSet ? label : name + " " + label;
}

std::string columnOf(const Measure& measure, std::string_view set)
{
    return (set == kStepSet ? std::string() : std::string(set) + ".") + std::string(measure.id);
}

bool isPlain(const Measure& measure, double value)
{
    constexpr double kLargest = 1e9;
    const double size = std::abs(value);
    return size == 0 || (size < kLargest && size >= std::pow(10.0, 1 - measure.digits));
}

std::string textOf(const Measure& measure, double value)
{
    std::array<char, 64> buffer{};
    const auto format = isPlain(measure, value) ? std::chars_format::fixed : std::chars_format::general;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, measure.digits);
    return {buffer.data(), end.ptr};
}

} // namespace luthier::measures
