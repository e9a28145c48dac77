// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/rope.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace luthier::gguf {

namespace {

constexpr std::uint64_t kMostDivisors = 32768;

// Llama 3's scaling as published: these three never differ, the factor does.
constexpr double kLowFreqFactor = 1;
constexpr double kHighFreqFactor = 4;
constexpr double kOriginalPositions = 8192;

Result<std::vector<double>> divisorsIn(const Settings& s, const char* name)
{
    std::vector<double> divisors;
    const auto* tensor = s.file.find(name);
    if (!tensor) {
        return divisors;
    }
    if (std::string(tensor->type->name) != "F32" || tensor->dims.size() != 1 || tensor->dims[0] > kMostDivisors) {
        return Error{std::string(name) + " must be one row of F32 numbers"};
    }
    std::vector<float> values(tensor->dims[0]);
    if (auto got = s.file.read(*tensor, 0, tensor->bytes, values.data()); !got) {
        return got.error();
    }
    for (const float value : values) {
        if (!(value > 0) || !std::isfinite(value)) {
            return Error{std::string(name) + " holds a divisor that is not above 0"};
        }
        divisors.push_back(value);
    }
    return divisors;
}

// Divisor i of the scaling "llama3" with these numbers, for an inverse frequency theta^(-i / count).
double llama3Divisor(double theta, double factor, std::size_t i, std::size_t count)
{
    const double wave = 2 * std::numbers::pi * std::pow(theta, static_cast<double>(i) / static_cast<double>(count));
    if (wave < kOriginalPositions / kHighFreqFactor) {
        return 1;
    }
    if (wave > kOriginalPositions / kLowFreqFactor) {
        return factor;
    }
    const double smooth = (kOriginalPositions / wave - kLowFreqFactor) / (kHighFreqFactor - kLowFreqFactor);
    return 1 / ((1 - smooth) / factor + smooth);
}

// The divisors by their name where they are Llama 3's, else as they are: a "longrope" whose two lists are the same.
Json scalingOf(const std::vector<double>& divisors, double theta, std::int64_t positions)
{
    const double factor = divisors.back();
    bool isLlama3 = factor > 1;
    for (std::size_t i = 0; i < divisors.size() && isLlama3; ++i) {
        const double wanted = llama3Divisor(theta, factor, i, divisors.size());
        isLlama3 = std::abs(divisors[i] - wanted) <= 1e-4 * wanted;
    }
    if (isLlama3) {
        return {{"rope_type", "llama3"},
                {"factor", factor},
                {"low_freq_factor", kLowFreqFactor},
                {"high_freq_factor", kHighFreqFactor},
                {"original_max_position_embeddings", static_cast<std::int64_t>(kOriginalPositions)}};
    }
    return {{"rope_type", "longrope"},
            {"factor", 1},
            {"attention_factor", 1},
            {"original_max_position_embeddings", positions},
            {"short_factor", divisors},
            {"long_factor", divisors}};
}

Result<void> addLongrope(const Settings& s, const std::vector<double>& shorts, const std::vector<double>& longs, Json& config)
{
    const auto original = s.integer("rope.scaling.original_context_length");
    if (shorts.empty() || longs.empty() || !original) {
        return Error{"rope_factors_short.weight, rope_factors_long.weight and " + s.arch
                     + ".rope.scaling.original_context_length belong together, and one is missing"};
    }
    config["original_max_position_embeddings"] = *original;
    config["rope_scaling"] = {{"rope_type", "longrope"}, {"short_factor", shorts}, {"long_factor", longs}};
    if (const auto factor = s.number("rope.scaling.attn_factor"); factor && *factor > 0) {
        config["rope_scaling"]["attention_factor"] = *factor;
    }
    return {};
}

// A factor on the attention multiplies the usual one there and stands for it in config.json.
Result<void> addYarn(const Settings& s, const std::optional<double>& factor, Json& config)
{
    const auto original = s.integer("rope.scaling.original_context_length");
    if (!factor || !(*factor >= 1) || !original) {
        return Error{s.arch + ".rope.scaling.type is yarn, so " + s.arch + ".rope.scaling.factor and .original_context_length "
                     "must be there"};
    }
    Json scaling = {{"rope_type", "yarn"}, {"factor", *factor}, {"original_max_position_embeddings", *original},
                    {"beta_fast", s.number("rope.scaling.yarn_beta_fast").value_or(32)},
                    {"beta_slow", s.number("rope.scaling.yarn_beta_slow").value_or(1)}};
    if (const auto more = s.number("rope.scaling.attn_factor"); more && *more > 0 && *more != 1) {
        scaling["attention_factor"] = *more * (0.1 * std::log(*factor) + 1);
    }
    config["rope_scaling"] = std::move(scaling);
    return {};
}

Result<void> addScaling(const Settings& s, Json& config)
{
    const auto type = s.file.text(s.arch + ".rope.scaling.type").value_or("none");
    auto factor = s.number("rope.scaling.factor");
    // The older key: a linear scale.
    const auto old = s.number("rope.scale_linear");
    if (type == "linear" || (type == "none" && old && *old > 1)) {
        factor = factor ? factor : old;
        if (!factor || !(*factor > 0)) {
            return Error{s.arch + ".rope.scaling.factor is missing"};
        }
        config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", *factor}};
        return {};
    }
    if (type == "yarn") {
        return addYarn(s, factor, config);
    }
    if (type != "none" && type != "") {
        return Error{s.arch + ".rope.scaling.type \"" + type + "\" is not known here; known are none, linear, yarn, and the tensors of "
                     "divisors that llama and phi3 have"};
    }
    return {};
}

} // namespace

Result<void> addRope(const Settings& s, Json& config)
{
    if (s.arch == "gpt2") {
        return {};
    }
    const double theta = s.number("rope.freq_base").value_or(10000);
    config["rope_theta"] = theta;
    auto divisors = divisorsIn(s, "rope_freqs.weight");
    auto shorts = divisorsIn(s, "rope_factors_short.weight");
    auto longs = divisorsIn(s, "rope_factors_long.weight");
    for (const auto* list : {&divisors, &shorts, &longs}) {
        if (!*list) {
            return list->error();
        }
    }
    if (!shorts->empty() || !longs->empty()) {
        return addLongrope(s, *shorts, *longs, config);
    }
    if (!divisors->empty()) {
        config["rope_scaling"] = scalingOf(*divisors, theta, config["max_position_embeddings"].get<std::int64_t>());
        return {};
    }
    return addScaling(s, config);
}

} // namespace luthier::gguf
